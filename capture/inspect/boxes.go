package inspect

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Boxes is how an MP4 file is laid out (ISO/IEC 14496-12).
type Boxes struct {
	// MoovFirst means that the index lies before the media data, so that a
	// player can begin before it has the whole file.
	MoovFirst bool `json:"moov_first"`
	// Fragmented means that the file has movie fragments (clause 8.8).
	Fragmented bool `json:"fragmented"`
	// VideoEditList and AudioEditList tell whether the first track of the kind
	// has an edit list (clause 8.6.6).
	VideoEditList bool `json:"video_edit_list"`
	AudioEditList bool `json:"audio_edit_list"`
	// AudioSkip is the media time at which the first edit of the sound that
	// is not empty begins, in units of the track's time scale: the priming
	// samples that a player drops.
	AudioSkip int64 `json:"audio_skip"`
	// Broken means that the file ends within a box.
	Broken bool `json:"broken"`
}

// errNotMP4 means that the file does not begin with a file type box.
var errNotMP4 = errors.New("not an MP4 file")

const (
	largestMoov = 256 << 20
	mostBoxes   = 1 << 20
	deepest     = 8
)

// readBoxes reads the layout of a file of the given size, or returns errNotMP4.
func readBoxes(r io.ReaderAt, size int64) (Boxes, error) {
	var b Boxes
	if size == 0 {
		return b, errNotMP4
	}
	moov, mdat := false, false
	for at, n := int64(0), 0; at < size && n < mostBoxes; n++ {
		name, body, end, err := boxAt(r, at, size)
		if n == 0 && (err != nil || name != "ftyp") {
			return b, errNotMP4
		}
		if err != nil {
			b.Broken = true
			break
		}
		switch name {
		case "moov":
			moov = true
			b.MoovFirst = b.MoovFirst || !mdat
			if end-body > largestMoov {
				return b, fmt.Errorf("moov box of %d bytes", end-body)
			}
			data := make([]byte, end-body)
			if _, err := r.ReadAt(data, body); err != nil {
				return b, fmt.Errorf("read moov box: %w", err)
			}
			b.movie(data)
		case "moof":
			b.Fragmented = true
		case "mdat":
			mdat = true
		}
		at = end
	}
	b.Broken = b.Broken || !moov
	return b, nil
}

// boxAt returns the name of the box at at, and where its body begins and ends
// (clause 4.2).
func boxAt(r io.ReaderAt, at, size int64) (name string, body, end int64, err error) {
	var head [16]byte
	n, err := r.ReadAt(head[:min(16, size-at)], at)
	if n < 8 {
		return "", 0, 0, fmt.Errorf("box at %d: %w", at, errors.Join(io.ErrUnexpectedEOF, err))
	}
	length := int64(binary.BigEndian.Uint32(head[:]))
	name, body = string(head[4:8]), at+8
	switch {
	case length == 0: // to the end of the file
		length = size - at
	case length == 1 && n == 16:
		length, body = int64(binary.BigEndian.Uint64(head[8:])), at+16
	}
	if length < body-at || length > size-at {
		return "", 0, 0, fmt.Errorf("box at %d: length %d of %d", at, length, size-at)
	}
	return name, body, at + length, nil
}

// walk calls each with the boxes in data, as far as they are whole.
func walk(data []byte, each func(name string, body []byte)) {
	for len(data) >= 8 {
		n := int64(binary.BigEndian.Uint32(data))
		if n < 8 || n > int64(len(data)) {
			return
		}
		each(string(data[4:8]), data[8:n])
		data = data[n:]
	}
}

// track is what is wanted of a trak box.
type track struct {
	handler string
	edits   bool
	skip    int64
}

func (b *Boxes) movie(moov []byte) {
	video, audio := false, false
	walk(moov, func(name string, body []byte) {
		switch name {
		case "mvex":
			b.Fragmented = true
		case "trak":
			t := track{}
			t.read(body, 0)
			switch {
			case t.handler == "vide" && !video:
				video, b.VideoEditList = true, t.edits
			case t.handler == "soun" && !audio:
				audio, b.AudioEditList, b.AudioSkip = true, t.edits, t.skip
			}
		}
	})
}

func (t *track) read(data []byte, depth int) {
	if depth == deepest {
		return
	}
	walk(data, func(name string, body []byte) {
		switch name {
		case "edts", "mdia":
			t.read(body, depth+1)
		case "hdlr": // version and flags, pre_defined, handler_type
			if len(body) >= 12 {
				t.handler = string(body[8:12])
			}
		case "elst":
			t.editList(body)
		}
	})
}

// editList reads entries of segment_duration, media_time, media_rate; a media
// time of -1 is an empty edit.
func (t *track) editList(body []byte) {
	if len(body) < 8 {
		return
	}
	wide := body[0] == 1
	count := binary.BigEndian.Uint32(body[4:])
	entry := 12
	if wide {
		entry = 20
	}
	for body = body[8:]; count > 0 && len(body) >= entry; count, body = count-1, body[entry:] {
		t.edits = true
		media := int64(int32(binary.BigEndian.Uint32(body[4:])))
		if wide {
			media = int64(binary.BigEndian.Uint64(body[8:]))
		}
		if media >= 0 {
			t.skip = media
			return
		}
	}
}
