package encode

import (
	"testing"
	"time"
)

func TestHung(t *testing.T) {
	for name, tt := range map[string]struct {
		silent, waiting time.Duration
		stopped, want   bool
	}{
		"at work":                     {silent: 500 * time.Millisecond, waiting: time.Second},
		"nothing to do":               {silent: time.Hour},
		"behind, but it tells":        {silent: 500 * time.Millisecond, waiting: time.Hour},
		"work, but not a word":        {silent: silentAfter, waiting: silentAfter, want: true},
		"not yet":                     {silent: time.Hour, waiting: silentAfter - 1},
		"stopped":                     {silent: stoppedAfter, stopped: true, want: true},
		"stopped, but just now":       {silent: stoppedAfter - 1, stopped: true},
		"stopped with work in a pipe": {silent: stoppedAfter, waiting: 0, stopped: true, want: true},
	} {
		if got := hung(tt.silent, tt.waiting, func() bool { return tt.stopped }); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
