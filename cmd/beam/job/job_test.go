package job

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"beam/capture"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	hd  = capture.Size{Width: 1280, Height: 720}
	fhd = capture.Size{Width: 1920, Height: 1080}
)

func recording(args ...string) Recording {
	room := args[len(args)-1]
	return Recording{Room: room, Args: args, Size: hd, FPS: 30, Engine: "auto", Bucket: true,
		Longest: 4 * time.Hour, ReadyTimeout: 30 * time.Second, UploadTimeout: 15 * time.Minute}
}

func options() Options {
	return Options{Image: "registry.example/beam:1.2.3", Version: "v1.2.3", Secrets: []string{"beam-s3"}, Retries: 2, TTL: 24 * time.Hour}
}

// hostile is a URL and a value that mean something to YAML, to the kubelet and to
// shells.
const (
	hostileURL   = "https://room.example/Ünïcode & \"quotes\"?a='b'&c=$(AWS_SECRET_ACCESS_KEY)&d=$$(X)&e=${HOME}#: {[\ttab\nline]}"
	hostileValue = "no: yes # \"'`|>%@!&*\\ $(HOME) $$ 😀\u2028\u0085\u007f\ufeff"
)

// TestGolden: what is printed, as it was looked at and checked by
// scripts/kubecheck with Kubernetes' own rules.
func TestGolden(t *testing.T) {
	cases := map[string]func() ([]byte, error){
		"meeting": func() ([]byte, error) {
			return Record(recording("--bucket=s3://recordings/team-a", "https://room.example/abc"), options())
		},
		"portrait-x11": func() ([]byte, error) {
			r := recording("--capture=x11", "--resolution=1080p", "--orientation=portrait", "--duration=45m", "https://room.example/abc")
			r.Engine, r.Size, r.Longest, r.Bucket = "x11", capture.Size{Width: 1080, Height: 1920}, 45*time.Minute, false
			o := options()
			o.Claim, o.Seccomp, o.Namespace, o.ServiceAccount, o.Name = "recordings", "profiles/beam.json", "media", "beam", "standup"
			return Record(r, o)
		},
		"sound-sized": func() ([]byte, error) {
			r := recording("--audio-only", "--bucket=s3://recordings", "demo")
			r.AudioOnly, r.Longest = true, time.Hour
			o := options()
			o.CPU, o.Memory, o.Spool, o.Secrets, o.Retries = "500m", "1Gi", "3Gi", nil, 0
			return Record(r, o)
		},
		"hostile": func() ([]byte, error) {
			o := options()
			o.Env = []string{"VALUE=" + hostileValue, "EMPTY="}
			return Record(recording("--layout="+hostileValue, hostileURL), o)
		},
		"sweeper": func() ([]byte, error) {
			return Sweep("s3://recordings/team-a", []string{"--s3-region=eu-west-1", "s3://recordings/team-a"}, " */15  * * * *", options())
		},
	}
	for name, render := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := render()
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name+".yaml")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("-want +got; if it is right, run: go test ./beam/job -update\n%s", diff)
			}
		})
	}
}

// TestID: the pods of a job have one id, which Beam takes as one, unless the user gave
// another.
func TestID(t *testing.T) {
	for name, want := range map[string]string{
		"beam-standup-0123abcd":                           "beam-standup-0123abcd",
		"beam-a-room-with-a-long-name-cut-at-th-0123abcd": "m-with-a-long-name-cut-at-th-0123abcd",
	} {
		if got := id(name); !strings.HasSuffix(got, want) || len(got) > longestID || !label.MatchString(got) {
			t.Errorf("id of %s is %s, want %s", name, got, want)
		}
	}
	out, err := Record(recording("--id=standup", "https://room.example/abc"), options())
	if err != nil || strings.Count(string(out), "--id=") != 1 {
		t.Errorf("%v:\n%s", err, out)
	}
}

