package ffmpeg_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beam/capture"
	"beam/capture/ffmpeg"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func spec() ffmpeg.Spec {
	return ffmpeg.Spec{
		Size: capture.Size{Width: 1280, Height: 720}, FPS: 30,
		Preset: "superfast", CRF: 23, MaxRate: 3_000_000,
	}
}

func TestArgsGolden(t *testing.T) {
	screencast, vfr, x11, sound := spec(), spec(), spec(), ffmpeg.Spec{}
	vfr.VFR = true
	x11.Size = capture.Size{Width: 1080, Height: 1920}
	x11.Grab = &ffmpeg.Grab{Display: ":7", Start: time.Unix(1700000000, 123456789), Rate: 30}
	twice := x11
	twice.Grab = &ffmpeg.Grab{Display: ":7", Start: time.Unix(1700000000, 123456789), Rate: 60}
	for name, s := range map[string]ffmpeg.Spec{"screencast": screencast, "vfr": vfr, "x11": x11, "x11-twice": twice, "sound": sound} {
		t.Run(name, func(t *testing.T) {
			args, err := ffmpeg.Args(s)
			if err != nil {
				t.Fatal(err)
			}
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
		})
	}
}

func TestArgsRefuse(t *testing.T) {
	for name, spoil := range map[string]func(*ffmpeg.Spec){
		"odd width":     func(s *ffmpeg.Spec) { s.Size.Width = 1281 },
		"no height":     func(s *ffmpeg.Spec) { s.Size.Height = 0 },
		"no rate":       func(s *ffmpeg.Spec) { s.FPS = 0 },
		"grab too slow": func(s *ffmpeg.Spec) { s.Grab = &ffmpeg.Grab{Rate: 15} },
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
