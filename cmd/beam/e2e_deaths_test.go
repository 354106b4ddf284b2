package main

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"beam/beam"
	"beam/capture/inspect"
	"beam/capture/marks"
)

// kept checks that the file of a recording that a fault ended plays, and holds
// what was recorded up to about two seconds before.
func (r *recording) kept(least time.Duration) inspect.Report {
	r.t.Helper()
	q := quality(r.t, r.out)
	if q.Picture == nil || q.Sound == nil {
		r.t.Fatalf("picture %v, sound %v", q.Picture, q.Sound)
	}
	if q.Picture.DecodeErrors+q.Sound.DecodeErrors > 0 || len(q.File.Errors) > 0 || q.Sound.Gaps > 0 {
		r.t.Errorf("picture %+v, sound %+v, %v", q.Picture, q.Sound, q.File.Errors)
	}
	if q.File.DurationSeconds < least.Seconds() || q.Sound.DurationSeconds < least.Seconds() {
		r.t.Errorf("the file lasts %.2f s, its sound %.2f s, want at least %v", q.File.DurationSeconds, q.Sound.DurationSeconds, least)
	}
	return q
}

// TestChromeDies kills the browser: Beam joins again, and the recording goes on.
func TestChromeDies(t *testing.T) {
	first, second := color.RGBA{200, 40, 40, 255}, color.RGBA{40, 60, 200, 255}
	s := serve(t, func(load int) string {
		if load == 1 {
			return toned(first, 600)
		}
		return toned(second, 900)
	})
	s.Start()
	r := record(t, s.URL, "--capture", "screencast", "--duration", "11s", "--resolution", "480p")
	r.recordFor(3 * time.Second)
	r.kill("Chrome", process.isChrome)
	r.says("the browser was lost, joining again (1 of 3)")
	r.ends(exitDegraded)
	r.said("degraded: the browser was lost and joined again 1 times")
	r.sound(11 * time.Second)
	at, share := shares(t, r.out, first, second)
	if begin := share[30]; begin[0] < 0.9 {
		t.Errorf("picture at %v: %v", at[30], begin)
	}
	if end := share[len(share)-30]; end[1] < 0.9 {
		t.Errorf("picture at %v: %v", at[len(at)-30], end)
	}
	windows := tones(t, r.out, 600, 900)
	// Single windows don't count: on a busy machine Chrome drops some sound.
	heard := func(i int, windows []marks.ToneWindow) bool {
		return slices.ContainsFunc(windows, func(w marks.ToneWindow) bool { return w.LevelsDBFS[i] > -15 })
	}
	if !heard(0, windows[10:25]) || !heard(1, windows[len(windows)-15:]) {
		t.Errorf("sound before the loss: %v; at the end: %v", windows[10:25], windows[len(windows)-15:])
	}
	report := r.report()
	if report.StopReason != beam.ReasonDuration || report.Fault != "" || !slices.ContainsFunc(report.Notices, func(n string) bool {
		return strings.Contains(n, "joining again")
	}) {
		t.Errorf("report: %+v", report)
	}
}

// TestProgramsDie kills one of the programs that a recording can't go on
// without: another takes its place, and the recording is whole but for what was
// lost.
func TestProgramsDie(t *testing.T) {
	url := open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL
	for _, c := range []struct {
		name, engine string
		which        func(process) bool
		degraded     string
	}{
		{"ffmpeg", beam.EngineScreencast, isFFmpeg, "the encoder was lost 1 times"},
		{"ffmpeg", beam.EngineX11, isFFmpeg, "the encoder was lost 1 times"},
		{"PulseAudio", beam.EngineScreencast, isPulseAudio, "the sound server was lost 1 times"},
		{"Xvfb", beam.EngineX11, isXvfb, "the browser was lost and joined again 1 times"},
	} {
		t.Run(c.name+" "+c.engine, func(t *testing.T) {
			t.Parallel()
			r := record(t, url, "--capture", c.engine, "--resolution", "480p", "--duration", "16s")
			r.recordFor(5 * time.Second)
			r.kill(c.name, c.which)
			r.ends(exitDegraded)
			r.said(c.degraded)
			q := r.kept(15900 * time.Millisecond)
			if q.File.MP4 == nil || q.File.MP4.Fragmented || !q.File.MP4.MoovFirst || q.File.DurationSeconds > 16.2 {
				t.Errorf("the file: %.2f s, %+v", q.File.DurationSeconds, q.File.MP4)
			}
			windows := tones(t, r.out, 700)
			for _, part := range [][]marks.ToneWindow{windows[10:25], windows[len(windows)-15:]} {
				if !slices.ContainsFunc(part, func(w marks.ToneWindow) bool { return w.LevelsDBFS[0] > -15 }) {
					t.Errorf("the tone is not heard: %v", part)
				}
			}
			if report := r.report(); report.StopReason != beam.ReasonDuration || report.Fault != "" || report.Segments > 2 {
				t.Errorf("report: %+v", report)
			}
		})
	}
}

