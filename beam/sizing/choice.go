package sizing

import (
	"context"

	"beam/beam/machine"
	"beam/capture"
)

// Choice is how a recording would be made on this machine, and what it is
// expected to cost.
type Choice struct {
	Engine string  // EngineScreencast or EngineX11
	Reason string  // for people
	Preset string  // of libx264
	Cores  float64 // that this process may use: processors, less where a cgroup allows less
	Usable float64 // of Cores, that a recording may be expected to use without losing frames
	// Load is the expected load of each engine in cores, the page of a
	// four-person room included.
	Load  map[string]float64
	Slow  float64       // how much slower the machine is than that of the model behind Load
	Speed machine.Speed // what was measured
}

// Choose returns what a recording of the given frames would choose on this
// machine, where an engine was asked for; xvfb tells whether Xvfb is installed. It
// measures the machine for some tens of milliseconds and starts nothing.
func Choose(ctx context.Context, asked string, size capture.Size, fps int, xvfb bool) (Choice, error) {
	m, err := Measure(ctx, xvfb)
	if err != nil {
		return Choice{}, err
	}
	return m.Choose(asked, size, fps), nil
}

// Choose returns what a recording would choose on a machine.
func (m Machine) Choose(asked string, size capture.Size, fps int) Choice {
	engine, reason := ChooseEngine(asked, m)
	c := Choice{
		Engine: engine, Reason: reason, Preset: ChoosePreset(m, engine, size, fps),
		Cores: m.Cores, Slow: m.Slow(engine), Usable: m.Cores * headroom, Load: map[string]float64{}, Speed: m.Speed,
	}
	for engine, l := range loads {
		c.Load[engine] = l.cores(size, fps) * m.Slow(engine)
	}
	return c
}
