package beam

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beam/beam/sizing"
	"beam/beam/source"
	"beam/capture"
	"beam/capture/audio"
	"beam/capture/encode"
	"beam/capture/ffmpeg"
)

// endsWhenTold is an ffmpeg that, where it is given JPEG files, ends only once a file
// is there.
const endsWhenTold = `#!/bin/sh
case "$*" in
*bt601*) FFMPEG "$@"; while [ ! -e GO ]; do sleep 0.02; done ;;
*) exec FFMPEG "$@" ;;
esac
`

// TestEngineChangesAtOnce: the frames of the next engine are taken while the encoder
// of the one that is left still works, and they are recorded.
func TestEngineChangesAtOnce(t *testing.T) {
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	told, slow := filepath.Join(dir, "go"), filepath.Join(dir, "ffmpeg")
	if err := os.WriteFile(slow, []byte(strings.NewReplacer("FFMPEG", path, "GO", told).Replace(endsWhenTold)), 0o700); err != nil {
		t.Fatal(err)
	}
	m := newSegmenter(t, dir, slow)
	start := capture.Now()
	m.tap.Take(capture.Samples{At: start, PCM: make([]int16, 10*capture.SampleRate*capture.Channels)}) // all that is waited for
	s, err := m.open(t.Context(), beginning{start: start, engine: sizing.EngineScreencast}, capture.Frame{})
	if err != nil {
		t.Fatal(err)
	}
	const frames = 5
	go func() {
		to, changed := m.router.To()
		for to == nil || to.Engine != sizing.EngineX11 {
			<-changed
			to, changed = m.router.To()
		}
		select {
		case <-s.enc.Done():
			t.Error("the encoder that is left was waited for")
		default:
		}
		pool := capture.NewRawPool(m.size, frames)
		for i := range frames {
			raw := pool.Get()
			raw.Pix[0] = byte(10 * i)
			to.Take(capture.Frame{At: to.Start.Add(time.Duration(i) * time.Second / 30), Raw: raw})
		}
		_ = os.WriteFile(told, nil, 0o600) // without it the test fails
	}()
	v := m.record(t.Context(), s, func() verdict {
		to, _ := m.router.To()
		to.Take(capture.Frame{At: start, JPEG: picture(t, m.size)})
		end := s.whole(start.Add(time.Second), m.fps)
		return verdict{next: nextEngine, end: end, request: engineRequest{to: sizing.EngineX11}}
	})
	if v.fault != nil {
		t.Fatal(v.fault)
	}
	next := follow(v, s.beginning, m.output.Recorded())
	next.engine = sizing.EngineX11
	if s, err = m.open(t.Context(), next, capture.Frame{}); err != nil {
		t.Fatal(err)
	}
	v = m.record(t.Context(), s, func() verdict { return endVerdict(next.start.Add(time.Second), ReasonAsked, nil) })
	if v.fault != nil || s.video.Counts().Captured != frames || s.queue.Left() < frames {
		t.Errorf("%v; %d frames captured, %d of the queue encoded", v.fault, s.video.Counts().Captured, s.queue.Left())
	}
}

func newSegmenter(t *testing.T, dir, ffmpegPath string) *segmenter {
	t.Helper()
	output, err := encode.CreateOutput(filepath.Join(dir, "o.mp4"), 0o600, time.Minute, 30, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(output.Discard)
	size := capture.Size{Width: 64, Height: 64}
	spec := ffmpeg.Spec{Size: size, FPS: 30, Preset: "ultrafast", CRF: 25, MaxRate: 1e6}
	encoders := encode.NewEncoders(ffmpegPath, spec, func(int) bool { return false }, slog.New(slog.DiscardHandler))
	t.Cleanup(encoders.Close)
	return &segmenter{
		fps: 30, size: size, log: slog.New(slog.DiscardHandler), output: output, encoders: encoders,
		tap: audio.NewTap(0), router: source.NewRouter(), hear: func([]int16) {},
		ending: func(context.Context) {}, changing: func(verdict) {},
	}
}

// picture returns a JPEG file.
func picture(t *testing.T, size capture.Size) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, size.Width, size.Height)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
