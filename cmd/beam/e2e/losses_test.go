//go:build e2e

package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/beam"
	"beam/beam/procstat"
)

// program of a recording that a fault can meet, and what the report may call
// what is lost with it.
type victim struct {
	name string
	pid  func(*recording) int // 0 while there is none
	lost []string
}

var (
	victimChrome = victim{"Chrome", only(process.isChrome), []string{"browser"}}
	victimFFmpeg = victim{"ffmpeg", only(isFFmpeg), []string{"encoder"}}
	victimPulse  = victim{"PulseAudio", only(isPulseAudio), []string{"sound server"}}
	// With Xvfb there Chrome runs in its window, whichever engine is used.
	victimXvfb = victim{"Xvfb", only(isXvfb), []string{"display"}}
	victims    = []victim{victimChrome, {"the renderer", (*recording).renderer, []string{"browser"}}, victimFFmpeg, victimPulse, victimXvfb}
)

// only returns the process that which tells, when it is the only one.
func only(which func(process) bool) func(*recording) int {
	return func(r *recording) int {
		found := 0
		for _, p := range r.processes() {
			if which(p) && found != 0 {
				return 0 // one in the making is still called like its parent
			} else if which(p) {
				found = p.pid
			}
		}
		return found
	}
}

// renderer returns the process of the page, the one renderer that has a thread
// that plays sound: Chrome keeps spare ones, which may be busy starting.
func (r *recording) renderer() int {
	for _, p := range r.processes() {
		if !strings.Contains(p.command, "--type=renderer") {
			continue
		}
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/comm", p.pid)) // the pattern is well formed
		for _, path := range threads {
			if name, _ := os.ReadFile(path); strings.TrimSpace(string(name)) == procstat.AudioThreads[0] {
				return p.pid
			}
		}
	}
	return 0
}

// fault is what happens in one recording.
type fault struct {
	number int
	kind   string // "kill" and "stop" at once, or "again", "paused"
	victim victim
	signal syscall.Signal // to the victim
	engine string
	after  time.Duration // since the recording began
	second time.Duration // "again": since the new browser is there; "paused": since the pause began
}

func (f fault) String() string {
	return fmt.Sprintf("%02d %s %s %s", f.number, f.kind, strings.TrimPrefix(f.victim.name, "the "), f.engine)
}

const (
	faultAgain  = "again"  // a second fault while the room is joined again
	faultPaused = "paused" // while the recording is paused
)

// faultNumber returns the fault of a number. A round has each program killed
// and stopped once, and the two others; every other round it is the other
// engine's turn.
func faultNumber(number int, seed uint64) fault {
	const round = 12
	random := rand.New(rand.NewPCG(seed, uint64(number)))
	f := fault{number: number, engine: []string{beam.EngineX11, beam.EngineScreencast}[(number+number/round)%2]}
	f.after = 3*time.Second + time.Duration(random.Int64N(int64(3*time.Second)))
	f.second = time.Duration(random.Int64N(int64(800 * time.Millisecond)))
	signals := []syscall.Signal{syscall.SIGKILL, syscall.SIGSTOP}
	f.signal = signals[random.IntN(2)]
	switch n := number % round; {
	case n < 10:
		f.kind, f.signal, f.victim = []string{"kill", "stop"}[n/5], signals[n/5], victims[n%5]
	case n == 10:
		f.kind, f.victim = faultAgain, victims[random.IntN(5)]
	default:
		f.kind, f.victim = faultPaused, victims[random.IntN(2)]
	}
	return f
}

// TestFaults kills or stops a program of a recording of a moving page, at a
// random moment: another takes its place, the file plays, is in sync before and
// after, and the report tells what was lost and where.
//
// BEAM_FAULTS is how many faults there are, one round of all kinds without it,
// and BEAM_FAULT_SEED repeats what has been: with it, -run TestFaults/07 makes
// the one that has that number again.
func TestFaults(t *testing.T) {
	count, seed := 12, rand.Uint64()
	for name, set := range map[string]func(uint64){
		"BEAM_FAULTS": func(n uint64) { count = int(n) }, "BEAM_FAULT_SEED": func(n uint64) { seed = n },
	} {
		if text := os.Getenv(name); text != "" {
			n, err := strconv.ParseUint(text, 10, 64)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			set(n)
		}
	}
	fmt.Printf("TestFaults: BEAM_FAULT_SEED=%d\n", seed)
	url := demoPages(t).timing
	// Not t.Parallel, which runs as many as there are cores: a recording of
	// this size takes half a core, and waits most of the time.
	var running errgroup.Group
	running.SetLimit(3)
	for n := range count {
		f := faultNumber(n, seed)
		running.Go(func() error {
			t.Run(f.String(), func(t *testing.T) { f.happen(t, url) })
			return nil
		})
	}
	_ = running.Wait() // they return none
}

// goesOn is for how long a recording goes on after a repair: long enough for
// some beeps.
const goesOn = 5 * time.Second

// happen makes a recording with the fault, and judges it.
func (f fault) happen(t *testing.T, url string) {
	r := record(t, url, "--capture", f.engine, "--resolution", "480p", "--max-duration", "2m")
	r.recordFor(f.after)
	o := outcome{fault: f}
	if f.kind == faultPaused {
		r.told("pause")
		o.paused = time.Now()
		r.says("paused")
		time.Sleep(f.second)
	}
	if f.kind == faultAgain {
		o.at = append(o.at, r.strike(victimChrome, syscall.SIGKILL))
		r.says("replacing it")
		r.until(joinLimit, "start the browser again", func() bool { return victimChrome.pid(r) != 0 })
		time.Sleep(f.second)
	}
	o.at = append(o.at, r.strike(f.victim, f.signal))
	r.repaired(f)
	o.repaired = time.Now()
	if f.kind == faultPaused {
		r.told("resume")
		o.resumed = time.Now()
	}
	select {
	case <-r.ended:
	case <-time.After(goesOn):
	}
	r.signal(syscall.SIGINT)
	o.asked = time.Now()
	r.ends(exitDegraded)
	o.judge(r)
}

// first returns what the first fault of a recording meets.
func (f fault) first() victim {
	if f.kind == faultAgain {
		return victimChrome
	}
	return f.victim
}

// strike sends a signal to a program of the recording, as soon as it is there,
// and returns when.
func (r *recording) strike(v victim, signal syscall.Signal) time.Time {
	r.t.Helper()
	pid := 0
	r.until(joinLimit, "have "+v.name, func() bool { pid = v.pid(r); return pid != 0 })
	at := time.Now()
	if err := syscall.Kill(pid, signal); err != nil {
		r.t.Fatalf("%v to %s: %v", signal, v.name, err)
	}
	r.t.Logf("%v to %s (%d) at %s", signal, v.name, pid, at.Format("15:04:05.000"))
	return at
}

const (
	saysEncoder = "the encoder was lost, starting another"
	saysJoined  = "the room was joined again"
)

// repaired waits until Beam says that what was lost has been replaced.
func (r *recording) repaired(f fault) {
	r.t.Helper()
	if f.first().name == "ffmpeg" {
		r.says(saysEncoder)
		return
	}
	r.says(saysJoined)
	if f.kind != faultAgain {
		return
	}
	// A program that is lost just before the room is joined is told of, and
	// replaced, only after that.
	lost, replaced := "was lost, replacing it", saysJoined
	if f.victim.name == "ffmpeg" {
		r.says(saysEncoder)
	}
	time.Sleep(3 * time.Second) // until a loss is noticed
	r.until(joinLimit, "replace what was lost again", func() bool {
		said := r.stderr.String()
		return strings.Count(said, lost) <= strings.Count(said, replaced)
	})
}
