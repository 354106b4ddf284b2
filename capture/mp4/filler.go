package mp4

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Repeater makes pictures that show the one before again; h264 has one.
type Repeater interface {
	// Picture takes the next sample of the encoder and returns what it has to be
	// in the stream, which is not to be changed.
	Picture(sample []byte) ([]byte, error)
	// Repeat returns a sample that shows the last picture again, which is not to
	// be changed.
	Repeat() ([]byte, error)
}

// Filler passes the fragmented MP4 of one encoder on, with pictures put between
// those of its video track so that the track has one for each slot of a grid. An
// encoder that is given only what changes then makes a file of a constant rate.
// It holds a fragment back until all of it has come.
//
// A stream whose pictures can't be repeated is passed on as it is; Plain tells
// why.
type Filler struct {
	dst     io.Writer
	fps     int
	newOf   func(config []byte) (Repeater, error)
	plain   error
	buf     []byte // what has come of the box being gathered
	need    int    // bytes that buf has to reach
	moof    []byte // of a fragment whose media data is still to come, whole box
	tracks  []trackBox
	video   int // index of the track that is filled
	repeats Repeater
	slot    int64 // ticks of a slot
	end     int64 // decode time at which the last picture ended
	begun   bool
	pending moof
}

// NewFiller returns a Filler for the output of one encoder, with a grid of fps
// slots a second. newRepeater is given the AVCDecoderConfigurationRecord of the
// video track; its error leaves the stream as it is.
func NewFiller(dst io.Writer, fps int, newRepeater func(config []byte) (Repeater, error)) *Filler {
	return &Filler{dst: dst, fps: fps, newOf: newRepeater, need: shortHeader, video: -1}
}

// Plain returns why the stream is passed on as it is, nil when it is filled. It
// is known once the movie box has come.
func (f *Filler) Plain() error { return f.plain }

// maxFillable bounds the media data of a fragment: it is held in memory. At most
// two seconds of pictures and sound are in one of Beam's.
const maxFillable = 256 << 20

// Write takes bytes of the encoder's output. An error leaves the rest unusable.
func (f *Filler) Write(p []byte) (n int, err error) {
	for n < len(p) {
		part := p[n:]
		part = part[:min(len(part), f.need-len(f.buf))]
		f.buf = append(f.buf, part...)
		n += len(part)
		if len(f.buf) < f.need {
			break
		}
		if err := f.gathered(); err != nil {
			return n, fault("fill the grid", err)
		}
	}
	return n, nil
}

// gathered goes on when buf has what was needed: a header, or a whole box.
func (f *Filler) gathered() error {
	h, more, err := parseHeader(f.buf)
	switch {
	case err != nil:
		return err
	case more > 0:
		f.need = more
		return nil
	case h.size == 0 || h.size > maxFillable:
		return fmt.Errorf("%w: box %s of %d bytes", ErrUnsupported, h.typ, h.size)
	case int64(len(f.buf)) < h.size:
		f.need = int(h.size)
		return nil
	}
	err = f.box(h)
	f.buf, f.need = f.buf[:0], shortHeader
	return err
}

func (f *Filler) box(h boxHeader) error {
	switch {
	case h.typ == "moov":
		f.plain = f.begin(f.buf[h.len:])
	case f.plain != nil:
	case h.typ == "moof":
		f.moof = bytes.Clone(f.buf)
		return nil
	case h.typ == "mdat" && f.moof != nil:
		return f.fragment(h.len)
	}
	_, err := f.dst.Write(f.buf)
	return err
}

// begin takes the movie box and returns why the stream can't be filled, if so.
func (f *Filler) begin(body []byte) error {
	m, err := parseMovie(body)
	if err != nil {
		return err
	}
	f.tracks = m.tracks
	for i := range m.tracks {
		if m.tracks[i].handler == "vide" && f.video < 0 {
			f.video = i
		}
	}
	switch {
	case f.video < 0:
		return errors.New("no video track")
	case f.fps <= 0 || m.tracks[f.video].timescale%uint32(f.fps) != 0 || len(m.tracks[f.video].entries) != 1:
		return fmt.Errorf("%d ticks a second at %d frames a second", m.tracks[f.video].timescale, f.fps)
	}
	f.slot = int64(m.tracks[f.video].timescale) / int64(f.fps)
	config := avcConfig(m.tracks[f.video].entries[0])
	if config == nil {
		return fmt.Errorf("video of codec %q", m.tracks[f.video].codec())
	}
	f.repeats, err = f.newOf(config)
	return err
}