// TestRefused: what can't work is refused here, and not by a cluster.
func TestRefused(t *testing.T) {
	for want, change := range map[string]func(*Options, *Recording){
		"--image":           func(o *Options, _ *Recording) { o.Image = "beam:1\nprivileged: true" },
		"--image is \"\"":   func(o *Options, _ *Recording) { o.Image = "" },
		"the job's name":    func(o *Options, _ *Recording) { o.Name = "Not A Name" },
		"52 characters":     func(o *Options, _ *Recording) { o.Name = strings.Repeat("a", 53) },
		"--namespace":       func(o *Options, _ *Recording) { o.Namespace = "a.b" },
		"--secret":          func(o *Options, _ *Recording) { o.Secrets = []string{"ok", "not ok"} },
		"--service-account": func(o *Options, _ *Recording) { o.ServiceAccount = "-" },
		"--spool-claim":     func(o *Options, _ *Recording) { o.Claim = "a/b" },
		"--env":             func(o *Options, _ *Recording) { o.Env = []string{"1A=b"} },
		"NAME=VALUE":        func(o *Options, _ *Recording) { o.Env = []string{"A"} },
		"not UTF-8":         func(o *Options, _ *Recording) { o.Env = []string{"A=\xff"} },
		"zero byte":         func(_ *Options, r *Recording) { r.Args = []string{"a\x00b"} },
		"an argument is":    func(_ *Options, r *Recording) { r.Args = []string{"\xc3\x28"} },
		"--cpu":             func(o *Options, _ *Recording) { o.CPU = "two" },
		"--memory":          func(o *Options, _ *Recording) { o.Memory = "-1Gi" },
		"--spool-size":      func(o *Options, _ *Recording) { o.Spool = "1 Gi" },
		"--seccomp-profile": func(o *Options, _ *Recording) { o.Seccomp = "../../etc/shadow" },
		"/profiles/b.json":  func(o *Options, _ *Recording) { o.Seccomp = "/profiles/b.json" },
		"--retries":         func(o *Options, _ *Recording) { o.Retries = -1 },
		"--ttl":             func(o *Options, _ *Recording) { o.TTL = -time.Second },
	} {
		o, r := options(), recording("https://room.example/abc")
		change(&o, &r)
		if out, err := Record(r, o); err == nil || !strings.Contains(err.Error(), want) || out != nil {
			t.Errorf("%s: got the error %v", want, err)
		}
	}
	for _, schedule := range []string{"", "@daily", "* * * *", "* * * * * *", "* * * *\n*", "* * * * $(x)", "* * * * \"",
		"61 * * * *", "* */0 * * *", "* * 31-1 * *", "* * * 13 *", "* * * * noday", "TZ=UTC * * * *"} {
		if _, err := Sweep("s3://b", []string{"s3://b"}, schedule, options()); err == nil || !strings.Contains(err.Error(), "--schedule") {
			t.Errorf("schedule %q: %v", schedule, err)
		}
	}
	for _, schedule := range []string{"*/15 * * * *", "0 3 * * MON-FRI", "5,35 0-6/2 1,15 jan-mar ?"} {
		if _, err := Sweep("s3://b", []string{"s3://b"}, schedule, options()); err != nil {
			t.Errorf("schedule %q: %v", schedule, err)
		}
	}
}

// TestSizes: more pixels, pictures and hours need more, and figures are those
// that docs/deploy.md has.
func TestSizes(t *testing.T) {
	for _, c := range []struct {
		name          string
		change        func(*Recording)
		cpu           int
		memory, spool string
	}{
		{"720p", func(*Recording) {}, 1300, "1536Mi", "7Gi"},
		{"720p x11", func(r *Recording) { r.Engine = "x11" }, 1300, "1536Mi", "7Gi"},
		{"1080p", func(r *Recording) { r.Size = fhd }, 2100, "2304Mi", "11Gi"},
		{"1080p x11", func(r *Recording) { r.Size, r.Engine = fhd, "x11" }, 2100, "2304Mi", "11Gi"},
		{"480p, an hour", func(r *Recording) { r.Size, r.Longest = capture.Size{Width: 854, Height: 480}, time.Hour }, 1000, "1280Mi", "2Gi"},
		{"sound", func(r *Recording) { r.AudioOnly = true }, 600, "1Gi", "1Gi"},
	} {
		r := recording("https://room.example/abc")
		c.change(&r)
		if got := r.millicores(); got != c.cpu {
			t.Errorf("%s: %d millicores, want %d", c.name, got, c.cpu)
		}
		if got := bytesQuantity(r.memory()); got != c.memory {
			t.Errorf("%s: %s of memory, want %s", c.name, got, c.memory)
		}
		if got := bytesQuantity(r.spool()); got != c.spool {
			t.Errorf("%s: %s of disk, want %s", c.name, got, c.spool)
		}
	}
	r := recording("https://room.example/abc")
	if got := r.deadline(0); got <= r.Longest+r.UploadTimeout {
		t.Errorf("the deadline of %v would cut a recording off", got)
	}
	if r.deadline(3) <= r.deadline(0) {
		t.Error("further tries get no time")
	}
}

