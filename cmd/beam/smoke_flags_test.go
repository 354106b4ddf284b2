package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
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

// A value can stand in a file, as a cluster mounts a Secret; what can be told apart in
// it is secret too.
func TestSmokeFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "value")
	if err := os.WriteFile(path, []byte("open:sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := parseSmoke(t, "--header", "Authorization: Bearer file:"+path, "--header", "X-Login: sid=abc123; lang=de", "--header", "X-Auth: Basic literal1",
		"--cookie", "sid=file:"+path, "--basic-auth", "file:"+path, "--fill", "#a=file:"+path)
	a, steps, secrets, err := o.page(environment)
	if err != nil {
		t.Fatal(err)
	}
	if string(a.Headers[0].Value) != "Bearer open:sesame" || string(a.Cookies[0].Value) != "open:sesame" || string(a.Password) != "sesame" || string(steps[0].Value) != "open:sesame" {
		t.Errorf("%+v, %+v", a, steps)
	}
	for _, secret := range []string{"open:sesame", "sesame", "abc123", "literal1"} {
		if !slices.Contains(secrets, secret) {
			t.Errorf("%q is not in %q", secret, secrets)
		}
	}
	// Also before it is known whether the flags make sense.
	if got := o.literals(); !slices.Contains(got, "abc123") || !slices.Contains(got, "literal1") || slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, path) && elsewhere(s) }) {
		t.Errorf("%q", got)
	}
}

// Of an environment the secrets are those that their names tell of.
func TestSecretsOfEnvironment(t *testing.T) {
	got := secretsOfEnvironment([]string{
		"AWS_SECRET_ACCESS_KEY=k3y-k3y-k3y", "AWS_SESSION_TOKEN=s3ssion-token", "GITHUB_TOKEN=gh-token-1", "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7",
		"AWS_WEB_IDENTITY_TOKEN_FILE=/var/run/token", "SSH_AUTH_SOCK=/tmp/agent", "https_proxy=http://ann:pr0xy-pw@proxy.example:3128",
		"HTTP_PROXY=bob:0ther-pw@proxy.example", "no_proxy=localhost,example", "SHORT_TOKEN=abc", "XDG_SESSION_ID=47111111", "PATH=/bin",
	})
	want := []string{"0ther-pw", "ann:pr0xy-pw", "bob:0ther-pw", "gh-token-1", "k3y-k3y-k3y", "pr0xy-pw", "s3ssion-token"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
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
		{"--basic-auth", "ada:secret", "--basic-auth wants env:VAR or file:PATH, the variable or file that holds USER:PASSWORD; a password does not belong on a command line"},
		{"--basic-auth", "env:NONE", "--basic-auth: the environment variable NONE is not set"},
		{"--basic-auth", "env:NOLOGIN", "--basic-auth: env:NOLOGIN does not hold USER:PASSWORD"},
		{"--cookie", "a=file:/nowhere", "--cookie a: stat /nowhere: no such file or directory"},
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

// A mode is octal digits, and the owner can read and write in any case.
func TestFileMode(t *testing.T) {
	var m fileMode
	for text, want := range map[string]fileMode{"0644": 0o644, "640": 0o640, "0600": 0o600} {
		if err := m.Set(text); err != nil || m != want {
			t.Errorf("%s: %v, %v", text, m, err)
		}
	}
	for _, text := range []string{"", "rw", "-1", "99", "100000"} {
		if m.Set(text) == nil {
			t.Errorf("%q is %v", text, &m)
		}
	}
}
