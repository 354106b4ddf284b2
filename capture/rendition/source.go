package rendition

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"beam/capture"
	"beam/capture/mp4"
)

// Source is a finished recording that renditions are made of.
type Source struct {
	Path     string
	Size     capture.Size
	Duration time.Duration

	bytes     int64
	fps       int
	frames    int // that are shown
	audio     bool
	copyAudio bool // it is AAC
}

// Open reads what has to be known of the recording at path. The error is a
// capture.Fault of the class usage.
func Open(path string) (Source, error) {
	ix, size, err := scan(path)
	if err != nil {
		return Source{}, refuse(path, err, "give a finished MP4; beam recover FILE finishes one that a crash left")
	}
	info, format := ix.Info(), ix.Format()
	s := Source{Path: path, Size: capture.Size{Width: format.Width, Height: format.Height}, Duration: info.Duration, bytes: size}
	s.fps = max(int(math.Ceil(format.FrameRate-0.01)), 1)
	for _, t := range info.Tracks {
		s.audio = s.audio || t.Kind == "audio"
		if t.Kind == "video" {
			s.frames, _, _ = ix.Still(0, t.End-t.Start)
		}
	}
	s.copyAudio = slices.Contains(format.Codecs, "mp4a.40.2")
	switch {
	case !info.Finished:
		return s, refuse(path, errors.New("it is not finished"), "finish it first: beam recover FILE")
	case format.Width == 0:
		return s, refuse(path, errors.New("it has no video"), "")
	}
	return s, nil
}

func refuse(path string, err error, hint string) error {
	return &capture.Fault{Class: capture.ClassUsage, Op: "make renditions of " + path, Err: err, Hint: hint}
}

// scan reads the index of a file, and its size in bytes.
func scan(path string) (*mp4.Index, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	ix, err := mp4.Scan(f, info.Size())
	return ix, info.Size(), err
}

// stamp is what a rendition says of itself: of which recording it is. A rendition
// of another one, or of one that has changed, is made again.
func (s Source) stamp() string {
	return fmt.Sprintf("rendition of %s, %d bytes, %.3f s", filepath.Base(s.Path), s.bytes, s.Duration.Seconds())
}

// Whole tells whether the rendition of a layer is there and whole: a finished file
// of this recording, of the right size, as long as the recording to a frame.
func (s Source) Whole(l Layer) bool {
	ix, _, err := scan(l.Path(s.Path))
	if err != nil || ix.Metadata().Comment != s.stamp() {
		return false
	}
	info, format := ix.Info(), ix.Format()
	frame := time.Second / time.Duration(s.fps)
	return info.Finished && info.Fragments > 0 && format.Width == l.Size.Width && format.Height == l.Size.Height &&
		(info.Duration-s.Duration).Abs() <= frame && s.complete(info) == nil
}

// fewFrames is by how many frames a rendition may differ from the recording: the
// last one may begin where the recording ends.
const fewFrames = 1

// complete tells whether a rendition has the frames of the recording.
func (s Source) complete(info mp4.Info) error {
	for _, t := range info.Tracks {
		if t.Kind != "video" {
			continue
		}
		if t.Samples < s.frames-fewFrames || t.Samples > s.frames+fewFrames {
			return fmt.Errorf("%d frames of %d came out of the encoder", t.Samples, s.frames)
		}
		return nil
	}
	return errors.New("no frames came out of the encoder")
}
