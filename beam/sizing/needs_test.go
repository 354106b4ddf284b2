package sizing

import (
	"testing"

	"beam/capture"
)

// TestNeededCores: x11 is what auto takes in an image that has Xvfb, and the
// cheaper one; a larger picture takes more.
func TestNeededCores(t *testing.T) {
	before := 0.0
	for _, name := range []string{"480p", "720p", "1080p"} {
		size, err := FrameSize(name, "")
		if err != nil {
			t.Fatal(err)
		}
		x11 := NeededCores(EngineX11, size, 30)
		if x11 >= NeededCores(EngineScreencast, size, 30) || x11 != NeededCores(EngineAuto, size, 30) || x11 <= before {
			t.Errorf("%s: %v cores", name, x11)
		}
		before = x11
	}
	hd := capture.Size{Width: 1280, Height: 720}
	if got := MostBits(hd, 30); got < 3_128_000 || got > 3_300_000 {
		t.Errorf("720p30 is capped at %d b/s", got)
	}
}
