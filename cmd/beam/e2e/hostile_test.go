//go:build e2e

package e2e

import (
	"image/color"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"beam/beam"
)

// hostileSite serves testdata/hostile, with the policies that a page can have of its
// scripts, its frames and whom it shares its process with.
func hostileSite(t *testing.T) (url string, downloads *atomic.Int32) {
	t.Helper()
	downloads = new(atomic.Int32)
	files := http.FileServer(http.Dir("testdata/hostile"))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Embedder-Policy", "require-corp")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		h.Set("Origin-Agent-Cluster", "?1")
		switch r.URL.Path {
		case "/":
			h.Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-n'; style-src 'nonce-n'; frame-src *; form-action 'none'; worker-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'")
			h.Set("Content-Security-Policy-Report-Only", "default-src 'none'; report-uri /report")
			http.ServeFile(w, r, "testdata/hostile/page.html")
		case "/file":
			downloads.Add(1)
			h.Set("Content-Disposition", "attachment; filename=hostile-file.bin")
			_, _ = w.Write([]byte("downloaded"))
		case "/no-content":
			w.WriteHeader(http.StatusNoContent)
		default:
			files.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL, downloads
}

// TestHostile records a page that does all at once what pages do to whoever looks at
// them (testdata/hostile): it is recorded whole, nothing of the browser's own lies over
// it, nothing of it reaches the disk, it leads nowhere, and nothing it says is believed.
func TestHostile(t *testing.T) {
	t.Parallel()
	const length = 6 * time.Second
	url, downloads := hostileSite(t)
	for _, engine := range []string{beam.EngineX11, beam.EngineScreencast} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			r := record(t, url, "--capture", engine, "--resolution", "480p", "--duration", length.String(), "--devices", "none",
				"--click", "#b1", "--click", "#b2", "--click", "#b3", "--click", "#b4")
			r.recordFor(length - time.Second)
			for _, name := range hostileFiles(t, r.tmp) {
				t.Errorf("%s was downloaded", name)
			}
			r.completes()
			if downloads.Load() == 0 {
				t.Error("the page did not come as far as its downloads")
			}
			r.lasts(quality(t, r.out), length)
			steadyTone(t, r.out, 700, 1100)
			at, share := shares(t, r.out, color.RGBA{0, 128, 128, 255})
			for i, row := range share {
				if row[0] < 0.985 { // but for its square
					t.Errorf("%.3f of the frame at %v are the page's", row[0], at[i])
					break
				}
			}
			judgeHostile(t, r)
		})
	}
}

// judgeHostile checks that the report and what was printed tell nothing that the page
// made up, and do tell where it wanted to lead.
func judgeHostile(t *testing.T, r *recording) {
	t.Helper()
	report := r.report()
	if report.StopReason != beam.ReasonDuration || report.Layout != "native" || report.Fault != "" || report.ReadyReason != "the page has loaded" {
		t.Errorf("stopped by %q, layout %q, fault %q, ready by %q", report.StopReason, report.Layout, report.Fault, report.ReadyReason)
	}
	if len(report.Participants)+len(report.Chapters)+len(report.Gaps) > 0 || report.Chat != "" {
		t.Errorf("people %+v, chapters %+v, chat %q, gaps %+v", report.Participants, report.Chapters, report.Chat, report.Gaps)
	}
	if !slices.ContainsFunc(report.Notices, func(n string) bool {
		return strings.Contains(n, "169.254.169.254") && strings.Contains(n, "--allow-host")
	}) {
		t.Errorf("the report does not say where the page wanted to lead: %q", report.Notices)
	}
	printed := r.stderr.String() + strings.Join(report.Notices, "\n") + strings.Join(report.Degraded, "\n")
	for _, text := range []string{"forged", "\x1b", "the room was joined again", "meeting has ended"} {
		if strings.Contains(printed, text) {
			t.Errorf("%q was taken over from the page:\n%s", text, printed)
		}
	}
}

// hostileFiles returns what the page brought into a directory.
func hostileFiles(t *testing.T, dir string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(filepath.Base(path), "hostile-") {
			found = append(found, path)
		}
		return nil // what goes meanwhile is Chrome's own
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
