package sizing

import (
	"context"
	"math"

	"beam/beam/machine"
	"beam/capture"
)

// Machine is what the choice of the engine and of the encoder's preset
// depends on.
type Machine struct {
	Cores float64 // that the process may use: processors, less where a cgroup allows less
	Xvfb  bool    // Xvfb is installed
	Speed machine.Speed
}

// Slow returns how much longer an engine's work takes than on the machine of
// loads; never less than 1.
func (m Machine) Slow(engine string) float64 {
	if engine == EngineScreencast {
		return max(1, m.Speed.ScreencastFactor)
	}
	return max(1, m.Speed.Factor)
}

// Measure measures the machine, in some tens of milliseconds.
func Measure(ctx context.Context, xvfb bool) (Machine, error) {
	limits, err := machine.ReadLimits()
	if err != nil {
		return Machine{}, err
	}
	m := Machine{Cores: limits.Cores, Xvfb: xvfb}
	m.Speed, err = machine.Probe(ctx)
	return m, err
}

// Threads returns how many threads ffmpeg may work with: as many as there are
// whole processors for it, and not more than ever pay.
func (m Machine) Threads() int { return min(16, max(1, int(math.Ceil(m.Cores)))) }

// costModel is a model of the cores that a recording keeps busy, the page of a
// four-person room included and libx264 at ultrafast: fixed + perMegapixel *
// megapixels a second. It is that of one machine, so it is only good for what a
// wrong guess can't spoil: the encoder's preset, and the cores that a job asks
// for. What the machine that records can carry, the governor measures.
type costModel struct{ fixed, perMegapixel float64 }

var loads = map[string]costModel{
	EngineScreencast: {fixed: 0.50, perMegapixel: 0.0180},
	EngineX11:        {fixed: 0.30, perMegapixel: 0.0100},
}

// headroom is the share of the machine that a recording may be expected to
// use: one that is busier drops frames.
const headroom = 0.8

func (l costModel) cores(size capture.Size, fps int) float64 {
	return l.fixed + l.perMegapixel*megapixels(size, fps)
}

// megapixels returns the millions of pixels a second.
func megapixels(size capture.Size, fps int) float64 {
	return float64(size.Pixels()) * float64(fps) / 1e6
}

// ChooseEngine returns the engine that was asked for, or for auto: x11, which
// was cheaper on every machine that was measured, wherever there is Xvfb. The
// reason is for the report.
func ChooseEngine(asked string, m Machine) (engine, reason string) {
	switch {
	case asked != EngineAuto:
		return asked, "asked for with --capture"
	case m.Xvfb:
		return EngineX11, "Xvfb is installed, and x11 costs less than a screencast"
	default:
		return EngineScreencast, "Xvfb, which x11 needs, is not installed"
	}
}

// ChoosePreset returns libx264's preset: the slowest that leaves the rest of
// the recording its share of the cores.
func ChoosePreset(m Machine, engine string, size capture.Size, fps int) string {
	spare := m.Cores*headroom/m.Slow(engine) - loads[engine].cores(size, fps)
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

// MaxRate returns the cap of the video's bit rate in bits a second:
// 3 Mb/s for 720p30, 4.5 Mb/s for 1080p30, and in between and beyond by the
// square root of the pixels a second.
func MaxRate(size capture.Size, fps int) int {
	const base = 3e6 // at 720p30
	share := megapixels(size, fps) / megapixels(capture.Size{Width: 1280, Height: 720}, 30)
	return int(base*math.Sqrt(share)/1e5) * 1e5
}

// The capture engines.
const (
	EngineAuto       = "auto"
	EngineScreencast = "screencast" // frames from Chrome over the DevTools protocol
	EngineX11        = "x11"        // frames grabbed from a private Xvfb
)
