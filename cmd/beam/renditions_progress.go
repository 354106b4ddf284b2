package main

import (
	"encoding/json"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"beam/beam/renditions"
)

// renditionProgress tells how renditions get on: with bars on a terminal, with lines
// of JSON where those are wanted, else not at all.
type renditionProgress struct {
	mu    sync.Mutex
	lines *json.Encoder // nil without --json
	bars  *mpb.Progress // nil without a terminal
	stage string
	bar   *mpb.Bar
	told  float64 // of the stage, last
}

// barSteps is how many steps a bar has.
const barSteps = 1000

// leastStep is by how much a stage has to get on until that is a line.
const leastStep = 0.01

func (a *app) newRenditionProgress(lines bool) *renditionProgress {
	p := &renditionProgress{}
	switch {
	case lines:
		p.lines = json.NewEncoder(a.stdout)
	case a.stderr.terminal:
		p.bars = newBars(os.Stderr)
	}
	return p
}

func newBars(w io.Writer) *mpb.Progress {
	return mpb.New(mpb.WithOutput(w), mpb.WithWidth(60), mpb.WithRefreshRate(200*time.Millisecond), mpb.WithAutoRefresh())
}

// tell takes a report of the job.
func (p *renditionProgress) tell(r renditions.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Stage == p.stage && r.Done < p.told+leastStep && r.Done < 1 || r.Stage == p.stage && p.told == 1 {
		return
	}
	fresh := r.Stage != p.stage
	p.stage, p.told = r.Stage, r.Done
	switch {
	case p.lines != nil:
		_ = p.lines.Encode(renditionLine{Type: "progress", Progress: &r}) // a reader that is gone is no fault of the renditions
	case p.bars != nil:
		if fresh {
			p.bar = p.bars.AddBar(barSteps, mpb.PrependDecorators(decor.Name(r.Stage, decor.WC{W: 9, C: decor.DindentRight})),
				mpb.AppendDecorators(decor.Percentage(decor.WC{W: 6}), decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO, decor.WC{W: 8}), "")))
		}
		p.bar.SetCurrent(int64(r.Done * barSteps))
	}
}

// end leaves the terminal to others. It can be called again.
func (p *renditionProgress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bars == nil {
		return
	}
	if p.bar != nil {
		p.bar.Abort(false) // of a bar that is full it does nothing
	}
	p.bars.Wait()
	p.bars, p.bar = nil, nil
}