func TestName(t *testing.T) {
	for room, want := range map[string]string{
		"https://room.example/abc":                 "beam-abc-",
		"https://room.example/abc/?token=secret":   "beam-abc-",
		"https://room.example/":                    "beam-room-example-",
		"https://room.example/%F0%9F%98%80":        "beam-room-example-",
		"https://room.example/Team%20A's Stand-Up": "beam-team-a-s-stand-up-",
		"https://xn--/":                            "beam-xn-",
		"demo":                                     "beam-demo-",
		"☃":                                        "beam-room-",
		"https://room.example/" + strings.Repeat("long-", 40): "beam-long-long-",
	} {
		got := name(room, []string{room})
		if !strings.HasPrefix(got, want) || strings.Contains(got, "secret") {
			t.Errorf("%q: %q, want %s...", room, got, want)
		}
		if err := checkLabel("name", got, longestName); err != nil {
			t.Error(err)
		}
	}
	if name("https://a.example/x", []string{"1"}) == name("https://a.example/x", []string{"2"}) {
		t.Error("jobs that do different things have one name")
	}
}

// expand does what the kubelet does with args and values: see the reference of
// the Kubernetes API, Container.args. All names are defined, as "EXPANDED".
func expand(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		rest := s[i:]
		switch {
		case strings.HasPrefix(rest, "$$"):
			b.WriteByte('$')
			i++
		case strings.HasPrefix(rest, "$(") && strings.Contains(rest, ")"):
			b.WriteString("EXPANDED")
			i += strings.Index(rest, ")")
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// FuzzValues: whatever a value is, the program gets exactly that, and the rest of
// the manifest stays as it is.
func FuzzValues(f *testing.F) {
	for _, s := range []string{hostileURL, hostileValue, "", "$", "$(", "$()", "$$(A)", "no", "1e3", "0x1f", "12:30:45", "~", "- a", "? b",
		"a\r\nb", "\u00a0", "\ufffe", "\U0010ffff", "\x01\x1b", strings.Repeat("word ", 100), "--- \n...", "!!binary x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o := options()
		o.Env = []string{"A=" + s}
		out, err := Record(recording(s, "https://room.example/abc"), o)
		if err != nil {
			if checkText("", s) == nil {
				t.Fatalf("refused: %v", err)
			}
			return
		}
		var got, plain map[string]any
		if err := yaml.Unmarshal(out, &got); err != nil {
			t.Fatalf("%v in:\n%s", err, out)
		}
		c := containerOf(t, got)
		if args := c["args"].([]any); len(args) != 4 || expand(args[2].(string)) != s {
			t.Errorf("args are %q, want %q", args, s)
		}
		if v := c["env"].([]any)[0].(map[string]any)["value"].(string); expand(v) != s {
			t.Errorf("the variable is %q, want %q", v, s)
		}
		// Everything else is as it is with harmless values.
		o.Env, o.Name = []string{"A=x"}, got["metadata"].(map[string]any)["name"].(string)
		harmless, err := Record(recording("x", "https://room.example/abc"), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(harmless, &plain); err != nil {
			t.Fatal(err)
		}
		for _, m := range []map[string]any{got, plain} {
			c := containerOf(t, m)
			delete(c, "args")
			delete(c, "env")
		}
		if diff := cmp.Diff(plain, got); diff != "" {
			t.Errorf("the value %q changes more than itself:\n%s", s, diff)
		}
	})
}

func containerOf(t *testing.T, job map[string]any) map[string]any {
	t.Helper()
	pod := job["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
	return pod["containers"].([]any)[0].(map[string]any)
}
