package child

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"beam/capture"
)

func TestFind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	program := Program{Name: "the thing", Commands: []string{"thing-stable", "thing"}, Package: "thingd", Variable: "BEAM_THING"}
	named := filepath.Join(dir, "other")
	for path, mode := range map[string]os.FileMode{named: 0o700, filepath.Join(dir, "thing"): 0o700, filepath.Join(dir, "text"): 0o600} {
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{"": filepath.Join(dir, "thing"), "other": named, named: named} {
		if got, err := program.Find(path); err != nil || got != want {
			t.Errorf("%q: %q, %v", path, got, err)
		}
	}
	const install = "install it (Debian: apt-get install thingd), or name it in BEAM_THING"
	for path, want := range map[string]string{
		"none":                     install,
		"/no/such/thing":           install,
		filepath.Join(dir, "text"): "chmod +x",
	} {
		_, err := program.Find(path)
		var f *capture.Fault
		if !errors.As(err, &f) || f.Class != capture.ClassEnvironment || f.Op != "find the thing" || !strings.Contains(f.Hint, want) {
			t.Errorf("%q: %#v", path, f)
		}
	}
}

func TestFindNothing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, p := range []Program{{Name: "one", Commands: []string{"one"}}, {Name: "two", Commands: []string{"two", "zwei"}, Instead: "do without"}} {
		_, err := p.Find("")
		var f *capture.Fault
		if !errors.Is(err, exec.ErrNotFound) || !errors.As(err, &f) || !strings.HasSuffix(f.Hint, p.Instead) {
			t.Errorf("%v", err)
		}
		for _, name := range p.Commands {
			if !strings.Contains(err.Error(), name) {
				t.Errorf("%s is not named in %v", name, err)
			}
		}
	}
}
