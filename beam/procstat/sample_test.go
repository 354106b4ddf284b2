package procstat

import (
	"math"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"beam/capture"
)

func TestBetween(t *testing.T) {
	const start = capture.Time(5e9)
	twoIdle := func(idle0, idle1 float64) map[int]cpuTimes {
		return map[int]cpuTimes{0: {busy: 100, idle: idle0}, 1: {busy: 100, idle: idle1}}
	}
	one, later := process{10, 1}, process{10, 900}
	tests := map[string]struct {
		a, b reading
		want Sample
	}{
		"idle processors, no quota": {
			reading{cpus: map[int]cpuTimes{0: {10, 100, 1}, 1: {10, 200, 1}}},
			reading{cpus: map[int]cpuTimes{0: {11.5, 100.5, 1}, 1: {10.5, 201, 1.5}}},
			Sample{Idle: 0.75, Known: true, Busy: 1, Steal: 0.25}},
		"idle time that goes back": {
			reading{cpus: twoIdle(100, 100)}, reading{cpus: twoIdle(99, 101)}, Sample{Idle: 0.5, Known: true}},
		"a processor that came online": {
			reading{cpus: map[int]cpuTimes{0: {99, 100, 0}}}, reading{cpus: twoIdle(101, 5000)}, Sample{Idle: 0.5, Known: true, Busy: 0.5}},
		"nothing is counted": {
			reading{cpus: map[int]cpuTimes{0: {}}}, reading{cpus: map[int]cpuTimes{0: {}}}, Sample{}},
		// 1.5 allowed, 1.2 used by all in the group: 0.3 left though both processors are nearly idle.
		"a quota above leaves less": {
			reading{cpus: twoIdle(100, 100), groups: []cpuUse{{used: 5}, {quota: 1.5, used: 50, throttled: 2, periods: 7}}},
			reading{cpus: twoIdle(102, 102), groups: []cpuUse{{used: 6}, {quota: 1.5, used: 52.4, throttled: 2.5, periods: 11}}},
			Sample{Idle: 0.3, Known: true, Throttled: 500 * time.Millisecond, ThrottledPeriods: 4}},
		"a quota that is exceeded": {
			reading{cpus: twoIdle(100, 100), groups: []cpuUse{{quota: 0.5, used: 50}}},
			reading{cpus: twoIdle(102, 102), groups: []cpuUse{{quota: 0.5, used: 51.2}}},
			Sample{Known: true}},
		"a quota whose use is not counted": {
			reading{cpus: twoIdle(100, 100), groups: []cpuUse{{quota: 0.5}}},
			reading{cpus: twoIdle(101, 101), groups: []cpuUse{{quota: 0.5}}},
			Sample{Idle: 1, Known: true}},
		"programs": {
			reading{programs: map[string]program{
				"chrome": {state: 'S', cpu: map[process]time.Duration{one: time.Second, {11, 2}: time.Hour},
					waited: map[thread]time.Duration{{10, 10}: time.Second, {11, 12}: time.Minute}},
				"ended":   {cpu: map[process]time.Duration{{50, 1}: time.Second}},
				"renewed": {cpu: map[process]time.Duration{one: time.Minute}},
			}},
			reading{programs: map[string]program{
				"chrome": {state: 'S', stopped: 1, cpu: map[process]time.Duration{one: 1250 * time.Millisecond, {13, 2}: 40 * time.Millisecond},
					waited: map[thread]time.Duration{{10, 10}: 1100 * time.Millisecond, {13, 13}: 300 * time.Millisecond}},
				"renewed": {state: 'R', cpu: map[process]time.Duration{later: 20 * time.Millisecond}},
				"none":    {},
			}},
			Sample{Programs: map[string]Activity{
				"chrome": {Processes: 2, State: 'S', Stopped: 1, CPU: 290 * time.Millisecond,
					RunDelay: 400 * time.Millisecond, LongestDelay: 300 * time.Millisecond, Threads: 2},
				"renewed": {Processes: 1, State: 'R', CPU: 20 * time.Millisecond},
			}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.a.at, test.b.at = start, start.Add(2*time.Second)
			test.want.At, test.want.Length = test.b.at, 2*time.Second
			got := between(test.a, test.b)
			near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })
			roughly := cmp.Comparer(func(a, b time.Duration) bool { return (a - b).Abs() < time.Microsecond })
			if d := cmp.Diff(test.want, got, near, roughly, cmpopts.EquateEmpty()); d != "" {
				t.Error(d)
			}
		})
	}
	if got := between(reading{at: start}, reading{at: start}); got.Idle != 0 || got.Known {
		t.Errorf("no time went by, but %+v", got)
	}
}

