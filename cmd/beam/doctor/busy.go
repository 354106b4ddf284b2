package doctor

import (
	"time"

	"github.com/prometheus/procfs"

	"beam/beam"
)

// busyMeter tells how busy the whole machine is while something is recorded.
type busyMeter struct {
	from, to       float64 // seconds of processor time
	began, ended   time.Time
	started, known bool
}

// see takes the events of the recording.
func (b *busyMeter) see(e beam.Event) {
	if e.Type != beam.EventState {
		return
	}
	switch {
	case e.State == beam.StateRecording && !b.started:
		b.from, b.started = processorSeconds()
		b.began = time.Now()
	case e.State == beam.StateStopping && b.started:
		b.to, b.known = processorSeconds()
		b.ended = time.Now()
	}
}

// cores returns how many cores were busy, 0 for unknown.
func (b *busyMeter) cores() float64 {
	took := b.ended.Sub(b.began).Seconds()
	if !b.known || took <= 0 {
		return 0
	}
	return (b.to - b.from) / took
}

func processorSeconds() (float64, bool) {
	proc, err := procfs.NewDefaultFS()
	if err != nil {
		return 0, false
	}
	stat, err := proc.Stat()
	if err != nil {
		return 0, false
	}
	return busySeconds(stat.CPUTotal), true
}

// busySeconds returns the seconds that all processors together were busy since
// the start of the machine (proc_stat(5)). What other machines on the same host
// take (steal) is not in it.
func busySeconds(c procfs.CPUStat) float64 {
	return c.User + c.Nice + c.System + c.IRQ + c.SoftIRQ
}
