package procstat

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/procfs"
)

func TestParseStat(t *testing.T) {
	tests := map[string]struct {
		text string
		want Process
		ok   bool
	}{
		"ordinary": {"15 (ffmpeg) T 7 15 15 0 -1 4194304 1 2 3 4 120 34 0 0 20 0 9 0 5550 1 2 3",
			Process{Parent: 7, Name: "ffmpeg", State: 'T', CPU: 1540 * time.Millisecond, Started: 5550}, true},
		"brackets and blanks": {"15 (a) (b) c) R 1 0 0 0 0 0 0 0 0 0 1 0 0 0 20 0 1 0 9 1",
			Process{Parent: 1, Name: "a) (b) c", State: 'R', CPU: 10 * time.Millisecond, Started: 9}, true},
		"cut":     {"15 (a) R 1 0 0 0", Process{}, false},
		"nothing": {"", Process{}, false},
		"torn":    {")(", Process{}, false},
	}
	for name, test := range tests {
		got, ok := parseStat([]byte(test.text))
		if ok != test.ok || ok && got != test.want {
			t.Errorf("%s: got %+v, %v; want %+v, %v", name, got, ok, test.want, test.ok)
		}
	}
}

// Two programs, one below the other, do not share a process.
func TestForest(t *testing.T) {
	all := Processes{}
	for pid, parent := range map[int]int{1: 0, 10: 1, 11: 10, 12: 11, 20: 10, 21: 20, 30: 1} {
		all[pid] = Process{PID: pid, Parent: parent}
	}
	got := map[string]map[int]bool{}
	for name, tree := range all.Forest(map[string]int{"beam": 10, "ffmpeg": 20, "gone": 99, "none": 0}) {
		got[name] = map[int]bool{}
		for _, p := range tree {
			got[name][p.PID] = true
		}
	}
	want := map[string]map[int]bool{"beam": {10: true, 11: true, 12: true}, "ffmpeg": {20: true, 21: true}, "gone": {}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// What is read here is what procfs reads.
func TestReadProcesses(t *testing.T) {
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Process.Kill(); _ = child.Wait() }()
	all, err := ReadProcesses()
	if err != nil {
		t.Fatal(err)
	}
	proc, err := procfs.NewProc(child.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	stat, err := proc.Stat()
	if err != nil {
		t.Fatal(err)
	}
	got := all[child.Process.Pid]
	if got.Parent != os.Getpid() || got.Parent != stat.PPID || got.Started != stat.Starttime {
		t.Errorf("got %+v, procfs reads %+v", got, stat)
	}
}

func BenchmarkReadProcesses(b *testing.B) {
	b.Run("here", func(b *testing.B) {
		for b.Loop() {
			all, err := ReadProcesses()
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(len(all)), "processes")
		}
	})
	b.Run("procfs", func(b *testing.B) {
		for b.Loop() {
			all, err := procfs.AllProcs()
			if err != nil {
				b.Fatal(err)
			}
			for _, p := range all {
				_, _ = p.Stat() // it may have ended
			}
		}
	})
}
