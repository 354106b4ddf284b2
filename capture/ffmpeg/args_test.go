package ffmpeg_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beam/capture"
	"beam/capture/ffmpeg"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func spec() ffmpeg.Spec {
	return ffmpeg.Spec{
		Size: capture.Size{Width: 1280, Height: 720}, Codec: ffmpeg.JPEG, FPS: 30,
		Preset: "superfast", CRF: 23, MaxRate: 3_000_000, Threads: 2,
	}
}

func TestArgsGolden(t *testing.T) {
	jpeg, vfr, raw, auto, large, sound := spec(), spec(), spec(), spec(), spec(), ffmpeg.Spec{}
	vfr.VFR = true
	raw.Size, raw.Codec, raw.FPS, raw.Preset = capture.Size{Width: 1080, Height: 1920}, ffmpeg.I420, 25, "ultrafast"
	auto.Threads = 0
	large.Threads, large.Preset = 64, "veryfast"
	for name, s := range map[string]ffmpeg.Spec{"jpeg": jpeg, "vfr": vfr, "raw": raw, "auto-threads": auto, "large": large, "sound": sound} {
		t.Run(name, func(t *testing.T) {
			args, err := ffmpeg.Args(s)
			if err != nil {
				t.Fatal(err)
			}
			checkGolden(t, name, args)
		})
	}
}

// checkGolden compares arguments with those of testdata, or keeps them there with
// -update.
func checkGolden(t *testing.T, name string, args []string) {
	t.Helper()
	got := strings.Join(args, "\n") + "\n"
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("arguments are\n%s\nwant\n%s", got, want)
	}
}

func TestArgsRefuse(t *testing.T) {
	for name, spoil := range map[string]func(*ffmpeg.Spec){
		"odd width":      func(s *ffmpeg.Spec) { s.Size.Width = 1281 },
		"no height":      func(s *ffmpeg.Spec) { s.Size.Height = 0 },
		"no rate":        func(s *ffmpeg.Spec) { s.FPS = 0 },
		"no codec":       func(s *ffmpeg.Spec) { s.Codec = "" },
		"fewer than one": func(s *ffmpeg.Spec) { s.Threads = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			s := spec()
			spoil(&s)
			if args, err := ffmpeg.Args(s); err == nil {
				t.Errorf("accepted: %v", args)
			}
		})
	}
}
