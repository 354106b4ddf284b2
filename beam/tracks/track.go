package tracks

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"beam/capture"
	"beam/capture/webm"
	"beam/layout"
)

// track is one remote track on its way to its file. A track that another source or
// another codec goes on with gets another file.
type track struct {
	number  string
	owner   layout.Track
	clock   rtpClock
	anchor  anchor
	held    []frame // until something was played
	heldAt  capture.Time
	ssrc    uint32
	codec   webm.Codec
	files   []*file
	refused string // a codec that is not kept
	broken  int    // packets that could not be read
}

// frame is one that is to be written.
type frame struct {
	line          time.Duration
	key           bool
	width, height int
	data          []byte
}

// file is a growing file of one track.
type file struct {
	path     string
	codec    webm.Codec
	pending  bytes.Buffer // not on the disk yet
	writer   *webm.Writer
	began    time.Duration // on the recording's clock
	end      time.Duration // of the last frame
	line     time.Duration // of the last frame, on the track's own
	frames   int
	bytes    int64
	gaps     []Gap
	width    int // the largest
	height   int
	failed   error
	playedBy bool // its times are those of the page's playing, and not of arrival
}

// Gap is where something is missing, in seconds on the recording's clock.
type Gap struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// rates are those of the RTP clocks: 90 kHz for all video (RFC 3551, 5), 48 kHz for
// Opus (RFC 7587, 4.1).
const (
	videoRate = 90000
	audioRate = 48000
)

// take takes a frame that arrived at now. write is called with those that are to be
// written, in their order.
func (t *track) take(now capture.Time, f layout.EncodedFrame, open func(webm.Codec, frame) *file, place func(capture.Time) (time.Duration, bool)) {
	codec, data := webm.Codec(f.Codec), f.Data
	if f.Codec == "audio/red" {
		var err error
		if data, err = primary(data); err != nil {
			t.broken++
			return
		}
		codec = webm.Opus
	}
	if !codec.Known() {
		t.refused = f.Codec
		return
	}
	if f.SSRC != t.ssrc || codec != t.codec {
		t.flush(open, place)
		t.begin(codec, f.SSRC)
	}
	line, jumps := t.clock.at(f.RTP)
	if jumps {
		t.flush(open, place)
		t.begin(codec, f.SSRC)
		line, _ = t.clock.at(f.RTP)
	}
	t.anchor.arrived(now, line)
	if len(t.held) == 0 {
		t.heldAt = now
	}
	t.held = append(t.held, frame{line: line, key: f.Key || codec.Audio(), width: f.Width, height: f.Height, data: data})
	if t.anchor.known() || now.Sub(t.heldAt) >= playedAfter {
		t.flush(open, place)
	}
}

// begin makes the track ready for another source.
func (t *track) begin(codec webm.Codec, ssrc uint32) {
	rate := int64(videoRate)
	if codec.Audio() {
		rate = audioRate
	}
	t.codec, t.ssrc = codec, ssrc
	t.clock, t.anchor = rtpClock{rate: rate}, anchor{}
	t.files = append(t.files, nil)
}

// played takes when a frame of the track was played.
func (t *track) played(at capture.Time, rtp uint32) {
	if t.codec == "" {
		return
	}
	clock := t.clock // as it is: a look back changes nothing
	if line, jumps := clock.at(rtp); !jumps {
		t.anchor.playedAt(at, line)
	}
}

// flush writes what is held.
func (t *track) flush(open func(webm.Codec, frame) *file, place func(capture.Time) (time.Duration, bool)) {
	for _, f := range t.held {
		at, recording := place(t.anchor.at(f.line))
		if !recording {
			continue // a pause
		}
		now := &t.files[len(t.files)-1]
		if *now == nil {
			if !f.key {
				continue
			}
			*now = open(t.codec, f)
		}
		(*now).write(at, f, t.anchor.known())
	}
	t.held = t.held[:0]
}

// A stream counts as one that misses something after that long without a frame. Opus
// pauses where nobody speaks, if it is told to (RFC 7587, 7.1.1), and says so by
// packets that are 400 ms apart.
const gapAfter = 1500 * time.Millisecond

// write appends a frame.
func (o *file) write(at time.Duration, f frame, played bool) {
	if o.failed != nil {
		return
	}
	if o.writer == nil {
		w, err := webm.NewWriter(&o.pending, webm.Track{Codec: o.codec, Width: f.width, Height: f.height}, f.data)
		if err != nil {
			return // the next key frame may say what this one does not
		}
		o.writer, o.began, o.end, o.line = w, at, at, f.line
	}
	if at-o.end > gapAfter && f.line-o.line > gapAfter {
		o.gaps = append(o.gaps, Gap{From: seconds(o.end), To: seconds(at)})
	}
	if err := o.writer.Frame(at, f.key, f.data); err != nil {
		o.failed = err
		return
	}
	o.end, o.line = max(o.end, at), f.line
	o.frames++
	o.bytes += int64(len(f.data))
	o.width, o.height = max(o.width, f.width), max(o.height, f.height)
	o.playedBy = played
}

// create makes a file. It is open only while something is written: a meeting may have
// thousands of tracks, one after the other.
func create(path string, codec webm.Codec, mode fs.FileMode) *file {
	o := &file{path: path, codec: codec}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err == nil {
		_ = out.Chmod(mode) // whatever the umask; some file systems have no modes
		err = out.Close()
	}
	o.failed = err
	return o
}

// flush writes what is pending. What a full disk leaves of it at the end of the file is
// read as far as it is whole.
func (o *file) flush() {
	if o.failed != nil || o.pending.Len() == 0 {
		return
	}
	out, err := os.OpenFile(o.path, os.O_WRONLY|os.O_APPEND, 0)
	if err == nil {
		_, err = o.pending.WriteTo(out)
		err = errors.Join(err, out.Close())
	}
	o.failed = err
}

// close ends the file.
func (o *file) close() error {
	o.flush()
	if o.failed != nil {
		return fmt.Errorf("write %s: %w", o.path, o.failed)
	}
	return nil
}

func seconds(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }
