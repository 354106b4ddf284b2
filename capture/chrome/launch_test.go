package chrome

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beam/capture"
)

func TestPathTooLong(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("d", 80))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Launch(t.Context(), Options{Path: "/bin/true", Dir: dir, Size: hd})
	var f *capture.Fault
	if !errors.As(err, &f) || !strings.Contains(f.Error(), "too long") {
		t.Errorf("%v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// What this process holds in its environment is not the page's business.
func TestEnvironmentOfProcess(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
	t.Setenv("LC_ALL", "C.UTF-8")
	t.Setenv("DISPLAY", ":0")
	tell := filepath.Join(t.TempDir(), "env")
	path := filepath.Join(t.TempDir(), "chrome")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nenv >"+tell+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := Launch(t.Context(), Options{Path: path, Dir: dir, Size: hd, PulseServer: "unix:/nowhere/native"}); err == nil {
		t.Fatal("started")
	}
	raw, err := os.ReadFile(tell)
	if err != nil {
		t.Fatal(err)
	}
	env := string(raw)
	for _, want := range []string{"LC_ALL=C.UTF-8\n", "PULSE_SERVER=unix:/nowhere/native\n", "TMPDIR=" + dir + "/c0/t\n", "HOME=" + dir + "/c0/h\n"} {
		if !strings.Contains(env, want) {
			t.Errorf("no %q in\n%s", want, env)
		}
	}
	for _, not := range []string{"hunter2", "DISPLAY="} {
		if strings.Contains(env, not) {
			t.Errorf("has %q", not)
		}
	}
}

func TestFind(t *testing.T) {
	found, err := Find("")
	if err != nil {
		t.Fatal(err)
	}
	if same, err := Find(found); err != nil || same != found {
		t.Errorf("%q, %v", same, err)
	}
	t.Setenv("PATH", t.TempDir())
	for _, path := range []string{"", "chromium", "/no/such/chrome"} {
		_, err := Find(path)
		var f *capture.Fault
		if !errors.As(err, &f) || f.Class != capture.ClassEnvironment || !strings.Contains(f.Hint, "BEAM_CHROME") {
			t.Errorf("%q: %v", path, err)
		}
	}
}
