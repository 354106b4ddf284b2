package beam

import (
	"errors"
	"os"
	"testing"

	"beam/beam/fault"
	"beam/beam/sizing"
)

func TestChoose(t *testing.T) {
	c := Defaults()
	c.Output = "/nowhere/at/all"
	s, err := c.CheckVideo()
	if err != nil || s.Size.Width != 1280 || s.Orientation != sizing.Landscape {
		t.Fatalf("%+v, %v", s, err)
	}
	for _, asked := range []string{sizing.EngineScreencast, sizing.EngineX11} {
		s.Capture = asked
		got := sizing.Machine{Cores: 2}.Choose(s.Capture, s.Size, s.FPS)
		if got.Engine != asked || got.Preset == "" || got.Reason == "" {
			t.Errorf("%s: %+v", asked, got)
		}
		if got.Cores <= 0 || got.Usable >= got.Cores || got.Load[sizing.EngineX11] >= got.Load[sizing.EngineScreencast] || got.Load[sizing.EngineX11] <= 0 {
			t.Errorf("%s: %+v", asked, got)
		}
	}
	s.Capture = sizing.EngineAuto
	if got := (sizing.Machine{Cores: 2}).Choose(s.Capture, s.Size, s.FPS); got.Engine != sizing.EngineScreencast {
		t.Errorf("without Xvfb: %+v", got)
	}
	got, err := s.Choose(t.Context(), true)
	if err != nil || got.Engine != sizing.EngineX11 || got.Cores <= 0 || got.Slow < 1 || got.Speed.FaultNs <= 0 {
		t.Errorf("on this machine: %+v, %v", got, err)
	}
	for _, spoil := range []func(*Config){
		func(c *Config) { c.Resolution = "1x1" },
		func(c *Config) { c.Capture = "camera" },
		func(c *Config) { c.FPS = 0 },
		func(c *Config) { c.MaxDuration = 0 },
	} {
		bad := Defaults()
		spoil(&bad)
		var f *fault.Fault
		if _, err := bad.CheckVideo(); !errors.As(err, &f) || f.Class != fault.ClassUsage {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestPrivateFolder(t *testing.T) {
	parent := t.TempDir()
	path, remove, err := PrivateFolder(parent)
	if err != nil {
		t.Fatal(err)
	}
	sweep(parent) // its owner is alive
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	if err := remove(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(parent); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}
