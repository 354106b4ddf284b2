package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"beam/capture/chrome"
)

// configured is a set of flags of every type that those of Beam have.
type configured struct {
	flags  *pflag.FlagSet
	text   string
	number int
	length time.Duration
	yes    bool
	globs  []string // values are split at commas
	lines  []string // values are not
	tags   map[string]string
	steps  []rawStep
}

func newConfigured() *configured {
	c := &configured{flags: pflag.NewFlagSet("test", pflag.ContinueOnError)}
	f := c.flags
	f.StringVar(&c.text, "output", "", "")
	f.IntVar(&c.number, "fps", 30, "")
	f.DurationVar(&c.length, "duration", 0, "")
	f.BoolVar(&c.yes, "force", false, "")
	f.StringSliceVar(&c.globs, "role", []string{"default"}, "")
	f.StringArrayVar(&c.lines, "header", nil, "")
	f.StringToStringVar(&c.tags, "s3-tag", nil, "")
	f.Var(stepFlag{chrome.StepClick, "SELECTOR", &c.steps}, "click", "")
	f.Var(stepFlag{chrome.StepFill, "SELECTOR=VALUE", &c.steps}, "fill", "")
	f.Var(stepFlag{chrome.StepWaitFor, "SELECTOR", &c.steps}, "wait-for", "")
	return c
}

// of sets the flags by a command line and then by a file.
func (c *configured) of(t *testing.T, text string, args ...string) error {
	t.Helper()
	if err := c.flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	var names []string
	c.flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	settings, err := parseConfig([]byte(text), append(names, "bucket"))
	if err != nil {
		return err
	}
	return apply(c.flags, settings)
}

func TestConfigValues(t *testing.T) {
	c := newConfigured()
	err := c.of(t, `# a comment
output: &name "a, b.mp4"
fps: 25
duration: 1h30m
force: true
role: [host, "a,b", 'say "x"']
header:
  - "Accept: text/html, text/plain"
  - *name
s3-tag: {team: a, note: "x=1,y", say: "a,b"}
bucket: s3://not-a-flag-of-this-command
steps:
  - wait-for: "#user"
  - fill: "#user=env:LOGIN"
  - click: text=Next
  - fill: "#password=env:PASSWORD"
  - click: text=Log in
`)
	if err != nil {
		t.Fatal(err)
	}
	got := *c
	got.flags = nil
	want := configured{
		text: "a, b.mp4", number: 25, length: 90 * time.Minute, yes: true,
		globs: []string{"host", "a,b", `say "x"`}, lines: []string{"Accept: text/html, text/plain", "a, b.mp4"},
		tags: map[string]string{"team": "a", "note": "x=1,y", "say": "a,b"},
		steps: []rawStep{{chrome.StepWaitFor, "#user"}, {chrome.StepFill, "#user=env:LOGIN"}, {chrome.StepClick, "text=Next"},
			{chrome.StepFill, "#password=env:PASSWORD"}, {chrome.StepClick, "text=Log in"}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(configured{}, rawStep{})); diff != "" {
		t.Error(diff)
	}
}

// What was given counts, and a file does not add to it.
func TestConfigYields(t *testing.T) {
	c := newConfigured()
	err := c.of(t, "fps: 25\nrole: guest\nheader: [a, b]\nsteps: [{click: one}]\nfill: two\noutput: file.mp4",
		"--fps=60", "--role=host", "--header=c", "--wait-for=three")
	if err != nil {
		t.Fatal(err)
	}
	if c.number != 60 || !slices.Equal(c.globs, []string{"host"}) || !slices.Equal(c.lines, []string{"c"}) || c.text != "file.mp4" {
		t.Errorf("got %+v", c)
	}
	if !slices.Equal(c.steps, []rawStep{{chrome.StepWaitFor, "three"}}) {
		t.Errorf("steps %v", c.steps)
	}
}

func TestConfigRefuses(t *testing.T) {
	for _, test := range []struct{ text, says string }{
		{"fsp: 25", "line 1: fsp is unknown; did you mean fps?"},
		{"fps: 25\nouptut: a", "line 2: ouptut is unknown; did you mean output?"},
		{"step: []", "did you mean steps?"},
		{"help: true", "line 1: help is unknown"},
		{"config: other.yaml", "line 1: config is unknown"},
		{"something: 1", "a key is a flag without its dashes"},
		{"livekit_api_secret: hunter2", "line 1: livekit_api_secret does not belong in a file: credentials come from the environment"},
		{"fps: 25\nfps: 30", "line 2: fps is there twice"},
		{"fps: [25]", "line 1: fps: one value is wanted, not a list"},
		{"fps: {a: 1}", "line 1: fps: a value is wanted, not further keys"},
		{"fps:", "line 1: fps: there is no value"},
		{"fps: many", `line 1: fps: invalid argument "many"`},
		{"duration: 30", "missing unit"},
		{"role: [[a]]", "a value is wanted, not a list or further keys"},
		{"s3-tag: {a: }", "there is no value"},
		{"steps: click", "line 1: steps is a list, and each item one of wait-for, fill, click"},
		{"steps: [{output: a}]", "steps is a list"},
		{"steps: [{click: a, fill: b}]", "steps is a list"},
		{"- fps", "line 1: not a list of keys and values"},
		{"fps", "not a list of keys and values"},
		{"fps: 1\n---\nfps: 2", "more than one YAML document"},
		{"fps: [", "yaml: line 1"},
	} {
		err := newConfigured().of(t, test.text)
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%q: error %v, want %s", test.text, err, test.says)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the error tells a secret: %v", test.text, err)
		}
	}
}

func TestConfigOfNothing(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "{}", "null"} {
		if err := newConfigured().of(t, text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// FuzzConfig: no file makes the reader panic, and a setting names a flag.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{"fps: 25", "steps: [{click: a}]", "role: &a [x, *a]", "a: *b", "? [a]\n: b", "s3-tag: {a: b}", "fps: !!null x"} {
		f.Add(text)
	}
	names := []string{"fps", "role", "s3-tag", "click", "fill", "wait-for"}
	f.Fuzz(func(t *testing.T, text string) {
		settings, err := parseConfig([]byte(text), names)
		if err != nil {
			return
		}
		for _, s := range settings {
			if !slices.Contains(names, s.flag) || s.value == nil {
				t.Errorf("%q: setting %+v", text, s)
			}
		}
		// Whether the values fit is told, not assumed.
		_ = apply(newConfigured().flags, settings)
	})
}

func TestNearest(t *testing.T) {
	names := []string{"fps", "fps-mode", "resolution", "max-duration", "role", "room"}
	for word, want := range map[string]string{
		"resoluton": "resolution", "maxDuration": "max-duration", "max_duration": "max-duration", "fp": "fps", "FPS-mode": "fps-mode",
		"rolle": "role", "zzz": "", "": "", "webhook-url": "",
	} {
		if got := nearest(word, names); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
