package beam

import (
	"testing"

	"beam/capture"
)

// TestNeededCores: what is asked for is what Beam then finds enough, so that a
// container of that size gets the engine it was sized for.
func TestNeededCores(t *testing.T) {
	for _, size := range resolutions {
		for _, engine := range []string{EngineAuto, EngineScreencast, EngineX11} {
			cores := NeededCores(engine, size, 30)
			if got, why := chooseEngine(EngineAuto, machine{Cores: cores + 0.001, Xvfb: true}, size, 30); got != EngineScreencast && engine != EngineX11 {
				t.Errorf("%v, %s: %.2f cores are not enough: %s", size, engine, cores, why)
			}
		}
		if NeededCores(EngineX11, size, 30) >= NeededCores(EngineScreencast, size, 30) {
			t.Errorf("%v: x11 is not the cheaper one", size)
		}
	}
	hd := capture.Size{Width: 1280, Height: 720}
	if got := MostBits(hd, 30); got < 3_128_000 || got > 3_300_000 {
		t.Errorf("720p30 is capped at %d b/s", got)
	}
}
