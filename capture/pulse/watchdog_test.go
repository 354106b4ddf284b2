package pulse

import (
	"os"
	"testing"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"beam/capture"
)

func TestWatchdog(t *testing.T) {
	tests := map[string]struct {
		looks []time.Duration // after the last data
		want  time.Duration
	}{
		"in time":                             {[]time.Duration{200e6, 400e6, 600e6}, 600e6},
		"a little late":                       {[]time.Duration{250e6, 450e6}, 450e6},
		"this process was stopped for 5 s":    {[]time.Duration{200e6, 5200e6, 5400e6}, 400e6},
		"the machine is busy: each is late":   {[]time.Duration{700e6, 1400e6, 2100e6, 2800e6, 3500e6}, 0},
		"late once, and in time since then":   {[]time.Duration{900e6, 1100e6, 1300e6}, 400e6},
		"two close together after a late one": {[]time.Duration{390e6, 400e6, 600e6}, 210e6},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			const start = capture.Time(7e12)
			w := watchdog{last: start}
			w.look(start.Add(-100e6)) // what was before the data is forgotten
			w.heard(start)
			var got time.Duration
			for _, at := range test.looks {
				got = w.look(start.Add(at))
			}
			if got != test.want {
				t.Errorf("silent for %v, want %v", got, test.want)
			}
		})
	}
}

func TestDead(t *testing.T) {
	yes, no := func() bool { return true }, func() bool { return false }
	tests := []struct {
		silent  time.Duration
		starved func() bool
		want    bool
	}{
		{0, no, false},
		{DeadAfter - 1, no, false},
		{DeadAfter, no, true},
		{DeadAfter, yes, false},
		{starvedAfter - 1, yes, false},
		{starvedAfter, yes, true},
	}
	for _, test := range tests {
		if got := dead(test.silent, test.starved); got != test.want {
			t.Errorf("silent for %v, starved %v: %v", test.silent, test.starved(), got)
		}
	}
	dead(DeadAfter-1, func() bool { t.Error("asked without need"); return false })
}

func TestWaits(t *testing.T) {
	for stat, want := range map[string]bool{
		"12 (null-sink) R 1 12": true, "12 (a) S b) D 1": true, "12 (null-sink) S 1 12": false, "12 (R) T 1": false, "12 (x) ": false, "": false,
	} {
		if got := waits([]byte(stat)); got != want {
			t.Errorf("%q: %v", stat, got)
		}
	}
	if !starved(os.Getpid()) {
		t.Error("the thread that asks is running")
	}
	if starved(1 << 30) {
		t.Error("a process that is not there is running")
	}
}

func TestLatestStreamCounts(t *testing.T) {
	list := proto.GetSinkInputInfoListReply{
		{SinkInputLatency: 20_000, SinkLatency: 9_000},
		{SinkInputLatency: 900_000, Corked: true},
		{SinkInputLatency: 70_000, SinkLatency: 9_000},
	}
	if n, d := playbackLatency(list); n != 2 || d != 79*time.Millisecond {
		t.Errorf("%d streams, %v", n, d)
	}
	if n, d := playbackLatency(nil); n != 0 || d != 0 {
		t.Errorf("%d streams, %v", n, d)
	}
}
