package main

import (
	"maps"
	"math"
	"os"
	"strings"
	"time"
)

const (
	sampleEvery = 500 * time.Millisecond
	memoryEvery = 2 * time.Second // reading it costs some milliseconds
	// settled is how much of a recording's start is not counted: what Chrome
	// and the encoder still do then is of the start.
	settled = time.Second
)

// sample is what the machine had done at one time.
type sample struct {
	at       time.Time
	programs map[string]uint64 // ticks of those that are watched
	own      uint64            // ticks of this process and of all below it
	machine  machineTicks
	memory   float64 // of beam and ffmpeg, MB; 0 where it was not read
}

// watch samples from outside what some trees of processes use, in the same way
// for a recording, for the plain grab and for a page alone.
type watch struct {
	stop    chan struct{}
	done    chan struct{}
	samples []sample
}

func startWatch(roots ...int) *watch {
	w := &watch{stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		var memory time.Time
		for {
			read := time.Since(memory) >= memoryEvery
			if read {
				memory = time.Now()
			}
			w.samples = append(w.samples, takeSample(roots, read))
			select {
			case <-w.stop:
				return
			case <-tick.C:
			}
		}
	}()
	return w
}

// end stops the watch and returns its samples.
func (w *watch) end() []sample {
	close(w.stop)
	<-w.done
	return w.samples
}

func takeSample(roots []int, memory bool) sample {
	all := processes()
	s := sample{at: time.Now(), programs: map[string]uint64{}}
	if text, err := os.ReadFile("/proc/stat"); err == nil {
		s.machine = parseMachine(string(text))
	}
	for _, pid := range trees(all, []int{os.Getpid()}) {
		s.own += all[pid].ticks
	}
	for _, pid := range trees(all, roots) {
		name := program(all[pid].name)
		s.programs[name] += all[pid].ticks
		if memory && (name == "beam" || name == "ffmpeg") {
			s.memory += proportionalMB(pid)
		}
	}
	return s
}

// program returns the name under which a process is counted.
func program(name string) string {
	if strings.HasPrefix(name, "chrom") {
		return "chrome"
	}
	return strings.ToLower(name)
}

// usage puts into f what was used from one time to another.
func usage(samples []sample, from, to time.Time, f *figures) {
	var within []sample
	for _, s := range samples {
		if !s.at.Before(from) && !s.at.After(to) {
			within = append(within, s)
		}
	}
	if len(within) < 2 {
		return
	}
	first, last := within[0], within[len(within)-1]
	ticks := last.at.Sub(first.at).Seconds() * ticksPerSecond
	f.cores, f.programs = 0, map[string]float64{}
	for name := range maps.Keys(last.programs) {
		// A program whose last process ended between two samples has less.
		used := max(0, float64(last.programs[name])-float64(first.programs[name])) / ticks
		f.programs[name] = used
		f.cores += used
	}
	if busy := float64(last.machine.busy - first.machine.busy); busy > 0 {
		f.others = max(0, busy-(float64(last.own)-float64(first.own))) / ticks
		f.steal = float64(last.machine.steal-first.machine.steal) / ticks
	}
	f.growth = growth(within)
}

// peakMemory returns the most memory of any sample, MB.
func peakMemory(samples []sample) (most float64) {
	for _, s := range samples {
		most = max(most, s.memory)
	}
	return most
}

// growth returns the peak of the memory in the last third of the samples less
// that of the first third.
func growth(samples []sample) float64 {
	third := len(samples) / 3
	first, last := peakMemory(samples[:third]), peakMemory(samples[len(samples)-third:])
	if first == 0 || last == 0 {
		return math.NaN()
	}
	return last - first
}
