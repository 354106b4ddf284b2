package mp4

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxMovie bounds a movie box that Scan takes into memory: the index of a day.
const maxMovie = 256 << 20

// Scan reads the index of a file of size bytes. A fragmented file may be cut at
// any byte: what follows its last whole fragment is left out. A finished file
// is read from its movie box; one whose end is missing, or whose head is
// damaged, from the fragments inside. The error is ErrNoMedia when no fragment
// is whole, ErrMalformed when there is no movie to be found.
func Scan(r io.ReaderAt, size int64) (*Index, error) {
	ix, err := scan(r, size)
	return ix, fault("read the recording", err)
}

func scan(r io.ReaderAt, size int64) (*Index, error) {
	s := scanner{r: r, size: size, ix: &Index{}}
	if err := s.walk(0, size); err != nil {
		return nil, err
	}
	if s.ix.finished && (!s.cut || s.inner == nil) {
		s.adoptFragments()
		return s.ix, nil
	}
	if len(s.ix.fragments) == 0 && s.inner != nil {
		s.ix = s.inner
	}
	switch {
	case s.ix.movie == nil && s.bad != nil:
		return nil, s.bad
	case s.ix.movie == nil:
		return nil, malformed("no movie box")
	case s.ix.samples() == 0:
		return nil, ErrNoMedia
	}
	return s.ix, nil
}

// scanner walks the boxes of a file.
type scanner struct {
	r    io.ReaderAt
	size int64 // of the file
	ix   *Index

	inner   *Index // what a media data box holds that begins with an initialisation segment
	nested  bool
	ftyp    Range // the last one
	pending moof
	waiting bool // pending has no media data yet
	cut     bool // a media data box goes beyond the end of the file
	bad     error
}

// errCut ends a walk: what follows is not whole, or not MP4.
var errCut = errors.New("cut")

// walk reads the boxes between two offsets. It returns errors of reading only.
func (s *scanner) walk(from, to int64) error {
	for at := from; at < to; {
		h, err := s.header(at, to)
		if err == nil {
			end := at + h.size
			if h.size == 0 {
				end = to
			}
			err = s.box(h, at, end, to)
			at = end
		}
		switch {
		case errors.Is(err, errCut):
			return nil
		case errors.Is(err, ErrMalformed), errors.Is(err, ErrUnsupported), errors.Is(err, ErrIncompatible):
			if s.bad == nil {
				s.bad = err
			}
			// After a fragment that can't be believed nothing can; a movie box
			// may have another one behind it.
			if len(s.ix.fragments) > 0 || s.waiting || h.size == 0 {
				return nil
			}
		case err != nil:
			return err
		}
	}
	return nil
}

func (s *scanner) header(at, to int64) (boxHeader, error) {
	b, err := s.read(at, min(longHeader, to-at))
	if err != nil {
		return boxHeader{}, err
	}
	h, more, err := parseHeader(b)
	if err != nil {
		return boxHeader{}, err
	}
	if more > 0 {
		return boxHeader{}, errCut
	}
	return h, nil
}

// read returns bytes of the file that are known to lie inside it.
func (s *scanner) read(at, n int64) ([]byte, error) {
	b := make([]byte, n)
	if _, err := s.r.ReadAt(b, at); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read at byte %d: %w", at, err)
	} else if err != nil && at+n > s.size {
		return nil, errCut
	}
	return b, nil
}

// whole returns the body of a box, or errCut when it goes beyond to.
func (s *scanner) whole(h boxHeader, at, end, to, limit int64) ([]byte, error) {
	if end > to {
		return nil, errCut
	}
	if end-at > limit {
		return nil, malformed("box %s of %d bytes", h.typ, end-at)
	}
	return s.read(at+int64(h.len), end-at-int64(h.len))
}

func (s *scanner) box(h boxHeader, at, end, to int64) error {
	switch h.typ {
	case "ftyp":
		body, err := s.whole(h, at, end, to, maxFtyp)
		if err != nil {
			return err
		}
		s.ftyp = Range{at, end - at}
		if s.ix.head.ftyp == nil && h.len == shortHeader {
			var w builder
			w.box("ftyp", func() { w.raw(body) })
			s.ix.head.ftyp = w.b
		}
	case "free", "skip":
		if s.ix.movie == nil && s.ix.head.reserve.Size == 0 && at == s.ftyp.Offset+s.ftyp.Size {
			s.ix.head.reserve = Range{at, end - at}
		}
	case "moov":
		return s.moov(h, at, end, to)
	case "moof":
		if s.ix.movie == nil || s.ix.finished {
			return nil
		}
		body, err := s.whole(h, at, end, to, maxMoof)
		if err != nil {
			return err
		}
		s.waiting = true
		return s.pending.parse(body, at, s.ix.epoch.tracks)
	case "mdat":
		return s.mdat(h, at, end, to)
	default:
		if end > to {
			return errCut
		}
	}
	return nil
}

