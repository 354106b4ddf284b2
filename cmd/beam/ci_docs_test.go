package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// flagsIn finds the flags of Beam's commands in a text: what follows "beam
// record" or "beam inspect" up to the end of the command.
func flagsIn(text string) map[string][]string {
	text = strings.ReplaceAll(text, "\\\n", " ")
	found := map[string][]string{}
	for _, m := range regexp.MustCompile(`beam"? (record|inspect) ([^\n|;]*)`).FindAllStringSubmatch(text, -1) {
		found[m[1]] = append(found[m[1]], regexp.MustCompile(`--[a-z][a-z0-9-]+`).FindAllString(m[2], -1)...)
	}
	return found
}

// action is what is used of a composite action's metadata.
type action struct {
	Name        string               `yaml:"name"`
	Description string               `yaml:"description"`
	Inputs      map[string]actionVar `yaml:"inputs"`
	Outputs     map[string]actionVar `yaml:"outputs"`
	Runs        struct {
		Using string `yaml:"using"`
		Steps []struct {
			ID    string            `yaml:"id"`
			Uses  string            `yaml:"uses"`
			Shell string            `yaml:"shell"`
			Run   string            `yaml:"run"`
			Env   map[string]string `yaml:"env"`
			With  map[string]string `yaml:"with"`
		} `yaml:"steps"`
	} `yaml:"runs"`
}

type actionVar struct {
	Description string `yaml:"description"`
	Required    bool   `yaml:"required"`
	Default     string `yaml:"default"`
	Value       string `yaml:"value"`
}

func readAction(t *testing.T) (action, string) {
	t.Helper()
	text, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	return a, string(text)
}

// What the action says is whole: inputs that are used exist, run steps have a
// shell, no input is pasted into a script (where it could be code).
func TestAction(t *testing.T) {
	a, text := readAction(t)
	if a.Name == "" || a.Description == "" || a.Runs.Using != "composite" || len(a.Runs.Steps) == 0 {
		t.Fatalf("action: %+v", a)
	}
	for _, m := range regexp.MustCompile(`inputs\.([a-z-]+)`).FindAllStringSubmatch(text, -1) {
		if _, ok := a.Inputs[m[1]]; !ok {
			t.Errorf("there is no input %s", m[1])
		}
	}
	for name, in := range a.Inputs {
		if in.Description == "" || !strings.Contains(text, "inputs."+name) {
			t.Errorf("input %s is not described or not used", name)
		}
	}
	ids, others := map[string]bool{}, map[string]bool{}
	for i, s := range a.Runs.Steps {
		ids[s.ID], others[s.ID] = true, s.Uses != ""
		switch {
		case s.Uses != "" && !regexp.MustCompile(`@[0-9a-f]{40}$`).MatchString(s.Uses):
			t.Errorf("step %d uses %s, which may change", i, s.Uses)
		case s.Run == "" && s.Uses == "", s.Run != "" && s.Shell == "":
			t.Errorf("step %d is not whole", i)
		case strings.Contains(s.Run, "${{"):
			t.Errorf("step %d pastes an expression into its script", i)
		}
		for _, m := range regexp.MustCompile(`(?:^|[\s"])((?:scripts)/[a-z-]+)`).FindAllStringSubmatch(s.Run, -1) {
			if info, err := os.Stat(filepath.Join("../..", m[1])); err != nil || info.Mode()&0o111 == 0 {
				t.Errorf("step %d runs %s, which is no program", i, m[1])
			}
		}
	}
	for name, out := range a.Outputs {
		m := regexp.MustCompile(`^\$\{\{ steps\.([a-z]+)\.outputs\.([a-z-]+) \}\}$`).FindStringSubmatch(out.Value)
		if m == nil || !ids[m[1]] || !others[m[1]] && !strings.Contains(text, m[2]+"=") {
			t.Errorf("output %s: %q", name, out.Value)
		}
	}
}

// Every flag that the action and the page on pipelines use exists, and every
// example is YAML.
func TestCIExamples(t *testing.T) {
	page, err := os.ReadFile("../../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(examples) < 2 {
		t.Fatalf("%d examples", len(examples))
	}
	texts := []string{string(page)}
	declared, _ := readAction(t)
	for _, e := range examples {
		var tree map[string]any
		if err := yaml.Unmarshal([]byte(e[1]), &tree); err != nil || len(tree) == 0 {
			t.Errorf("example: %v:\n%s", err, e[1])
		}
		texts = append(texts, e[1])
		checkUses(t, tree, declared)
	}
	for _, s := range declared.Runs.Steps {
		texts = append(texts, s.Run)
	}
	used := 0
	a := &app{}
	for _, text := range texts {
		for command, flags := range flagsIn(text) {
			cmd := a.recordCommand()
			if command == "inspect" {
				cmd = a.inspectCommand()
			}
			for _, f := range flags {
				used++
				if cmd.Flags().Lookup(strings.TrimPrefix(f, "--")) == nil {
					t.Errorf("beam %s has no flag %s", command, f)
				}
			}
		}
	}
	// In the page's own tables too.
	for _, f := range regexp.MustCompile("`(--[a-z-]+)").FindAllStringSubmatch(string(page), -1) {
		if a.recordCommand().Flags().Lookup(strings.TrimPrefix(f[1], "--")) == nil {
			t.Errorf("beam record has no flag %s", f[1])
		}
	}
	if used < 10 {
		t.Errorf("%d flags found", used)
	}
}

// checkUses finds the steps of a workflow that use the action, and checks their
// inputs and the flags in them.
func checkUses(t *testing.T, tree any, declared action) {
	t.Helper()
	switch tree := tree.(type) {
	case []any:
		for _, v := range tree {
			checkUses(t, v, declared)
		}
	case map[string]any:
		if uses, _ := tree["uses"].(string); strings.Contains(uses, "beam") {
			with, _ := tree["with"].(map[string]any)
			for name, value := range with {
				if _, ok := declared.Inputs[name]; !ok {
					t.Errorf("the action has no input %s", name)
				}
				text, _ := value.(string)
				for _, f := range regexp.MustCompile(`(?m)^--[a-z-]+`).FindAllString(text, -1) {
					if (&app{}).recordCommand().Flags().Lookup(strings.TrimPrefix(f, "--")) == nil {
						t.Errorf("beam record has no flag %s", f)
					}
				}
			}
		}
		for _, v := range tree {
			checkUses(t, v, declared)
		}
	}
}
