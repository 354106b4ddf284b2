package doctor

import (
	"os"
	"strconv"
	"strings"
	"time"

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
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, false
	}
	return parseStat(string(text))
}

// parseStat returns the seconds that all processors together were busy since
// the start of the machine (proc_stat(5)): user, nice, system, irq and softirq
// of the first line, in ticks of 10 ms. What other machines on the same host
// take (steal) is not in it.
func parseStat(text string) (float64, bool) {
	line, _, _ := strings.Cut(text, "\n")
	fields := strings.Fields(line)
	if len(fields) < 8 || fields[0] != "cpu" {
		return 0, false
	}
	var ticks uint64
	for _, i := range []int{1, 2, 3, 6, 7} {
		n, err := strconv.ParseUint(fields[i], 10, 48)
		if err != nil {
			return 0, false
		}
		ticks += n
	}
	return float64(ticks) / 100, true
}