// moov takes a movie box: an initialisation segment, or a finished index.
func (s *scanner) moov(h boxHeader, at, end, to int64) error {
	body, err := s.whole(h, at, end, to, maxMovie)
	if err != nil {
		return err
	}
	m, err := parseMovie(body)
	if err != nil {
		return err
	}
	if !m.fragmented {
		// Behind fragments it is what a crash left of finishing.
		if s.ix.movie != nil {
			return errCut
		}
		if err := s.ix.readTables(m, s.size); err != nil {
			s.ix.movie, s.ix.tracks = nil, nil
			return err
		}
		s.ix.finished, s.ix.end = true, max(s.ix.end, end)
		return nil
	}
	if s.ix.finished {
		return nil
	}
	init := Range{at, end - at}
	if s.ftyp.Size > 0 && s.ftyp.Offset+s.ftyp.Size == at {
		init = Range{s.ftyp.Offset, end - s.ftyp.Offset}
	} else if s.ix.movie == nil {
		if init, err = s.reserve(init); err != nil {
			return err
		}
	}
	first := s.ix.movie == nil
	if err := s.ix.begin(m, init); err != nil {
		return err
	}
	if first {
		s.ix.end = end
	}
	return nil
}

// reserve reads the end of the reserve that lies before the first movie box:
// the copy of ftyp, which belongs to the initialisation segment, and the note.
func (s *scanner) reserve(init Range) (Range, error) {
	reserve, ftyp := s.ix.head.reserve, s.ix.head.ftyp
	if s.nested || reserve.Size == 0 || reserve.Offset+reserve.Size != init.Offset {
		return init, nil
	}
	n := min(reserve.Size-shortHeader, maxNote+noteTrailer+slotSize+maxFtyp)
	b, err := s.read(init.Offset-n, n)
	if err != nil {
		return init, err
	}
	if !bytes.HasSuffix(b, ftyp) {
		return init, nil
	}
	b = b[:len(b)-len(ftyp)]
	init = Range{init.Offset - int64(len(ftyp)), init.Size + int64(len(ftyp))}
	if len(b) >= slotSize {
		s.note(b[:len(b)-slotSize])
	}
	return init, nil
}

// note reads the options that end at the end of b.
func (s *scanner) note(b []byte) {
	if settings, n, ok := parseNote(b); ok {
		s.ix.settings, s.ix.head.note = settings, int64(n)
	}
}

// mdat completes a fragment. One that begins with an initialisation segment is
// the media data box of a file finished in place, and holds its fragments.
func (s *scanner) mdat(h boxHeader, at, end, to int64) error {
	if s.waiting {
		if end > to {
			return errCut
		}
		s.waiting = false
		if err := s.pending.fits(at+int64(h.len), end); err != nil {
			return err
		}
		return s.ix.add(&s.pending, end)
	}
	if !s.nested && s.inner == nil && (s.ix.movie == nil || len(s.ix.fragments) == 0) {
		if err := s.descend(at, at+int64(h.len), min(end, to)); err != nil {
			return err
		}
	}
	if end > to {
		s.cut = true
		return errCut
	}
	s.ix.end = max(s.ix.end, end)
	return nil
}

// descend reads the fragments inside a media data box at slot, whose payload
// is [from, to).
func (s *scanner) descend(slot, from, to int64) error {
	if len(s.ix.head.ftyp) == 0 || to-from < int64(len(s.ix.head.ftyp)) {
		return nil
	}
	start, err := s.read(from, int64(len(s.ix.head.ftyp)))
	if err != nil || !bytes.Equal(start, s.ix.head.ftyp) {
		return err
	}
	in := scanner{r: s.r, size: s.size, ix: &Index{}, nested: true}
	if err := in.walk(from, to); err != nil {
		return err
	}
	if in.ix.movie == nil {
		return nil
	}
	// The whole head, from behind ftyp to the initialisation segment's own
	// movie box, is the reserve again.
	ftyp := int64(len(s.ix.head.ftyp))
	in.ix.head = head{ftyp: s.ix.head.ftyp, reserve: Range{ftyp, from}} // up to from+ftyp
	n := min(slot-ftyp, maxNote+noteTrailer)
	b, err := s.read(slot-n, n)
	if err != nil {
		return err
	}
	in.note(b)
	s.inner = in.ix
	return nil
}

// adoptFragments gives a finished index the fragments that lie inside its media
// data box, for a playlist.
func (s *scanner) adoptFragments() {
	if s.inner != nil {
		s.ix.fragments, s.ix.inits = s.inner.fragments, s.inner.inits
		s.ix.head, s.ix.settings = s.inner.head, s.inner.settings
	}
}
