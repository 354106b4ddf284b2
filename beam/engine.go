package beam

import (
	"fmt"
	"math"

	"beam/capture"
)

// machine is what the choice of the engine and of the encoder's preset depends
// on.
type machine struct {
	Cores float64 // that the process may use: processors, less where a cgroup allows less
	Xvfb  bool    // Xvfb is installed
}

// load is a model of the cores that a recording keeps busy, the page of a
// four-person room included and libx264 at ultrafast: fixed + perMegapixel *
// megapixels a second. scripts/bench measures what it is made from: the timing
// page with four videos, and 0.2 core more for what a livelier room costs.
type load struct{ fixed, perMegapixel float64 }

var loads = map[string]load{
	EngineScreencast: {fixed: 0.50, perMegapixel: 0.0180},
	EngineX11:        {fixed: 0.30, perMegapixel: 0.0100},
}

// headroom is the share of the machine that a recording may be expected to
// use: one that is busier drops pictures.
const headroom = 0.8

func (l load) cores(size capture.Size, fps int) float64 {
	return l.fixed + l.perMegapixel*megapixels(size, fps)
}

// megapixels returns the millions of pixels a second.
func megapixels(size capture.Size, fps int) float64 {
	return float64(size.Pixels()) * float64(fps) / 1e6
}

// chooseEngine returns the engine that was asked for, or for auto: screencast
// where the machine's cores carry it, x11 where they don't and there is Xvfb.
// The reason is for the report.
func chooseEngine(asked string, m machine, size capture.Size, fps int) (engine, reason string) {
	if asked != EngineAuto {
		return asked, "asked for with --capture"
	}
	needed, have := loads[EngineScreencast].cores(size, fps), m.Cores*headroom
	facts := fmt.Sprintf("screencast at %v and %d fps keeps about %.1f cores busy; %.0f %% of %.3g cores are %.1f",
		size, fps, needed, 100*headroom, m.Cores, have)
	switch {
	case needed <= have:
		return EngineScreencast, facts
	case m.Xvfb:
		return EngineX11, facts
	default:
		return EngineScreencast, facts + ", but Xvfb, which x11 needs, is not installed"
	}
}

// choosePreset returns libx264's preset: the slowest that leaves the rest of
// the recording its share of the cores.
func choosePreset(m machine, engine string, size capture.Size, fps int) string {
	spare := m.Cores*headroom - loads[engine].cores(size, fps)
	mp := megapixels(size, fps)
	// Cores for each megapixel a second beyond those of ultrafast, measured
	// with x264 alone at 1080p30.
	switch {
	case spare > 0.0145*mp+1:
		return "veryfast"
	case spare > 0.008*mp+0.3:
		return "superfast"
	default:
		return "ultrafast"
	}
}

// chooseRate returns the cap of the picture's bit rate in bits a second:
// 3 Mb/s for 720p30, 4.5 Mb/s for 1080p30, and in between and beyond by the
// square root of the pixels a second.
func chooseRate(size capture.Size, fps int) int {
	const base = 3e6 // at 720p30
	share := megapixels(size, fps) / megapixels(capture.Size{Width: 1280, Height: 720}, 30)
	return int(base*math.Sqrt(share)/1e5) * 1e5
}

// screenRate is how often a page on an X display is painted, times a second.
const screenRate = 60

// grabRate returns how many times a second to grab the display. At twice the
// rate of the pictures none of the page's is lost between two grabs; what that
// costs is the conversion of their colours, 0.0033 cores for each megapixel a
// second, and comparing them, 0.001.
func grabRate(m machine, size capture.Size, fps int) int {
	twice := min(2*fps, screenRate)
	if twice <= fps {
		return fps
	}
	extra := 0.0043 * megapixels(size, twice-fps)
	if loads[EngineX11].cores(size, fps)+extra > m.Cores*grabHeadroom {
		return fps
	}
	return twice
}

// grabHeadroom is headroom for a choice that can be wrong without harm: a grab
// that comes too late is one that would not have been made.
const grabHeadroom = 1.05
