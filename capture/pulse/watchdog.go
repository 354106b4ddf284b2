package pulse

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"beam/capture"
)

const (
	// DeadAfter is how long a daemon that is there may send nothing before it
	// counts as lost. The sink plays silence when nobody plays to it, so data
	// always come.
	DeadAfter = 2 * time.Second
	// starvedAfter is the same for a daemon that would run if it had a
	// processor: the machine is busy, and a new daemon would wait as long.
	starvedAfter = 10 * time.Second
	// watchEvery is how often the daemon is looked after.
	watchEvery = StallAfter
)

// watchdog adds up how long nothing came from the daemon while this process was
// awake to notice. A look that comes late does not count: then this process had
// no processor, or was stopped, and so had the daemon, perhaps; its data may be
// here and not read yet. While the machine is suspended the clock stands still.
type watchdog struct {
	last   capture.Time  // of the last look
	silent time.Duration // since the last data
}

// heard notes that data came, or that the recorder itself was busy until now.
func (w *watchdog) heard(now capture.Time) { w.last, w.silent = now, 0 }

// look notes that no data came since the last look, and returns for how long
// that has been so.
func (w *watchdog) look(now capture.Time) time.Duration {
	if since := now.Sub(w.last); since <= watchEvery*3/2 {
		w.silent += since
	}
	w.last = now
	return w.silent
}

// dead tells whether a daemon that was silent for so long is lost; starved is
// asked only when it matters.
func dead(silent time.Duration, starved func() bool) bool {
	return silent >= starvedAfter || silent >= DeadAfter && !starved()
}

// starved tells whether any thread of a process waits for a processor or for a
// disk: it is then late, and neither stopped nor stuck. One that runs in
// circles looks the same, and is given up later.
func starved(pid int) bool {
	stats, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/[0-9]*/stat") // the pattern is well formed
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err == nil && waits(text) {
			return true
		}
	}
	return false
}

// waits tells from a thread's stat whether it is in one of these states: R, D
// (proc_pid_stat(5)). The state follows the name, which may hold brackets.
func waits(stat []byte) bool {
	at := bytes.LastIndex(stat, []byte(") "))
	return at >= 0 && len(stat) > at+2 && (stat[at+2] == 'R' || stat[at+2] == 'D')
}
