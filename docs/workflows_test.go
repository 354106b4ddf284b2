package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// workflow is what these tests look at of a workflow's YAML.
type workflow struct {
	Name        string            `yaml:"name"`
	Permissions map[string]string `yaml:"permissions"`
	Jobs        map[string]struct {
		Uses    string `yaml:"uses"`
		Timeout int    `yaml:"timeout-minutes"` // minutes
		Steps   []struct {
			Uses string `yaml:"uses"`
			Run  string `yaml:"run"`
		} `yaml:"steps"`
	} `yaml:"jobs"`
}

var (
	pinned    = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)
	versioned = regexp.MustCompile(`(?m)uses: [^\n.][^\n]*@[0-9a-f]{40} # v\d+(\.\d+)*$`)
	usesLine  = regexp.MustCompile(`(?m)uses: [^\n.][^\n]*$`)
	script    = regexp.MustCompile(`(?m)(?:^|\s)(scripts/[a-z-]+)`)
)

// Workflows run code of others with the rights of this project: each action is
// named by the digest of a commit, with its version beside it for people, each
// workflow begins with the right to read and no other, each job has an end, no
// script has an expression pasted into it, and what is called is there.
func TestWorkflows(t *testing.T) {
	files, err := filepath.Glob("../.github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d workflows, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var w workflow
			if err := yaml.Unmarshal(text, &w); err != nil {
				t.Fatal(err)
			}
			if w.Name+".yml" != filepath.Base(file) || len(w.Jobs) == 0 {
				t.Errorf("the workflow %q has %d jobs", w.Name, len(w.Jobs))
			}
			if len(w.Permissions) != 1 || w.Permissions["contents"] != "read" {
				t.Errorf("permissions %v", w.Permissions)
			}
			if n, all := len(versioned.FindAll(text, -1)), len(usesLine.FindAll(text, -1)); n != all {
				t.Errorf("%d of %d actions have a digest and a version", n, all)
			}
			for name, job := range w.Jobs {
				if job.Uses == "" && job.Timeout == 0 {
					t.Errorf("the job %s has no end", name)
				}
				if local, ok := strings.CutPrefix(job.Uses, "./"); ok {
					called(t, local, false)
				}
				for _, step := range job.Steps {
					if step.Uses != "" && !pinned.MatchString(step.Uses) {
						t.Errorf("the job %s uses %s, which may change", name, step.Uses)
					}
					if strings.Contains(step.Run, "${{") {
						t.Errorf("the job %s pastes an expression into a script", name)
					}
					for _, m := range script.FindAllStringSubmatch(step.Run, -1) {
						called(t, m[1], true)
					}
				}
			}
		})
	}
}

// What others run from here is pinned too: the actions of action.yml, and the images
// that the Dockerfile, compose and the workflows build on, by tag and digest.
func TestPinned(t *testing.T) {
	text, err := os.ReadFile("../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	if n, all := len(versioned.FindAll(text, -1)), len(usesLine.FindAll(text, -1)); n != all || all == 0 {
		t.Errorf("action.yml: %d of %d actions have a digest and a version", n, all)
	}
	if !strings.Contains(string(text), `--url="$BEAM_INPUT_URL"`) {
		t.Error("action.yml: an address could be a flag")
	}
	files, err := filepath.Glob("../.github/workflows/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	images := 0
	for _, file := range append(files, "../Dockerfile", "../docker/compose.yaml") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range imageName.FindAllStringSubmatch(string(text), -1) {
			if m[1] == "beam" { // which is built here
				continue
			}
			images++
			if !digested.MatchString(m[1]) {
				t.Errorf("%s builds on %s, which may change", file, m[1])
			}
		}
	}
	if images < 6 {
		t.Errorf("%d images were looked at", images)
	}
}

var (
	imageName = regexp.MustCompile(`(?m)^(?:ARG [A-Z]+_IMAGE=|\s*(?:container|image): )([^\s$]+)$`)
	digested  = regexp.MustCompile(`^[a-z0-9./-]+:[\w.-]+@sha256:[0-9a-f]{64}$`)
)

// called checks that a file of the project is there and, if it is a program, can
// be run.
func called(t *testing.T, path string, program bool) {
	t.Helper()
	info, err := os.Stat(filepath.Join("..", path))
	if err != nil || program && info.Mode()&0o111 == 0 {
		t.Errorf("%s is called, but it is not there or can't be run", path)
	}
}
