//go:build e2e

package e2e

import (
	"errors"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"beam/beam"
)

// TestTooFewFiles refuses to record where the hard limit is too low, before anything
// starts.
func TestTooFewFiles(t *testing.T) {
	t.Parallel()
	r := prlimited(t, "--nofile=64:64", open(t, ground(color.RGBA{1, 2, 3, 255})).URL)
	r.ends(exitUsage)
	r.said("64 files at most may be open at once", "hint: raise the hard limit")
	if strings.Contains(r.stderr.String(), "joining") {
		t.Error("the room was joined")
	}
	r.noFile()
}

// prlimited starts a recording under util-linux's prlimit.
func prlimited(t *testing.T, limit, url string, args ...string) *recording {
	t.Helper()
	tmp, out := privateDir(t), filepath.Join(t.TempDir(), "rec.mp4")
	r := &recording{t: t, tmp: tmp, out: out, ended: make(chan struct{})}
	r.cmd = private(exec.Command("prlimit", append([]string{limit, programPath(t), "record", url, "-o", out, "--resolution", "480p"}, args...)...), tmp)
	r.run()
	return r
}

// TestFewFiles records with a soft limit that is too low and a hard one that just does:
// Chrome gets the higher one. Then Beam can open no file any more, until after the end:
// the recording is whole.
func TestFewFiles(t *testing.T) {
	t.Parallel()
	r := prlimited(t, "--nofile=64:256", open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL)
	r.wrote()
	var of unix.Rlimit
	for _, p := range r.processes() {
		if p.isChrome() {
			if err := unix.Prlimit(p.pid, unix.RLIMIT_NOFILE, nil, &of); err != nil || of.Cur != 256 {
				t.Errorf("Chrome may open %d files, %v", of.Cur, err)
			}
		}
	}
	open, err := os.ReadDir("/proc/" + strconv.Itoa(r.cmd.Process.Pid) + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	none := unix.Rlimit{Cur: uint64(len(open)), Max: 256}
	if err := unix.Prlimit(r.cmd.Process.Pid, unix.RLIMIT_NOFILE, &none, nil); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second)
	r.signal(syscall.SIGINT)
	<-r.ended
	if code := r.code(); code != exitComplete && code != exitDegraded {
		t.Errorf("beam ended with %d", code)
	}
	if _, err := os.Stat(beam.ReportPath(r.out)); errors.Is(err, os.ErrNotExist) {
		r.said("the report could not be written")
	}
	if q := r.sound(0); q.File.DurationSeconds < 3 {
		t.Errorf("the file lasts %.2f s", q.File.DurationSeconds)
	}
	plays(t, r.out)
}
