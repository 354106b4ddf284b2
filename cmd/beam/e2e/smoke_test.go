//go:build e2e

package e2e

import (
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/joshdk/go-junit"

	"beam/beam"
)

// smokeArgs expect of a page all that can be expected, and as many pictures a
// second.
func smokeArgs(dir, fps string) []string {
	return []string{"--resolution", "480p", "--duration", "5s",
		"--expect-audio", "--expect-motion", "--min-fps", fps, "--max-freeze", "3s",
		"--expect-text", "Hello, Ada", "--expect-no-console-errors",
		"--junit", filepath.Join(dir, "junit.xml"), "--contact-sheet", filepath.Join(dir, "sheet.png"), "--thumbnail", filepath.Join(dir, "thumb.jpg")}
}

// junitCases returns the cases of a JUnit report that did not pass.
func junitCases(t *testing.T, path string) []string {
	t.Helper()
	suites, err := junit.IngestFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var broken []string
	for _, s := range suites {
		if s.Totals.Tests != 7 {
			t.Errorf("%d cases", s.Totals.Tests)
		}
		for _, c := range s.Tests {
			if c.Status != junit.StatusPassed {
				broken = append(broken, c.Name)
			}
		}
	}
	return broken
}

// TestSmoke records one page that is as expected, and others that are broken,
// each in its own way: each fault has its own line, its own JUnit case and exit
// code 4. A rate that a page itself is far below is missed on any machine, and
// one picture a second is reached on any.
func TestSmoke(t *testing.T) {
	t.Parallel()
	pages := httptest.NewServer(http.FileServer(http.Dir("testdata/smoke")))
	t.Cleanup(pages.Close)
	for _, c := range []struct {
		page, fps string
		lines     []string
		broken    []string // JUnit cases
	}{
		{page: "good", fps: "1"},
		{"broken", "1", []string{
			"expected audio: all of the recording is silent",
			`expected the text "Hello, Ada": the page never showed it; at last it showed "Something went wrong`,
			"expected no console errors: the page wrote 2, the first: error: could not load the seats: status 500",
		}, []string{"expect-audio", `expect-text "Hello, Ada"`, "expect-no-console-errors"}},
		{"frozen", "12", []string{"expected motion: the video"}, []string{"expect-motion", "min-fps", "max-freeze"}},
		{"blank", "12", []string{"expected motion: the video is blank (one colour)"}, []string{"expect-motion", "min-fps", "max-freeze", `expect-text "Hello, Ada"`}},
		{"slow", "12", []string{"expected at least 12 fps: the page drew "}, []string{"min-fps"}},
	} {
		t.Run(c.page, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			args := append(smokeArgs(dir, c.fps), "--ci", "github")
			r := recordWith(t, []string{"GITHUB_STEP_SUMMARY=" + filepath.Join(dir, "summary.md")}, pages.URL+"/"+c.page+".html", args...)
			if len(c.broken) > 0 {
				r.ends(exitBroken)
				r.said(c.lines...)
			} else {
				r.completes()
			}
			if got := junitCases(t, filepath.Join(dir, "junit.xml")); !slices.Equal(got, c.broken) {
				t.Errorf("broken: %q, want %q", got, c.broken)
			}
			toldWorkflow(t, r, filepath.Join(dir, "summary.md"), c.broken)
			sheet, err := os.Open(filepath.Join(dir, "sheet.png"))
			if err != nil {
				t.Fatal(err)
			}
			defer sheet.Close()
			if img, err := png.DecodeConfig(sheet); err != nil || img.Width != 1600 {
				t.Errorf("contact sheet: %v, %v", img, err)
			}
			if info, err := os.Stat(filepath.Join(dir, "thumb.jpg")); err != nil || info.Size() == 0 {
				t.Errorf("thumbnail: %v, %v", info, err)
			}
		})
	}
}

// toldWorkflow checks that a workflow of GitHub was told of each broken expectation,
// by an annotation and in the summary of its job, and of nothing else that is broken.
func toldWorkflow(t *testing.T, r *recording, summary string, broken []string) {
	t.Helper()
	if n := strings.Count(r.stderr.String(), "\n::error title=Beam%3A "); n != len(broken) {
		t.Errorf("%d annotations, want %d", n, len(broken))
	}
	text, err := os.ReadFile(summary)
	if err != nil || strings.Count(string(text), "| ❌ broken |") != len(broken) || !strings.Contains(string(text), "sheet&#46;png") {
		t.Errorf("summary: %v\n%s", err, text)
	}
}

