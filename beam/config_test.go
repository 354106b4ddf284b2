package beam

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beam/beam/fault"
	"beam/beam/report"
	"beam/beam/sizing"
	"beam/capture"
)

// good returns a configuration that can work, with its output in a new directory.
func good(t *testing.T) Config {
	t.Helper()
	c := Defaults()
	c.Room = "https://room.example/abc"
	c.Output = filepath.Join(t.TempDir(), "out.mp4")
	return c
}

func TestCheckGood(t *testing.T) {
	c := good(t)
	if _, err := c.Check(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(filepath.Dir(c.Output)); len(left) != 0 {
		t.Errorf("checking left %v behind", left)
	}
	c.Room = DemoRoom
	if _, err := c.Check(); err != nil {
		t.Errorf("the demo room: %v", err)
	}
}

func TestCheckRefuses(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*Config)
		says  string // part of the message or of the hint
	}{
		{"no URL", func(c *Config) { c.Room = "" }, "no room URL"},
		{"not a URL", func(c *Config) { c.Room = "hello" }, "begins with https://"},
		{"broken URL", func(c *Config) { c.Room = "http://[::1" }, "is not a URL"},
		{"ftp", func(c *Config) { c.Room = "ftp://room.example/x" }, "ftp://"},
		{"file", func(c *Config) { c.Room = "file:///etc/passwd" }, "file://"},
		{"javascript", func(c *Config) { c.Room = "javascript:alert(1)" }, "is not a URL"},
		{"no host", func(c *Config) { c.Room = "https:///x" }, "names no host"},
		{"unknown resolution", func(c *Config) { c.Resolution = "4k" }, "720p"},
		{"odd width", func(c *Config) { c.Resolution = "1281x720" }, "even"},
		{"odd height", func(c *Config) { c.Resolution = "1280x721" }, "even"},
		{"too narrow", func(c *Config) { c.Resolution = "498x600" }, "from 500 to 1920"},
		{"too wide", func(c *Config) { c.Resolution = "1922x720" }, "from 500 to 1920"},
		{"too low", func(c *Config) { c.Resolution = "640x478" }, "from 480 to 1920"},
		{"both sides long", func(c *Config) { c.Resolution = "1200x1200" }, "only one side"},
		{"480p portrait", func(c *Config) { c.Resolution, c.Orientation = "480p", "portrait" }, "width"},
		{"size against orientation", func(c *Config) { c.Resolution, c.Orientation = "1280x720", "portrait" }, "is not portrait"},
		{"unknown orientation", func(c *Config) { c.Orientation = "upright" }, "portrait"},
		{"fps 0", func(c *Config) { c.FPS = 0 }, "from 1 to 60"},
		{"fps 500", func(c *Config) { c.FPS = 500 }, "from 1 to 60"},
		{"fps mode", func(c *Config) { c.FPSMode = "fast" }, "cfr"},
		{"engine", func(c *Config) { c.Capture = "gpu" }, "screencast"},
		{"layout", func(c *Config) { c.Layout = "mosaic" }, "native"},
		{"negative duration", func(c *Config) { c.Duration = -time.Second }, "--duration"},
		{"duration above the limit", func(c *Config) { c.Duration = 5 * time.Hour }, "--max-duration"},
		{"no max duration", func(c *Config) { c.MaxDuration = 0 }, "--max-duration"},
		{"no ready timeout", func(c *Config) { c.ReadyTimeout = 0 }, "--ready-timeout"},
		{"wild audio offset", func(c *Config) { c.AudioOffset = time.Minute }, "--audio-offset"},
		{"no output", func(c *Config) { c.Output = "" }, "no output"},
		{"not an MP4", func(c *Config) { c.Output += ".mkv" }, ".mp4"},
		{"no such directory", func(c *Config) { c.Output = filepath.Join(c.Output, "x", "out.mp4") }, "mkdir -p"},
		{"directory as output", func(c *Config) { mkdir(c.Output) }, "is a directory"},
		{"file as directory", func(c *Config) { touch(c.Output); c.Output = filepath.Join(c.Output, "y.mp4") }, "is not a directory"},
		{"output exists", func(c *Config) { touch(c.Output) }, "--force"},
		{"report exists", func(c *Config) { touch(report.Path(c.Output)) }, "--force"},
		{"unwritable directory", func(c *Config) { c.Output = "/proc/out.mp4" }, "can't be written"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := good(t)
			tt.spoil(&c)
			_, err := c.Check()
			var f *fault.Fault
			if !errors.As(err, &f) {
				t.Fatalf("error %v, want a fault", err)
			}
			if f.Class != fault.ClassUsage {
				t.Errorf("class %s, want usage", f.Class)
			}
			if !strings.Contains(f.Error()+" "+f.Hint, tt.says) {
				t.Errorf("message %q and hint %q do not say %q", f, f.Hint, tt.says)
			}
		})
	}
}

func touch(path string) { _ = os.WriteFile(path, []byte("x"), 0o600) }
func mkdir(path string) { _ = os.Mkdir(path, 0o700) }

func TestForceOverwrites(t *testing.T) {
	c := good(t)
	touch(c.Output)
	c.Force = true
	if _, err := c.Check(); err != nil {
		t.Error(err)
	}
}

func TestResolution(t *testing.T) {
	tests := []struct {
		name, orientation string
		want              capture.Size
		turned            string
	}{
		{"480p", "", capture.Size{Width: 854, Height: 480}, "landscape"},
		{"720p", "landscape", capture.Size{Width: 1280, Height: 720}, "landscape"},
		{"720p", "portrait", capture.Size{Width: 720, Height: 1280}, "portrait"},
		{"1080p", "portrait", capture.Size{Width: 1080, Height: 1920}, "portrait"},
		{"1080x1920", "", capture.Size{Width: 1080, Height: 1920}, "portrait"},
		{"1080x1080", "portrait", capture.Size{Width: 1080, Height: 1080}, "landscape"},
		{"500x480", "", capture.Size{Width: 500, Height: 480}, "landscape"},
		{"1920x1080", "landscape", capture.Size{Width: 1920, Height: 1080}, "landscape"},
	}
	for _, tt := range tests {
		got, turned, err := sizing.Resolution(tt.name, tt.orientation)
		if err != nil || got != tt.want || turned != tt.turned {
			t.Errorf("%s %s: %v %s, %v; want %v %s", tt.name, tt.orientation, got, turned, err, tt.want, tt.turned)
		}
	}
}

func TestRedactURL(t *testing.T) {
	got := report.RedactURL("https://ann:secret@room.example/abc?token=SECRET&name=x#config.jwt=SECRET")
	if strings.Contains(strings.ToLower(got), "secret") {
		t.Errorf("%s shows a secret", got)
	}
	if !strings.Contains(got, "room.example/abc") || !strings.Contains(got, "token=") {
		t.Errorf("%s hides too much", got)
	}
}

func TestDefaultOutput(t *testing.T) {
	now := time.UnixMilli(1700000000123)
	for room, want := range map[string]string{
		"demo":                                "Rec-demo-1700000000123.mp4",
		"https://room.example/a/My Room!?x=1": "Rec-My-Room-1700000000123.mp4",
		"https://room.example/":               "Rec-room-example-1700000000123.mp4",
		"https://room.example/../../etc":      "Rec-etc-1700000000123.mp4",
	} {
		if got := report.DefaultOutput(room, now); got != want {
			t.Errorf("%s: %s, want %s", room, got, want)
		}
	}
}