// filled is a sample with its bytes.
type filled struct {
	sample
	bytes []byte
}

// fragment writes the fragment whose media data is in buf, behind a header of
// that length.
func (f *Filler) fragment(header int) error {
	h, _, err := parseHeader(f.moof)
	if err != nil {
		return err
	}
	// Offsets count from the movie fragment box, which the media data follows.
	if err := f.pending.parse(f.moof[h.len:], 0, f.tracks); err != nil {
		return err
	}
	from := int64(len(f.moof) + header)
	if err := f.pending.fits(from, from+int64(len(f.buf)-header)); err != nil {
		return err
	}
	var trafs []filledTraf
	for _, t := range f.pending.trafs {
		if !t.hasTime {
			return malformed("fragment without a decode time")
		}
		out := filledTraf{id: f.tracks[t.track].id, entry: t.entry, time: t.time}
		for _, r := range f.pending.runs[t.first:t.end] {
			at := r.at - int64(len(f.moof))
			for _, s := range f.pending.samples[r.first:r.end] {
				out.samples = append(out.samples, filled{s, f.buf[at : at+int64(s.size)]})
				at += int64(s.size)
			}
		}
		if t.track == f.video && len(out.samples) > 0 {
			gap, err := f.gap(t.time)
			if err != nil {
				return err
			}
			if len(gap.samples) > 0 {
				gap.id, gap.entry = out.id, out.entry
				if err := f.write([]filledTraf{gap}); err != nil {
					return err
				}
			}
			if out.samples, err = f.fill(out.samples); err != nil {
				return err
			}
			f.begun, f.end = true, t.time
			for _, s := range out.samples {
				f.end += int64(s.duration)
			}
		}
		trafs = append(trafs, out)
	}
	f.moof = nil
	return f.write(trafs)
}

// gap returns repeats up to a fragment that begins later than the last picture
// ended: ffmpeg does not know how long the last one of a fragment lasts where
// sound made it end the fragment.
func (f *Filler) gap(until int64) (filledTraf, error) {
	t := filledTraf{time: f.end}
	if !f.begun {
		return t, nil
	}
	n := (until - f.end + f.slot/2) / f.slot
	if n > maxRepeats {
		return t, malformed("%d slots without a picture", n)
	}
	for left := until - f.end; n > 0; n-- {
		duration := f.slot
		if n == 1 {
			duration = left
		}
		left -= duration
		s, err := f.repeat(duration)
		if err != nil {
			return t, err
		}
		t.samples = append(t.samples, s)
	}
	return t, nil
}

// maxRepeats bounds what one fragment is filled with: ten minutes at 60 a
// second. Beam's encoder gets a picture four times a second.
const maxRepeats = 36000

// fill returns the samples of a fragment with repeats behind those that last
// longer than a slot.
func (f *Filler) fill(samples []filled) (out []filled, err error) {
	for _, s := range samples {
		if s.bytes, err = f.repeats.Picture(s.bytes); err != nil {
			return nil, err
		}
		s.size = uint32(len(s.bytes))
		n := max(1, (int64(s.duration)+f.slot/2)/f.slot)
		if n+int64(len(out)) > maxRepeats {
			return nil, malformed("picture of %d ticks", s.duration)
		}
		last := int64(s.duration) - (n-1)*f.slot
		if n > 1 {
			s.duration = uint32(f.slot)
		}
		out = append(out, s)
		for k := int64(1); k < n; k++ {
			duration := f.slot
			if k == n-1 {
				duration = last
			}
			again, err := f.repeat(duration)
			if err != nil {
				return nil, err
			}
			out = append(out, again)
		}
	}
	return out, nil
}

func (f *Filler) repeat(ticks int64) (filled, error) {
	b, err := f.repeats.Repeat()
	return filled{sample{size: uint32(len(b)), duration: uint32(ticks)}, b}, err
}