// TestSmokeOfNoPage has a report for the pipeline too.
func TestSmokeOfNoPage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	gone := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(gone.Close)
	r := record(t, gone.URL, "--duration", "5s", "--expect-audio", "--junit", filepath.Join(dir, "junit.xml"))
	r.ends(exitRoom)
	suites, err := junit.IngestFile(filepath.Join(dir, "junit.xml"))
	if err != nil || len(suites) != 1 || suites[0].Totals.Error != 1 {
		t.Errorf("%+v, %v", suites, err)
	}
}

// TestSteps records a page that lets nobody in without a header, a cookie, a
// password and a form. None of the secrets is told to anybody else.
func TestSteps(t *testing.T) {
	t.Parallel()
	const key, session, password, code = "k3y-of-the-site", "s3ssion-of-ada", "op3n:sesame", "c0de-of-ada"
	good, err := os.ReadFile("testdata/smoke/good.html")
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, given, _ := r.BasicAuth()
		cookie, err := r.Cookie("session")
		switch {
		case user != "ada" || given != password:
			w.Header().Set("WWW-Authenticate", `Basic realm="smoke"`)
			w.WriteHeader(http.StatusUnauthorized)
		case r.Header.Get("Authorization-Key") != "Bearer "+key || err != nil || cookie.Value != session:
			w.WriteHeader(http.StatusForbidden)
		case r.URL.Path == "/room" && r.FormValue("code") == code:
			_, _ = w.Write(good)
		case r.URL.Path == "/room":
			w.WriteHeader(http.StatusForbidden)
		default:
			_, _ = w.Write([]byte(`<!doctype html><title>door</title><link rel=icon href=data:,><form method=post action=/room>
<input name=code type=password><button hidden>Enter</button></form><script>
console.log(location.href); setTimeout(() => document.querySelector('button').hidden = false, 500)</script>`))
		}
	}))
	t.Cleanup(site.Close)
	tmp, out := privateDir(t), filepath.Join(t.TempDir(), "rec.mp4")
	report := filepath.Join(filepath.Dir(out), "junit.xml")
	r := &recording{t: t, tmp: tmp, out: out, ended: make(chan struct{})}
	r.cmd = command(t, tmp, "record", site.URL, "-o", out, "--resolution", "480p", "--duration", "4s", "--verbose",
		"--basic-auth", "env:SMOKE_LOGIN", "--header", "Authorization-Key: Bearer env:SMOKE_KEY", "--cookie", "session=env:SMOKE_SESSION",
		"--wait-for", "form", "--fill", `input[name="code"]=env:SMOKE_CODE`, "--click", "text=Enter", "--wait-for", "text=Hello, Ada",
		"--expect-text", "Hello, Ada", "--expect-audio", "--expect-motion", "--junit", report)
	r.cmd.Env = append(r.cmd.Env, "SMOKE_LOGIN=ada:"+password, "SMOKE_KEY="+key, "SMOKE_SESSION="+session, "SMOKE_CODE="+code)
	r.run()
	r.completes()
	for _, path := range []string{report, beam.ReportPath(out)} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		r.stdout.Write(text)
	}
	for _, secret := range []string{key, session, password, code} {
		if strings.Contains(r.stderr.String()+r.stdout.String(), secret) {
			t.Errorf("%s was told", secret)
		}
	}
}

// TestStepFails ends before a recording begins, and says how far it got.
func TestStepFails(t *testing.T) {
	t.Parallel()
	pages := httptest.NewServer(http.FileServer(http.Dir("testdata/smoke")))
	t.Cleanup(pages.Close)
	r := record(t, pages.URL+"/good.html", "--ready-timeout", "8s", "--wait-for", "h1", "--click", "#missing")
	r.ends(exitRoom)
	r.said(`step 2 of 2: click "#missing": found 0 elements`)
	r.noFile()
}
