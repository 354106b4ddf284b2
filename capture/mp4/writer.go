package mp4

import (
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"time"
)

// Writer takes the fragmented MP4 of an encoder, in pieces of any size, and
// keeps it in a file together with a reserve and an index in memory. Media data
// passes through without being kept. Only Progress may be called from another
// goroutine.
type Writer struct {
	out output
	opt Options
	ix  *Index

	buf     []byte // the box being gathered: its header, or all of it
	need    int    // bytes that buf has to reach
	rest    int64  // bytes of the current box still to come
	discard bool   // of the current box: not written
	media   bool   // the current box is media data

	in     int64 // bytes taken
	origin int64 // of them, before the present encoder's first
	at     int64 // offset in the file of the next byte
	safe   int64 // of the end of the last whole box

	ftyp    []byte // of the present initialisation segment
	pending moof
	waiting bool   // pending has no media data yet
	number  uint32 // of fragments
	splice  splice
	shifts  map[uint32]int64 // ticks added to the decode times of each track id
	flush   flusher
	err     error

	mu       sync.Mutex
	progress Progress
}

// Progress is how far a recording has come.
type Progress struct {
	Safe      int64 // bytes of whole fragments in the file
	Fragments int   // whole ones
	// Media is up to where, on the finished movie's time, all tracks are whole:
	// where an encoder that takes the place of a lost one has to begin.
	Media time.Duration
}

// splice tells how the times of the next encoder count.
type splice struct {
	due bool
	at  time.Duration // Continue: find out
}

// Continue lets Restart find out how the next encoder's times count: as they
// are, when they go on from those recorded so far, else (they start again)
// from where the recording ends.
const Continue time.Duration = math.MinInt64

// The longest boxes that are gathered in memory. A fragment of an hour has a
// movie fragment box of a few MiB.
const (
	maxFtyp = 4 << 10
	maxInit = 16 << 20
	maxMoof = 64 << 20
)

// The least reserve: the free header, the note and the slot come on top.
const minReserve = 64

// NewWriter returns a Writer for an empty file. The caller keeps the file and
// closes it.
func NewWriter(f File, opt Options) (*Writer, error) {
	if opt.Reserve < 0 || opt.Reserve > math.MaxInt32 {
		return nil, fault("reserve room for the index", fmt.Errorf("%w: %d bytes", ErrUnsupported, opt.Reserve))
	}
	return &Writer{
		out: output{f}, opt: opt, need: shortHeader,
		ix: &Index{settings: opt.settings()}, flush: flusher{every: opt.SyncEvery},
	}, nil
}

// Write takes bytes of the encoder's output. After an error every further call
// returns it; Finish still keeps the whole fragments written before it.
func (w *Writer) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.write(p)
	w.in += int64(n)
	if err != nil {
		w.err = fault("keep the encoder's output", err)
	}
	return n, w.err
}

func (w *Writer) write(p []byte) (n int, err error) {
	for n < len(p) {
		if w.rest > 0 {
			part := p[n:]
			part = part[:min(int64(len(part)), w.rest)]
			if err := w.pass(part); err != nil {
				return n, err
			}
			n += len(part)
			continue
		}
		part := p[n:]
		part = part[:min(len(part), w.need-len(w.buf))]
		w.buf = append(w.buf, part...)
		n += len(part)
		if len(w.buf) < w.need {
			continue
		}
		if err := w.gathered(w.in + int64(n)); err != nil {
			return n, err
		}
	}
	return n, nil
}

// pass takes bytes of a box that isn't gathered.
func (w *Writer) pass(p []byte) error {
	if !w.discard {
		if err := w.out.writeAt(p, w.at); err != nil {
			return err
		}
		w.at += int64(len(p))
	}
	w.rest -= int64(len(p))
	if w.rest == 0 {
		return w.boxEnd()
	}
	return nil
}

