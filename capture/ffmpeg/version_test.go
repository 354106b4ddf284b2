package ffmpeg_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beam/capture"
	"beam/capture/ffmpeg"
)

func TestProbe(t *testing.T) {
	v, err := ffmpeg.Probe(t.Context(), find(t))
	if err != nil {
		t.Fatal(err)
	}
	if v.Text == "" || !v.X264 || !v.AAC {
		t.Errorf("%+v", v)
	}
}

// program makes a program that stands in for an ffmpeg: it prints a banner as
// ffmpeg does, and a list of encoders.
func program(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ffmpeg")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestProbeJudges(t *testing.T) {
	const encoders = "Encoders:\n V..... = Video\n ------\n V....D libx264 H.264 (codec h264)\n V....D libx264rgb H.264\n A....D aac AAC (Advanced Audio Coding)\n"
	const fine = ""
	for name, c := range map[string]struct {
		version      string
		list         string
		major, minor int
		says, hint   string
	}{
		"Debian 12":       {"5.1.9-0+deb12u1", encoders, 5, 1, fine, ""},
		"a release":       {"7.0.2", encoders, 7, 0, fine, ""},
		"a static build":  {"n8.0-16-gd8605a6b55-20250929", encoders, 8, 0, fine, ""},
		"another static":  {"6.0-static", encoders, 6, 0, fine, ""},
		"no minor":        {"6", encoders, 6, 0, fine, ""},
		"a commit":        {"N-109468-gd39b34123d", encoders, 0, 0, fine, ""},
		"a day":           {"2024-03-04-git-e30369bc1c", encoders, 0, 0, fine, ""},
		"Ubuntu 22":       {"4.4.2-0ubuntu0.22.04.1", encoders, 4, 4, "4.4.2-0ubuntu0.22.04.1 is too old", "5.1 or later"},
		"just too old":    {"5.0.3", encoders, 5, 0, "5.0.3 is too old", "5.1 or later"},
		"without libx264": {"7.1", strings.Replace(encoders, " libx264 ", " h264_v4l2m2m ", 1), 7, 1, "lacks the encoder libx264", "Debian's is"},
		"with neither":    {"7.1", "", 7, 1, "lacks the encoder libx264 and aac", "Debian's is"},
	} {
		t.Run(name, func(t *testing.T) {
			path := program(t, "echo 'ffmpeg version "+c.version+" Copyright (c) 2000-2026' >&2\nprintf '"+strings.ReplaceAll(c.list, "\n", "\\n")+"'\n")
			v, err := ffmpeg.Probe(t.Context(), path)
			if v.Text != c.version || v.Major != c.major || v.Minor != c.minor {
				t.Errorf("%+v", v)
			}
			if c.says == fine {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("%v does not say %q", err, c.says)
			}
			if class, hint := classOf(t, err); class != capture.ClassEnvironment || !strings.Contains(hint, c.hint) {
				t.Errorf("class %s, hint %q", class, hint)
			}
		})
	}
}

func TestProbeFails(t *testing.T) {
	for name, script := range map[string]string{"it fails": "exit 3", "it is something else": "echo hello"} {
		_, err := ffmpeg.Probe(t.Context(), program(t, script))
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if class, hint := classOf(t, err); class != capture.ClassEnvironment || hint == "" {
			t.Errorf("%s: class %s, hint %q", name, class, hint)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := ffmpeg.Probe(ctx, program(t, "exec sleep 1000"))
	if class, _ := classOf(t, err); class != capture.ClassEnvironment || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it hangs: %v", err)
	}
}

func TestFindMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := ffmpeg.Find("")
	if class, hint := classOf(t, err); class != capture.ClassEnvironment || !strings.Contains(hint, "apt-get install ffmpeg") {
		t.Errorf("class %s, hint %q", class, hint)
	}
}
