package expect

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beam/capture"
	"beam/capture/chrome"
	"beam/capture/inspect"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// movie makes a file of 8 s at 30 fps from ffmpeg's own sources.
func movie(t *testing.T, video, audio string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "movie.mp4")
	args := []string{"-nostdin", "-v", "error"}
	if video != "" {
		args = append(args, "-f", "lavfi", "-i", video)
	}
	if audio != "" {
		args = append(args, "-f", "lavfi", "-i", audio)
	}
	args = append(args, "-t", "8", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "60", path)
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	return path
}

// Each fault of a page shows in what is in its file, and in nothing else.
func TestLook(t *testing.T) {
	const (
		moving = "testsrc2=s=640x360:r=30"
		still  = "smptebars=s=640x360:r=30"
		tone   = "sine=f=440:r=48000"
	)
	all := Wanted{Audio: true, Motion: true, MinFPS: 20, MaxFreeze: 2 * time.Second}
	for _, test := range []struct {
		name, video, audio string
		failed             string // the names
		line               string // of the first failure, a part
	}{
		{"good", moving, tone, "", ""},
		{"beeps", moving, "aevalsrc=0.5*sin(880*PI*t)*lt(mod(t\\,1)\\,0.06):s=48000", "", ""},
		{"silent", moving, "anullsrc=r=48000", "expect-audio", "all of the recording is silent"},
		{"faint", moving, "sine=f=440:r=48000,volume=-40dB", "expect-audio", "all of the recording is silent"},
		{"chime", moving, "aevalsrc=0.5*sin(880*PI*t)*lt(t\\,0.25):s=48000", "expect-audio", "and 5 % has to be"},
		{"no sound", moving, "", "expect-audio", "the recording has none"},
		{"frozen", still, tone, "expect-motion min-fps max-freeze", "the picture never changes"},
		{"stops", moving + ",trim=0:3,loop=-1:1:89", tone, "expect-motion min-fps max-freeze", "and not after quarter 2"},
		{"blank", "color=c=0x3050a0:s=640x360:r=30", tone, "expect-motion min-fps max-freeze", "the picture is blank (one colour)"},
		{"8 fps", "testsrc2=s=640x360:r=8,fps=30", tone, "min-fps", "the page drew 8.0 distinct pictures a second"},
		{"small", "color=c=gray:s=640x360:r=30[a];testsrc2=s=24x24:r=30[b];[a][b]overlay=x=20+100*mod(t\\,5):y=100", tone, "", ""},
		{"sound alone", "", tone, "expect-motion min-fps max-freeze", "the recording has no picture"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := Look(t.Context(), inspect.Tools{}, movie(t, test.video, test.audio), all)
			if err != nil {
				t.Fatal(err)
			}
			var names, lines []string
			for _, o := range Failed(Judge(all, s)) {
				names, lines = append(names, o.Name), append(lines, o.Line)
			}
			if strings.Join(names, " ") != test.failed || len(lines) > 0 && !strings.Contains(lines[0], test.line) {
				t.Errorf("failed: %q, want %q with %q", lines, test.failed, test.line)
			}
		})
	}
}

func TestLookAtNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.mp4")
	if err := os.WriteFile(path, []byte("no movie"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Look(t.Context(), inspect.Tools{}, path, Wanted{}); err == nil {
		t.Error("no error")
	}
}

// What a page shows and hides, asked of a real one.
func TestTextsOfAPage(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<!doctype html><link rel=icon href=data:,><style>.up { text-transform: uppercase }</style>
<p>Split <b>over</b>
 lines</p><p hidden>Hidden text</p><p style="visibility:hidden">Invisible text</p><p class=up>loud</p>
<div id=host></div><iframe srcdoc="<p>Framed text"></iframe><div style="height:3000px"></div><p>Far down ünï
<script>host.attachShadow({ mode: 'open' }).innerHTML = '<style>p{}</style><p>Shadow text</p>'; const code = 'Script text'</script>`))
	}))
	t.Cleanup(site.Close)
	path, err := chrome.Find("")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "be")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	b, err := chrome.Launch(ctx, chrome.Options{Path: path, Dir: dir, Size: capture.Size{Width: 640, Height: 480}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close(context.WithoutCancel(ctx))
	page, err := b.Open(ctx, chrome.OpenOptions{URL: site.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer page.Close(ctx)
	if err := page.Do(ctx, chrome.Step{Kind: chrome.StepWaitFor, Selector: "text=Framed text"}); err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{
		"Split over lines": true, "LOUD": true, "loud": false, "Shadow text": true, "Framed text": true, "Far down ünï": true,
		"Hidden text": false, "Invisible text": false, "Script text": false, "p{}": false,
	}
	var wanted []string
	for text := range texts {
		wanted = append(wanted, text)
	}
	x := NewTexts(wanted)
	expr, _ := x.Expression()
	raw, err := page.Evaluate(ctx, expr)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Observe(raw); err != nil {
		t.Fatal(err)
	}
	s := x.Seen()
	for text, want := range texts {
		if s.Seen[text] != want {
			t.Errorf("%q: seen %v", text, s.Seen[text])
		}
	}
	if !json.Valid(raw) || !strings.HasPrefix(s.Last, "Split over lines LOUD") {
		t.Errorf("the text begins %q", s.Last)
	}
}
