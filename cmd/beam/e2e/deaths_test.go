//go:build e2e

package e2e

import (
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
	"beam/capture/inspect/testpattern"
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
	t.Parallel()
	first, second := color.RGBA{200, 40, 40, 255}, color.RGBA{40, 60, 200, 255}
	s := serve(t, func(load int) string {
		if load == 1 {
			return toned(first, 600)
		}
		return toned(second, 900) + `<script>setTimeout(() => fetch('/shown'), 3000)</script>`
	})
	s.Start()
	r := record(t, s.URL, "--capture", "screencast", "--resolution", "480p")
	r.recordFor(4 * time.Second)
	until := time.Since(r.begun)
	r.kill("Chrome", process.isChrome)
	r.says("the browser was lost, ")
	r.until(joinLimit, "join again", func() bool { return s.Shown.Load() > 0 })
	r.signal(syscall.SIGINT)
	r.ends(exitDegraded)
	r.said("degraded: the browser was lost ")
	r.sound(0)
	at, share := shares(t, r.out, first, second)
	if begin := share[30]; begin[0] < 0.9 {
		t.Errorf("picture at %v: %v", at[30], begin)
	}
	if end := share[len(share)-15]; end[1] < 0.9 {
		t.Errorf("picture at %v: %v", at[len(at)-15], end)
	}
	windows := tones(t, r.out, 600, 900)
	// Single windows don't count: on a busy machine Chrome drops some sound.
	heard := func(i int, windows []testpattern.ToneWindow) bool {
		return slices.ContainsFunc(windows, func(w testpattern.ToneWindow) bool { return w.LevelsDBFS[i] > -15 })
	}
	if before, end := windows[:until/blockTone-5], windows[len(windows)-20:]; !heard(0, before) || !heard(1, end) {
		t.Errorf("sound before the loss: %v; at the end: %v", before, end)
	}
	report := r.report()
	if report.StopReason != beam.ReasonAsked || report.Fault != "" || !slices.ContainsFunc(report.Notices, func(n string) bool {
		return strings.Contains(n, "the browser was lost, ")
	}) {
		t.Errorf("report: %+v", report)
	}
}

// TestProgramsDieAgain kills what takes the place of a lost encoder too: in the
// end the recording gives up, and what was recorded is kept.
func TestProgramsDieAgain(t *testing.T) {
	t.Parallel()
	url := open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL
	r := record(t, url, "--capture", beam.EngineScreencast, "--resolution", "480p")
	r.wrote()
	for n := 1; n <= 3; n++ {
		r.kill("ffmpeg", isFFmpeg)
		r.until(joinLimit, "start another encoder", func() bool {
			return strings.Count(r.stderr.String(), "beam: warning: the encoder was lost, starting another") == n && slices.ContainsFunc(r.processes(), isFFmpeg)
		})
	}
	r.kill("ffmpeg", isFFmpeg)
	r.ends(exitEncoder)
	r.said("beam: error: ", "report: ")
	q := r.kept(onDisk)
	if q.File.MP4 == nil || q.File.MP4.Fragmented || !q.File.MP4.MoovFirst {
		t.Errorf("the file was not finished: %+v", q.File.MP4)
	}
	if report := r.report(); report.StopReason != beam.ReasonFailure+": "+beam.FailureRetries || report.Fault == "" {
		t.Errorf("report: %+v", report)
	}
}

// TestBeamDies kills Beam: nothing that it started outlives it, the file plays
// as far as it was written, other commands find no recording, and the next one
// takes its id and sweeps the private folder.
func TestBeamDies(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{beam.EngineScreencast, beam.EngineX11} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL
			r := record(t, url, "--capture", engine, "--resolution", "480p", "--id", "gone")
			r.wrote()
			if n := len(r.processes()); n < 5 {
				t.Fatalf("%d processes of the recording were found", n)
			}
			r.signal(syscall.SIGKILL)
			<-r.ended
			r.processesGone()
			r.kept(onDisk)
			if out, code := r.tell("pause", "gone"); code != exitUsage || !strings.Contains(out, "no such recording is running") {
				t.Errorf("pause: %d, %s", code, out)
			}
			if left, err := os.ReadDir(r.tmp); err != nil || len(left) != 2 { // and the folder of the control socket
				t.Errorf("%d private folders left, %v", len(left), err)
			}
			if r.display != "" {
				// Xvfb had no chance to remove its socket; the next server with
				// that number does.
				_ = os.Remove("/tmp/.X11-unix/X" + strings.TrimPrefix(r.display, ":"))
			}
			next := recordTo(t, r.tmp, filepath.Join(t.TempDir(), "rec.mp4"), url+"/missing", "--id", "gone")
			next.ends(exitRoom)
		})
	}
}

// TestDiskFull fills the disk that a recording goes to: it ends, and what was
// recorded is finished and plays.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	for _, c := range []struct {
		name string
		free int64 // bytes that are left
	}{{"nearly", 16 << 20}, {"wholly", 0}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
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
			r.wrote()
			fill(t, filepath.Join(disk, "fill"), c.free)
			r.ends(exitEncoder)
			r.said("hint: ", "disk is full", "what was recorded so far is kept")
			q := r.kept(onDisk)
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
