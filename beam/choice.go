package beam

import (
	"context"

	"beam/beam/machine"
)

// Choice is how a recording would be made on this machine, and what it is
// expected to cost.
type Choice struct {
	Engine string  // EngineScreencast or EngineX11
	Reason string  // for people
	Preset string  // of libx264
	Cores  float64 // that this process may use: processors, less where a cgroup allows less
	Usable float64 // of Cores, that a recording may be expected to use without losing pictures
	// Load is the expected load of each engine in cores, the page of a
	// four-person room included.
	Load  map[string]float64
	Slow  float64       // how much slower the machine is than that of the model behind Load
	Speed machine.Speed // what was measured
}

// Choose returns what Record would choose for the settings on this machine; xvfb
// tells whether Xvfb is installed. It measures the machine for some tens of
// milliseconds and starts nothing.
func (s Settings) Choose(ctx context.Context, xvfb bool) (Choice, error) {
	m, err := measureMachine(ctx, xvfb)
	if err != nil {
		return Choice{}, err
	}
	return s.chooseOn(m), nil
}

// chooseOn returns what Record would choose on a machine.
func (s Settings) chooseOn(m machineFacts) Choice {
	engine, reason := chooseEngine(s.Capture, m)
	c := Choice{
		Engine: engine, Reason: reason, Preset: choosePreset(m, engine, s.Size, s.FPS),
		Cores: m.Cores, Slow: m.slow(engine), Usable: m.Cores * headroom, Load: map[string]float64{}, Speed: m.Speed,
	}
	for engine, l := range loads {
		c.Load[engine] = l.cores(s.Size, s.FPS) * m.slow(engine)
	}
	return c
}

// CheckPicture is Check for a recording that is only thought of: neither the room
// nor the output is looked at.
func (c Config) CheckPicture() (Settings, error) {
	s := Settings{Config: c}
	var err error
	if s.Size, s.Orientation, err = resolution(c.Resolution, c.Orientation); err != nil {
		return s, err
	}
	if err := c.checkChoices(); err != nil {
		return s, err
	}
	return s, c.checkTimes()
}

// PrivateFolder makes a folder for whoever starts the programs of a recording
// outside of one, below parent ("" for the system's temporary folder). The next
// recording removes it where this process is killed; else remove does.
func PrivateFolder(parent string) (path string, remove func() error, err error) {
	w, err := newWorkDir(parent)
	if err != nil {
		return "", nil, err
	}
	return w.Path, w.remove, nil
}
