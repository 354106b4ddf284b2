package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"beam/capture/chrome"
)

func parseSmoke(t *testing.T, args ...string) *smokeOptions {
	t.Helper()
	var o smokeOptions
	f := pflag.NewFlagSet("record", pflag.ContinueOnError)
	smokeFlags(f, &o)
	if err := f.Parse(args); err != nil {
		t.Fatal(err)
	}
	return &o
}

func environment(name string) (string, bool) {
	v, ok := map[string]string{"TOKEN": "t0ken", "LOGIN": "ada:open:sesame", "PASSWORD": "hunter2", "EMPTY": "", "NOLOGIN": "secret"}[name]
	return v, ok
}

func TestSmokePage(t *testing.T) {
	o := parseSmoke(t, "--wait-for", "#form", "--fill", `input[name="a=b"]=Ada=1`, "--header", "Authorization: Bearer env:TOKEN", "--fill=#password=env:PASSWORD",
		"--click", "text=Log in", "--cookie", "sid=env:TOKEN", "--cookie", "lang=a,b=c", "--header", "X-Plain:  a b ", "--basic-auth", "env:LOGIN", "--wait-for", "text=Welcome")
	a, steps, secrets, err := o.page(environment)
	if err != nil {
		t.Fatal(err)
	}
	// go-cmp would print a secret as REDACTED, so they are compared as text.
	var got []string
	for _, f := range append(a.Headers, a.Cookies...) {
		got = append(got, f.Name+"="+string(f.Value))
	}
	got = append(got, a.User+"="+string(a.Password))
	for _, s := range steps {
		got = append(got, fmt.Sprintf("%v=%s", s, string(s.Value)))
	}
	if diff := cmp.Diff([]string{
		"Authorization=Bearer t0ken", "X-Plain=a b", "sid=t0ken", "lang=a,b=c", "ada=open:sesame",
		`wait-for "#form"=`, `fill "input[name=\"a=b\"]"=Ada=1`, `fill "#password"=hunter2`, `click "text=Log in"=`, `wait-for "text=Welcome"=`,
	}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"t0ken", "a b", "t0ken", "a,b=c", "ada:open:sesame", "open:sesame", "Ada=1", "hunter2"}, secrets); diff != "" {
		t.Error(diff)
	}
}

func TestSmokePageRefuses(t *testing.T) {
	for _, test := range []struct{ flag, value, says string }{
		{"--header", "secret", "--header wants 'NAME: VALUE'"},
		{"--header", "Host: secret", "the header Host is the browser's own"},
		{"--header", "X: env:NONE", "--header X: the environment variable NONE is not set"},
		{"--cookie", "secret", "--cookie wants NAME=VALUE"},
		{"--cookie", "a=secret;b", "the value of the cookie a has a semicolon or a line break"},
		{"--cookie", "a=env:EMPTY", "--cookie a: the environment variable EMPTY is not set"},
		{"--basic-auth", "ada:secret", "--basic-auth wants env:VAR, the variable that holds USER:PASSWORD; a password does not belong on a command line"},
		{"--basic-auth", "env:NONE", "--basic-auth: the environment variable NONE is not set"},
		{"--basic-auth", "env:NOLOGIN", "--basic-auth: the variable NOLOGIN does not hold USER:PASSWORD"},
		{"--fill", "[a=secret]", "--fill wants SELECTOR=VALUE"},
		{"--fill", "=secret", "--fill has no selector"},
		{"--fill", "#a=env:NONE", "--fill #a: the environment variable NONE is not set"},
		{"--click", " ", "--click has no selector"},
		{"--wait-for", "text= ", "--wait-for has no selector"},
	} {
		t.Run(test.flag+" "+test.value, func(t *testing.T) {
			_, _, _, err := parseSmoke(t, test.flag, test.value).page(environment)
			if err == nil || err.Error() != test.says || exitCode(err) != exitUsage {
				t.Errorf("error %v, want %s", err, test.says)
			}
		})
	}
}

func FuzzCutFill(f *testing.F) {
	f.Add(`a[b="]="]=c`)
	f.Add(`\==`)
	f.Add("'(=")
	f.Fuzz(func(t *testing.T, text string) {
		selector, value, ok := cutFill(text)
		if ok && (!strings.HasSuffix(text, "="+value) || !strings.Contains(text, selector)) {
			t.Errorf("%q is cut into %q and %q", text, selector, value)
		}
	})
}

func TestSmokeCheck(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "rec.mp4")
	if err := os.WriteFile(filepath.Join(dir, "old.png"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, test := range []struct {
		args      []string
		audioOnly bool
		says      string // "" for nothing
	}{
		{[]string{"--junit", in("a.xml"), "--contact-sheet", in("old.png"), "--thumbnail", in("a.jpeg")}, false, ""},
		{[]string{"--expect-audio", "--expect-no-console-errors", "--contact-sheet", in("a.png")}, true, ""},
		{[]string{"--expect-motion"}, true, "--audio-only"},
		{[]string{"--thumbnail", in("a.jpg")}, true, "--thumbnail needs video"},
		{[]string{"--min-fps", "31"}, false, "--min-fps is 31"},
		{[]string{"--junit", in("a.mp4")}, false, "does not end in .xml"},
		{[]string{"--contact-sheet", out}, false, "does not end in .png"},
		{[]string{"--thumbnail", in("a.png")}, false, "does not end in .jpg"},
		{[]string{"--contact-sheet", in("none/a.png")}, false, "can't be written"},
	} {
		err := parseSmoke(t, test.args...).check(out, 30, test.audioOnly)
		if (err == nil) != (test.says == "") || err != nil && (!strings.Contains(err.Error(), test.says) || exitCode(err) != exitUsage) {
			t.Errorf("%v: %v", test.args, err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// Steps of all kinds are in one order.
func TestStepsKeepTheirOrder(t *testing.T) {
	o := parseSmoke(t, "--click", "a", "--wait-for", "b", "--click", "c", "--fill", "d=e")
	want := []rawStep{{chrome.StepClick, "a"}, {chrome.StepWaitFor, "b"}, {chrome.StepClick, "c"}, {chrome.StepFill, "d=e"}}
	if len(o.steps) != len(want) {
		t.Fatal(o.steps)
	}
	for i, s := range o.steps {
		if s != want[i] {
			t.Errorf("step %d: %v", i, s)
		}
	}
}