func TestParseRunDelay(t *testing.T) {
	for text, want := range map[string]time.Duration{"74581 1302099 2\n": 1302099, "5 0 1": 0} {
		if got, ok := parseRunDelay([]byte(text)); got != want || !ok {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "0", "0 "} {
		if _, ok := parseRunDelay([]byte(text)); ok {
			t.Errorf("%q has a delay", text)
		}
	}
}

// A busy program is seen to be busy, to be stopped, and to be gone.
func TestSampler(t *testing.T) {
	child := exec.Command("sh", "-c", "while :; do :; done & wait")
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	group := -child.Process.Pid
	ended := false
	end := func() {
		if !ended {
			ended = true
			_ = syscall.Kill(group, syscall.SIGKILL)
			_ = child.Wait()
		}
	}
	defer end()
	s, err := NewSampler()
	if err != nil {
		t.Fatal(err)
	}
	s.Follow("child", func() int { return child.Process.Pid })
	s.Follow("self", os.Getpid)
	s.Follow("audio", os.Getpid, "no such thread")
	s.Follow("absent", func() int { return 0 })
	if _, ok, err := s.Sample(); ok || err != nil {
		t.Fatalf("the first reading is compared with something: %v, %v", ok, err)
	}
	// However slow the machine, at some time the following is seen.
	until := func(what string, seen func(Sample) bool) {
		t.Helper()
		for range 1000 {
			time.Sleep(20 * time.Millisecond)
			got, _, err := s.Sample()
			if err != nil {
				t.Fatal(err)
			}
			if got.Programs["absent"].Processes != 0 || got.Programs["audio"].Threads != 0 {
				t.Fatalf("there is what is not there: %+v", got)
			}
			if seen(got) {
				return
			}
		}
		t.Fatal("never seen: " + what)
	}
	until("both processes, busy", func(g Sample) bool {
		c := g.Programs["child"]
		return c.Processes == 2 && c.CPU > 0 && c.Threads == 2 && c.Stopped == 0 && g.Programs["self"].Threads > 1
	})
	_ = syscall.Kill(group, syscall.SIGSTOP)
	until("both stopped, and nothing used", func(g Sample) bool {
		c := g.Programs["child"]
		return c.Stopped == 2 && c.State == 'T' && c.CPU == 0
	})
	end()
	until("gone", func(g Sample) bool { _, there := g.Programs["child"]; return !there })
}

// Only threads with the wanted names are asked, also when the name comes late.
func TestThreadNames(t *testing.T) {
	name, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	self := thread{os.Getpid(), os.Getpid()}
	buf := make([]byte, 256)
	f := follow{names: []string{string(name[:len(name)-1])}, known: map[thread]*look{}}
	if !f.wants(self, 1, buf) || !slices.Contains(threadsOf(os.Getpid()), self) {
		t.Error("the process's first thread has its name and is not wanted")
	}
	late := follow{names: []string{"unlike"}, known: map[thread]*look{}}
	if late.wants(self, 1, buf) {
		t.Error("another name is wanted")
	}
	late.names = f.names
	if !late.wants(self, 2, buf) {
		t.Error("a thread that got its name since is not wanted")
	}
	gone := late.read(nil, 3, buf)
	if len(late.known) != 0 || len(gone.cpu) != 0 {
		t.Error("what is known of a thread outlives it")
	}
}

func BenchmarkSample(b *testing.B) {
	s, err := NewSampler()
	if err != nil {
		b.Fatal(err)
	}
	s.Follow("self", os.Getpid)
	for b.Loop() {
		if _, _, err := s.Sample(); err != nil {
			b.Fatal(err)
		}
	}
}
