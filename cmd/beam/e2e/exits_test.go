//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"beam/beam"
)

// TestBrowserIsGone takes Chrome away for good: it is killed, and can't be started
// again.
func TestBrowserIsGone(t *testing.T) {
	t.Parallel()
	chrome, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	wrapper := filepath.Join(privateDir(t), "chromium")
	if err := os.WriteFile(wrapper, fmt.Appendf(nil, "#!/bin/sh\nexec %s \"$@\"\n", chrome), 0o700); err != nil {
		t.Fatal(err)
	}
	tmp := privateDir(t)
	r := &recording{t: t, tmp: tmp, out: filepath.Join(t.TempDir(), "rec.mp4"), ended: make(chan struct{})}
	r.cmd = command(t, tmp, "record", open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL, "-o", r.out, "--resolution", "480p")
	r.cmd.Env = append(r.cmd.Env, "BEAM_CHROME="+wrapper)
	r.run()
	r.wrote()
	if err := os.Remove(wrapper); err != nil {
		t.Fatal(err)
	}
	r.kill("Chrome", process.isChrome)
	r.ends(exitBrowser)
	r.said("beam: error: ", "report: ")
	r.kept(onDisk)
}

// TestSoundServerDiesAgain kills what takes the place of a lost sound server too.
func TestSoundServerDiesAgain(t *testing.T) {
	t.Parallel()
	r := record(t, open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL, "--resolution", "480p")
	r.wrote()
	for n := 1; n <= 3; n++ {
		r.kill("PulseAudio", isPulseAudio)
		r.until(joinLimit, "join the room again", func() bool { return strings.Count(r.stderr.String(), saysJoined) == n })
	}
	r.kill("PulseAudio", isPulseAudio)
	r.ends(exitAudio)
	r.said("beam: error: ", "report: ")
	r.kept(onDisk)
	if report := r.report(); report.StopReason != beam.ReasonFailure+": "+beam.FailureRetries {
		t.Errorf("it ended by %q", report.StopReason)
	}
}

// TestNobodyReads records while nobody reads standard output and standard error, whose
// pipes are full from the beginning: nothing of the recording is different.
func TestNobodyReads(t *testing.T) {
	t.Parallel()
	tmp := privateDir(t)
	r := &recording{t: t, tmp: tmp, out: filepath.Join(t.TempDir(), "rec.mp4"), ended: make(chan struct{})}
	r.cmd = command(t, tmp, "record", open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL, "-o", r.out,
		"--resolution", "480p", "--duration", "4s", "--json", "--log-level", "debug")
	r.cmd.Stdout, r.cmd.Stderr = fullPipe(t), fullPipe(t)
	r.run()
	r.completes()
	r.sound(4e9)
	report := r.report()
	if report.StopReason != beam.ReasonDuration {
		t.Errorf("it ended by %q", report.StopReason)
	}
	for _, p := range report.Resources {
		if p.Name == "beam" && p.PeakMB > 200 {
			t.Errorf("Beam took %.0f MB", p.PeakMB)
		}
	}
}

// fullPipe returns the end to write to of a pipe that is full and that nobody reads.
func fullPipe(t *testing.T) *os.File {
	t.Helper()
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	block := bytes.Repeat([]byte("x"), 4096)
	for {
		if _, err := unix.Write(ends[1], block); err == unix.EAGAIN {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.SetNonblock(ends[1], false); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(ends[0]) })
	w := os.NewFile(uintptr(ends[1]), "full pipe")
	t.Cleanup(func() { w.Close() })
	return w
}
