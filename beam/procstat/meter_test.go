package procstat

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const second = time.Second

// machineOf makes a table of processes: id, parent and time so far.
func machineOf(list ...[3]int) Processes {
	all := Processes{}
	for _, p := range list {
		all[p[0]] = Process{PID: p[0], Parent: p[1], CPU: time.Duration(p[2]) * second}
	}
	return all
}

// A child that is followed itself is counted as its own program and not as its
// parent's; processes come and go, and a program that is started anew under the
// same id is another one.
func TestMeter(t *testing.T) {
	var now Processes
	failure := error(nil)
	m := NewMeter()
	m.processes = func() (Processes, error) { return now, failure }
	m.memory = func(pid int) uint64 { return uint64(pid) << 20 }
	ffmpeg := 20
	m.Follow("beam", func() int { return 10 })
	m.Follow("ffmpeg", func() int { return ffmpeg })
	m.Follow("absent", func() int { return 0 })

	type steps = map[string]time.Duration
	check := func(what string, want steps, cpu map[string]float64, memory map[string]float64) {
		t.Helper()
		if d := cmp.Diff(want, m.Step()); d != "" {
			t.Errorf("%s: %s", what, d)
		}
		gotCPU, gotMemory := map[string]float64{}, map[string]float64{}
		for _, p := range m.Programs() {
			gotCPU[p.Name], gotMemory[p.Name] = p.CPUSeconds, p.PeakMB
		}
		if d := cmp.Diff(cpu, gotCPU); d != "" {
			t.Errorf("%s: %s", what, d)
		}
		if d := cmp.Diff(memory, gotMemory); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}

	now = machineOf([3]int{1, 0, 500}, [3]int{10, 1, 7}, [3]int{11, 10, 100}, [3]int{20, 10, 3})
	m.Sample(true)
	check("the first sample", steps{"beam": 107 * second, "ffmpeg": 3 * second, "absent": 0},
		map[string]float64{"beam": 107, "ffmpeg": 3, "absent": 0}, map[string]float64{"beam": 21, "ffmpeg": 20, "absent": 0})
	m.Reset()
	check("after Reset", steps{"beam": 0, "ffmpeg": 0, "absent": 0},
		map[string]float64{"beam": 0, "ffmpeg": 0, "absent": 0}, map[string]float64{"beam": 0, "ffmpeg": 0, "absent": 0})

	now = machineOf([3]int{10, 1, 8}, [3]int{20, 10, 5}, [3]int{21, 20, 2}) // 11 has ended, 21 is new
	m.Sample(false)
	check("one second later", steps{"beam": second, "ffmpeg": 4 * second, "absent": 0},
		map[string]float64{"beam": 1, "ffmpeg": 4, "absent": 0}, map[string]float64{"beam": 0, "ffmpeg": 0, "absent": 0})

	renewed := machineOf([3]int{10, 1, 8})
	renewed[20] = Process{PID: 20, Parent: 10, CPU: 6 * second, Started: 99}
	now = renewed
	m.Sample(true)
	check("the id is another process's", steps{"beam": 0, "ffmpeg": 6 * second, "absent": 0},
		map[string]float64{"beam": 1, "ffmpeg": 10, "absent": 0}, map[string]float64{"beam": 10, "ffmpeg": 20, "absent": 0})

	ffmpeg = 0
	m.Sample(true)
	check("it ended: its process, if still there, is its parent's", steps{"beam": 0, "ffmpeg": 0, "absent": 0},
		map[string]float64{"beam": 1, "ffmpeg": 10, "absent": 0}, map[string]float64{"beam": 30, "ffmpeg": 20, "absent": 0})

	failure = errors.New("no /proc")
	m.Sample(true)
	if m.Programs()[1].CPUSeconds != 1 {
		t.Errorf("a sample that failed counts: %+v", m.Programs())
	}
}

// On this machine: a busy child is seen, however long the machine takes to let
// it use a tick, and it has memory.
func TestMeterHere(t *testing.T) {
	child := exec.Command("sh", "-c", "while :; do :; done & wait")
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = syscall.Kill(-child.Process.Pid, syscall.SIGKILL)
		_ = child.Wait()
	}()
	m := NewMeter()
	m.Follow("child", func() int { return child.Process.Pid })
	m.Follow("self", os.Getpid)
	m.Sample(true)
	m.Reset()
	got := map[string]Program{}
	for range 3000 {
		time.Sleep(20 * time.Millisecond)
		m.Sample(true)
		for _, p := range m.Programs() {
			got[p.Name] = p
		}
		if got["child"].CPUSeconds > 0 && got["child"].PeakMB > 0 && got["self"].PeakMB > 1 {
			return
		}
	}
	t.Errorf("a busy child is not seen in a minute: %+v", got)
}

func BenchmarkMeter(b *testing.B) {
	m := NewMeter()
	m.Follow("self", os.Getpid)
	for b.Loop() {
		m.Sample(false)
	}
}
