package expect

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"beam/capture/inspect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// movie makes a file at 30 fps from ffmpeg's own sources.
func movie(t *testing.T, video, audio, seconds string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "movie.mp4")
	args := []string{"-nostdin", "-v", "error"}
	if video != "" {
		args = append(args, "-f", "lavfi", "-i", video)
	}
	if audio != "" {
		args = append(args, "-f", "lavfi", "-i", audio)
	}
	args = append(args, "-t", seconds, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "60", path)
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	return path
}

// Each fault of a page shows in what is in its file, and in nothing else.
func TestLook(t *testing.T) {
	const (
		moving = "testsrc2=s=320x180:r=30"
		still  = "smptebars=s=320x180:r=30"
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
		{"frozen", still, tone, "expect-motion min-fps max-freeze", "the video never changes"},
		{"stops", moving + ",trim=0:1.5,loop=-1:1:44", tone, "expect-motion min-fps max-freeze", "and not after quarter 2"},
		{"blank", "color=c=0x3050a0:s=320x180:r=30", tone, "expect-motion min-fps max-freeze", "the video is blank (one colour)"},
		{"8 fps", "testsrc2=s=320x180:r=8,fps=30", tone, "min-fps", "the page drew 8.0 distinct frames a second"},
		{"small", "color=c=gray:s=320x180:r=30[a];testsrc2=s=12x12:r=30[b];[a][b]overlay=x=10+50*mod(t\\,5):y=50", tone, "", ""},
		{"sound alone", "", tone, "expect-motion min-fps max-freeze", "the recording has no video"},
	} {
		t.Run(test.name, func(t *testing.T) {
			seconds := "4"
			if test.name == "chime" { // a quarter of a second is too little of eight
				seconds = "8"
			}
			s, err := Look(t.Context(), inspect.Tools{}, movie(t, test.video, test.audio, seconds), all)
			if err != nil {
				t.Fatal(err)
			}
			var names, lines []string
			for _, o := range Failed(Judge(all, s)) {
				names, lines = append(names, o.Name), append(lines, o.Line)
			}
			if test.name == "chime" && (s.Audio.Last < 200*time.Millisecond || s.Audio.Last > 400*time.Millisecond) {
				t.Errorf("the chime ends at %v", s.Audio.Last)
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