// TestProgramsDieAgain kills what takes the place of a lost program too: in the
// end the recording gives up, and what was recorded is kept.
func TestProgramsDieAgain(t *testing.T) {
	url := open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL
	for _, c := range []struct {
		name, engine string
		which        func(process) bool
		codes        []int
	}{
		{"ffmpeg", beam.EngineScreencast, isFFmpeg, []int{exitEncoder}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := record(t, url, "--capture", c.engine, "--resolution", "480p")
			r.recordFor(5 * time.Second)
			for n := 1; n <= 3; n++ {
				r.kill(c.name, c.which)
				r.says(fmt.Sprintf("starting another (%d of 3)", n))
				r.recordFor(3 * time.Second)
			}
			r.kill(c.name, c.which)
			killed := time.Now()
			select {
			case <-r.ended:
			case <-time.After(joinLimit):
				t.Fatal("beam went on")
			}
			t.Logf("ended %v later", time.Since(killed).Round(time.Millisecond))
			if !slices.Contains(c.codes, r.code()) {
				t.Errorf("beam ended with %d, want one of %v", r.code(), c.codes)
			}
			r.said("beam: error: ", "report: ")
			q := r.kept(2500 * time.Millisecond)
			if q.File.MP4 == nil || q.File.MP4.Fragmented || !q.File.MP4.MoovFirst {
				t.Errorf("the file was not finished: %+v", q.File.MP4)
			}
			if report := r.report(); report.StopReason != beam.ReasonFailure+": "+beam.FailureRetries || report.Fault == "" {
				t.Errorf("report: %+v", report)
			}
		})
	}
}

// TestBeamDies kills Beam: nothing that it started outlives it, the file plays
// as far as it was written, and the next recording sweeps the private folder.
func TestBeamDies(t *testing.T) {
	for _, engine := range []string{beam.EngineScreencast, beam.EngineX11} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL
			r := record(t, url, "--capture", engine, "--resolution", "480p")
			r.recordFor(5 * time.Second)
			if n := len(r.processes()); n < 5 {
				t.Fatalf("%d processes of the recording were found", n)
			}
			r.signal(syscall.SIGKILL)
			<-r.ended
			r.processesGone()
			r.kept(2500 * time.Millisecond)
			if left, err := os.ReadDir(r.tmp); err != nil || len(left) != 2 { // and the folder of the control socket
				t.Errorf("%d private folders left, %v", len(left), err)
			}
			if r.display != "" {
				// Xvfb had no chance to remove its socket; the next server with
				// that number does.
				_ = os.Remove("/tmp/.X11-unix/X" + strings.TrimPrefix(r.display, ":"))
			}
			next := recordTo(t, r.tmp, filepath.Join(t.TempDir(), "rec.mp4"), url+"/missing")
			next.ends(exitRoom)
		})
	}
}

// TestDiskFull fills the disk that a recording goes to: it ends, and what was
// recorded is finished and plays.
func TestDiskFull(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	for _, c := range []struct {
		name string
		free int64 // bytes that are left
	}{{"nearly", 16 << 20}, {"wholly", 0}} {
		t.Run(c.name, func(t *testing.T) {
			disk := t.TempDir()
			if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=64m"); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := unix.Unmount(disk, 0); err != nil {
					t.Errorf("unmount: %v", err)
				}
			})
			url := open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL
			r := recordTo(t, privateDir(t), filepath.Join(disk, "rec.mp4"), url, "--resolution", "480p", "--max-duration", "2m")
			r.recordFor(5 * time.Second)
			fill(t, filepath.Join(disk, "fill"), c.free)
			r.ends(exitEncoder)
			r.said("hint: ", "disk is full", "what was recorded so far is kept")
			q := r.kept(2500 * time.Millisecond)
			if q.File.MP4 == nil || q.File.MP4.Fragmented {
				t.Errorf("the file was not finished: %+v", q.File.MP4)
			}
		})
	}
}

// fill writes a file until only free bytes are left on its disk.
func fill(t *testing.T, path string, free int64) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 64<<10)
	for {
		var s unix.Statfs_t
		if err := unix.Fstatfs(int(f.Fd()), &s); err != nil {
			t.Fatal(err)
		}
		if int64(s.Bavail)*s.Bsize <= free {
			return
		}
		if _, err := f.Write(block); err != nil {
			return // full
		}
	}
}
