package sizing

import (
	"testing"

	"beam/beam/machine"
	"beam/capture"
)

func TestChooseEngine(t *testing.T) {
	for _, tt := range []struct {
		asked string
		xvfb  bool
		want  string
	}{
		{EngineScreencast, true, EngineScreencast},
		{EngineX11, true, EngineX11},
		{EngineAuto, true, EngineX11},
		{EngineAuto, false, EngineScreencast},
	} {
		// Neither cores nor speed decide: x11 is the cheaper one everywhere.
		for _, m := range []Machine{{Cores: 0.5, Xvfb: tt.xvfb}, {Cores: 64, Xvfb: tt.xvfb}} {
			got, reason := ChooseEngine(tt.asked, m)
			if got != tt.want || reason == "" {
				t.Errorf("%s, Xvfb %v, %v cores: %s because %q, want %s", tt.asked, tt.xvfb, m.Cores, got, reason, tt.want)
			}
		}
	}
}

func TestChooseEncoder(t *testing.T) {
	hd, fullHD := capture.Size{Width: 1280, Height: 720}, capture.Size{Width: 1920, Height: 1080}
	if got := ChoosePreset(Machine{Cores: 2}, EngineX11, fullHD, 30); got != "ultrafast" {
		t.Errorf("two cores at 1080p: %s, want ultrafast", got)
	}
	if got := ChoosePreset(Machine{Cores: 16}, EngineScreencast, fullHD, 30); got != "veryfast" {
		t.Errorf("sixteen cores at 1080p: %s, want veryfast", got)
	}
	if got := ChoosePreset(Machine{Cores: 16, Speed: machine.Speed{ScreencastFactor: 8}}, EngineScreencast, fullHD, 30); got != "ultrafast" {
		t.Errorf("sixteen cores that are eight times slower: %s, want ultrafast", got)
	}
	if got := MaxRate(hd, 30); got != 3_000_000 {
		t.Errorf("720p30: %d b/s, want 3 Mb/s", got)
	}
	if got := MaxRate(fullHD, 30); got != 4_500_000 {
		t.Errorf("1080p30: %d b/s, want 4.5 Mb/s", got)
	}
}

func TestEncoderThreads(t *testing.T) {
	for cores, want := range map[float64]int{0.5: 1, 1: 1, 1.5: 2, 2: 2, 64: 16} {
		if got := (Machine{Cores: cores}).Threads(); got != want {
			t.Errorf("%v cores: %d threads, want %d", cores, got, want)
		}
	}
}
