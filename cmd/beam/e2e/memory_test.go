//go:build e2e

package e2e

import (
	"image/color"
	"syscall"
	"testing"
	"time"

	"beam/beam"
)

// greedy takes 400 MB a second, up to 3 GB, once the test lets it.
const greedy = `const held = [], taking = setInterval(() => {
	held.push(new Uint8Array(20e6).fill(held.length + 1));
	if (held.length >= 150) clearInterval(taking);
}, 50)`

// TestMemory records a page that takes more and more memory: the browser is started
// anew before there is none left, and the recording goes on in the same file.
func TestMemory(t *testing.T) {
	t.Parallel()
	pages := serve(t, func(load int) string {
		if load == 1 {
			return gated(greedy)
		}
		return toned(color.RGBA{200, 120, 40, 255}, 700)
	})
	pages.Start()
	r := record(t, pages.URL, "--resolution", "480p", "--max-memory", "1000")
	r.recordFor(time.Second)
	pages.release()
	r.says("memory is running out, starting the browser anew: ")
	r.says("the room was joined again after")
	time.Sleep(2 * time.Second)
	r.signal(syscall.SIGINT)
	r.ends(exitDegraded)
	report := r.report()
	m := report.Machine.Memory
	if len(report.Gaps) != 1 || report.Gaps[0].Lost != "memory" || report.Segments != 1 || m.Renewed != 1 || m.LimitMB == 0 || m.UsedMB == 0 {
		t.Errorf("gaps %+v, %d segments, memory %+v", report.Gaps, report.Segments, m)
	}
	// Far from all that the page would have taken.
	for _, p := range report.Resources {
		if p.Name == "chrome" && p.PeakMB > 2500 {
			t.Errorf("Chrome had %.0f MB", p.PeakMB)
		}
	}
	if report.StopReason != beam.ReasonAsked {
		t.Errorf("it ended by %q", report.StopReason)
	}
	r.sound(0)
	plays(t, r.out)
}