// gathered goes on when buf has what was needed: a header, or a whole box. in
// is how many bytes were taken up to its end.
func (w *Writer) gathered(in int64) error {
	h, more, err := parseHeader(w.buf)
	switch {
	case err != nil:
		return err
	case more > 0:
		w.need = more
		return nil
	case h.size == 0:
		return fmt.Errorf("%w: box %s without an end", ErrUnsupported, h.typ)
	}
	if limit := gatherLimit(h.typ); limit > 0 {
		if h.size > limit {
			return malformed("box %s of %d bytes", h.typ, h.size)
		}
		if int64(len(w.buf)) < h.size {
			w.need = int(h.size)
			return nil
		}
		err = w.whole(h, in)
		w.buf, w.need = w.buf[:0], shortHeader
		return err
	}
	return w.start(h)
}

func gatherLimit(typ string) int64 {
	switch typ {
	case "ftyp":
		return maxFtyp
	case "moov":
		return maxInit
	case "moof":
		return maxMoof
	}
	return 0
}

// start begins a box that isn't gathered.
func (w *Writer) start(h boxHeader) error {
	w.rest = h.size - int64(h.len)
	// The random access box (clause 8.8.9) has absolute offsets, which the
	// reserve makes false, and its use ends with Finish. Free space is waste.
	w.discard = h.typ == "mfra" || h.typ == "free" || h.typ == "skip"
	w.media = h.typ == "mdat"
	switch {
	case w.media && len(w.ix.inits) == 0, w.media && !w.waiting:
		return fmt.Errorf("%w: media data outside a fragment", ErrUnsupported)
	case w.media:
		from := w.at + int64(h.len)
		if err := w.pending.fits(from, from+w.rest); err != nil {
			return err
		}
	case len(w.ix.inits) == 0 && !w.discard:
		return malformed("box %s before the movie box", h.typ)
	}
	if !w.discard {
		if err := w.out.writeAt(w.buf, w.at); err != nil {
			return err
		}
		w.at += int64(len(w.buf))
	}
	w.buf, w.need = w.buf[:0], shortHeader
	if w.rest == 0 {
		return w.boxEnd()
	}
	return nil
}

// boxEnd notes that a box is complete. Media data completes its fragment.
func (w *Writer) boxEnd() error {
	if !w.media {
		return nil
	}
	w.media, w.waiting = false, false
	if err := w.ix.add(&w.pending, w.at); err != nil {
		return err
	}
	w.safe = w.at
	w.report()
	if w.opt.Fragment != nil {
		w.opt.Fragment(w.ix.fragments[len(w.ix.fragments)-1])
	}
	return w.flush.fragment(w.out, time.Now())
}

func (w *Writer) report() {
	w.mu.Lock()
	defer w.mu.Unlock()
	// A track that begins late must not take back what was said.
	media := max(w.progress.Media, w.ix.whole())
	w.progress = Progress{Safe: w.safe, Fragments: len(w.ix.fragments), Media: media}
}

// Progress returns how far the recording has come. It may be called from any
// goroutine.
func (w *Writer) Progress() Progress {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.progress
}

// Index returns the index of what has been recorded so far. It changes with
// every Write.
func (w *Writer) Index() *Index { return w.ix }

// Finish makes the file an ordinary MP4, all of it on the disk when it returns.
// A fragment that isn't whole is cut off. m replaces the options' metadata
// unless it is the zero Metadata. The error is ErrNoMedia when no fragment was
// recorded; the file is left as it is then. A failed Finish may be tried again;
// Recover does the same for a later process.
func (w *Writer) Finish(m Metadata) (Result, error) {
	if m.blank() {
		m = w.opt.Metadata
	}
	if len(w.ix.inits) == 0 {
		return Result{}, fault("finish the recording", ErrNoMedia)
	}
	if err := w.Wait(); err != nil {
		return Result{}, err
	}
	r, err := w.ix.finish(w.out, m)
	if err == nil {
		w.err = fault("keep the encoder's output", errFinished)
	}
	return r, fault("finish the recording", err)
}

// Wait waits until nothing is done beside the writing any more (see SyncEvery),
// and returns the error of that. Finish does so itself; who leaves the file
// otherwise, as for Compact, calls it before closing the file.
func (w *Writer) Wait() error {
	if err := w.flush.wait(); err != nil {
		return fault("bring the recording to the disk", err)
	}
	return nil
}

var errFinished = errors.New("the recording is finished")

var _ io.Writer = (*Writer)(nil)
