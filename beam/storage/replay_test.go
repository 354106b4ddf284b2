//go:build e2e

package storage

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"iter"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"beam/capture"
	"beam/capture/ffmpeg"
	"beam/capture/matroska"
)

// The tracks of ffmpeg's output, by their ids, and their ticks a second.
const (
	replayPictures = 1
	replaySound    = 2
)

// replayFPS is the rate of the frames; an MP4 of Beam counts in thousandths of one.
const replayFPS = 30

var replayTicks = map[uint32]uint64{replayPictures: replayFPS * 1000, replaySound: capture.SampleRate}

// replay is a recording of any length, made of a short one: a stretch of its
// fragments comes again and again, each time later.
type replay struct {
	init     []byte  // ftyp and moov
	pieces   []piece // the stretch is pieces[from:to]
	from, to int
	span     uint64 // of the stretch, seconds
}

// piece is a movie fragment with its media data.
type piece struct {
	data   []byte
	number []byte           // the field for it (ISO/IEC 14496-12, clause 8.8.5), in data
	stamps map[uint32]stamp // by track id
}

// stamp is the decode time of a track's first sample (clause 8.8.12), ticks.
type stamp struct {
	time  uint64
	field []byte // in the piece's data
}

// encodeReplay encodes pictures and sound as a recording does. Sound and
// pictures repeat in step every 8/15 s, keyframes every 2 s: so 8 s repeat
// exactly.
func encodeReplay(t *testing.T) *replay {
	t.Helper()
	const length, fps, block = 13 * time.Second, replayFPS, 10 * time.Millisecond
	size := capture.Size{Width: 320, Height: 180}
	args, err := ffmpeg.Args(ffmpeg.Spec{Size: size, Codec: ffmpeg.JPEG, FPS: fps, Preset: "ultrafast", CRF: 30, MaxRate: 150_000})
	if err != nil {
		t.Fatal(err)
	}
	path, err := ffmpeg.Find("")
	if err != nil {
		t.Fatal(err)
	}
	var stream bytes.Buffer
	encoder, err := ffmpeg.Start(t.Context(), ffmpeg.Options{Path: path, Args: args, Output: &stream, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w, err := matroska.NewWriter(encoder, matroska.Video{Size: size, Codec: matroska.MJPEG}, true)
	noise := rand.New(rand.NewPCG(3, 3))
	pcm := make([]int16, capture.SampleRate/100*capture.Channels)
	for at, n := time.Duration(0), time.Duration(0); err == nil && at < length; at += block {
		for ; err == nil && n*time.Second/fps <= at; n++ {
			err = w.Picture(n*time.Second/fps, replayPicture(t, size, uint64(n)))
		}
		for i := range pcm {
			pcm[i] = int16(noise.IntN(8000) - 4000)
		}
		if err == nil {
			err = w.Sound(at, pcm)
		}
	}
	if closeErr := encoder.CloseInput(); err == nil {
		err = closeErr
	}
	if waitErr := encoder.Wait(); waitErr != nil || err != nil {
		t.Fatalf("encode: %v, %v", waitErr, err)
	}
	return newReplay(t, stream.Bytes())
}

// replayPicture returns picture n as a JPEG: squares, half of which are new.
func replayPicture(t *testing.T, size capture.Size, n uint64) []byte {
	t.Helper()
	const square = 16
	img := image.NewYCbCr(image.Rect(0, 0, size.Width, size.Height), image.YCbCrSubsampleRatio420)
	for _, plane := range [][]byte{img.Cb, img.Cr} {
		for i := range plane {
			plane[i] = 128
		}
	}
	old, fresh := rand.New(rand.NewPCG(1, 1)), rand.New(rand.NewPCG(2, n))
	row := make([]byte, img.YStride)
	for y := range size.Height {
		if y%square == 0 {
			for x := 0; x < size.Width; x += square {
				level := byte(old.IntN(256))
				if fresh.IntN(2) == 0 {
					level = byte(fresh.IntN(256))
				}
				for i := range row[x:min(x+square, size.Width)] {
					row[x+i] = level
				}
			}
		}
		copy(img.Y[y*img.YStride:], row)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func newReplay(t *testing.T, stream []byte) *replay {
	t.Helper()
	r := &replay{}
	var moof []byte
	for typ, whole := range replayBoxes(t, stream) {
		switch typ {
		case "ftyp", "moov":
			r.init = append(r.init, whole...)
		case "moof":
			moof = whole
		case "mdat":
			r.pieces = append(r.pieces, newPiece(t, slices.Concat(moof, whole), len(moof)))
		}
	}
	// A stretch begins with a keyframe, and lasts as long in both tracks.
	const keyframe, second = 2 * replayFPS * 1000, uint64(ffmpeg.Origin / time.Second)
	at := func(n int, track uint32) uint64 { return r.pieces[n].stamps[track].time }
	starts := func(n int) bool {
		return len(r.pieces[n].stamps) == 2 && (at(n, replayPictures)-second*replayFPS*1000)%keyframe == 0
	}
	for r.from = range r.pieces {
		for r.to = r.from + 1; r.to < len(r.pieces); r.to++ {
			r.span = (at(r.to, replayPictures) - at(r.from, replayPictures)) / (replayFPS * 1000)
			if starts(r.from) && starts(r.to) && r.span*capture.SampleRate == at(r.to, replaySound)-at(r.from, replaySound) {
				return r
			}
		}
	}
	t.Fatalf("none of %d fragments begin a stretch that can be repeated", len(r.pieces))
	return nil
}

func newPiece(t *testing.T, data []byte, moof int) piece {
	t.Helper()
	p := piece{data: data, stamps: map[uint32]stamp{}}
	for typ, whole := range replayBoxes(t, data[8:moof]) {
		switch typ {
		case "mfhd":
			p.number = whole[12:16]
		case "traf":
			var id uint32
			for typ, whole := range replayBoxes(t, whole[8:]) {
				switch typ {
				case "tfhd":
					id = binary.BigEndian.Uint32(whole[12:])
				case "tfdt":
					if whole[8] != 1 {
						t.Fatalf("decode time of version %d", whole[8])
					}
					p.stamps[id] = stamp{binary.BigEndian.Uint64(whole[12:]), whole[12:20]}
				}
			}
		}
	}
	return p
}

// replayBoxes walks the boxes that fill b (clause 4.2.2).
func replayBoxes(t *testing.T, b []byte) iter.Seq2[string, []byte] {
	t.Helper()
	return func(yield func(string, []byte) bool) {
		for len(b) > 0 {
			if len(b) < 8 || binary.BigEndian.Uint32(b) < 8 || int(binary.BigEndian.Uint32(b)) > len(b) {
				t.Fatalf("no box in the last %d bytes", len(b))
			}
			size := binary.BigEndian.Uint32(b)
			if !yield(string(b[4:8]), b[:size]) {
				return
			}
			b = b[size:]
		}
	}
}

// place returns the piece that is fragment n, and how many times the stretch
// came before.
func (r *replay) place(n int) (p piece, laps uint64) {
	if n < r.to {
		return r.pieces[n], 0
	}
	n -= r.from
	return r.pieces[r.from+n%(r.to-r.from)], uint64(n / (r.to - r.from))
}

// fragment returns fragment n, until the next call.
func (r *replay) fragment(n int) []byte {
	p, laps := r.place(n)
	binary.BigEndian.PutUint32(p.number, uint32(n+1))
	for track, s := range p.stamps {
		binary.BigEndian.PutUint64(s.field, s.time+laps*r.span*replayTicks[track])
	}
	return p.data
}

// count returns how many fragments hold pictures and sound of a recording of
// the given length.
func (r *replay) count(length time.Duration) (n int) {
	for ; ; n++ {
		p, laps := r.place(n)
		begun := len(p.stamps) == 2
		for track, s := range p.stamps {
			from := time.Duration(s.time)*time.Second/time.Duration(replayTicks[track]) + time.Duration(laps*r.span)*time.Second
			begun = begun && from >= ffmpeg.Origin+length
		}
		if begun {
			return n
		}
	}
}
