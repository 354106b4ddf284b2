package mp4

import (
	"testing"
	"time"
)

func TestStill(t *testing.T) {
	video := &track{box: trackBox{handler: "vide", timescale: 10}}
	for i, size := range []uint32{900, 500, 20, 20, 20, 700, 20, 800} {
		video.append(sample{size: size, duration: 1}, int64(i), int64(i)*1000, 1)
	}
	ix := &Index{tracks: []*track{{box: trackBox{handler: "soun"}}, video}}
	pictures, still, longest := ix.Still(60, time.Second)
	if pictures != 8 || still != 4 || longest != 400*time.Millisecond {
		t.Errorf("%d pictures, %d still, longest %v; want 8, 4, 400ms", pictures, still, longest)
	}
	// The presentation ends within the first still run.
	pictures, still, longest = ix.Still(60, 400*time.Millisecond)
	if pictures != 4 || still != 2 || longest != 300*time.Millisecond {
		t.Errorf("cut: %d pictures, %d still, longest %v; want 4, 2, 300ms", pictures, still, longest)
	}
	if n, _, _ := (&Index{}).Still(60, time.Second); n != 0 {
		t.Errorf("%d pictures in nothing", n)
	}
}
