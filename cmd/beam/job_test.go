package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// TestJobHandsOn: each flag of beam record goes into the job, in the order in
// which it was given, and so does what the environment sets.
func TestJobHandsOn(t *testing.T) {
	t.Setenv("BEAM_FPS", "25")
	var stdout, stderr bytes.Buffer
	code := run([]string{"job", "--resolution", "480p", "--image=i", "--bucket", "s3://rec/a", "--audio-only", "https://room.example/abc?t=$(X)",
		"--s3-tag", "a=b", "--resolution=1080p", "--s3-tag", "c=d"}, nil, &stdout, &stderr)
	if code != exitComplete {
		t.Fatalf("code %d: %s", code, &stderr)
	}
	var got struct {
		Spec struct {
			Template struct {
				Spec struct{ Containers []struct{ Args []string } }
			}
		}
	}
	if err := yaml.Unmarshal(stdout.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := []string{"record", "--id=beam-abc-2551ab28", "--resolution=480p", "--bucket=s3://rec/a", "--audio-only=true", "--s3-tag=a=b", "--resolution=1080p", "--s3-tag=c=d",
		"--fps=25", "https://room.example/abc?t=$$(X)"}
	if args := got.Spec.Template.Spec.Containers[0].Args; !slices.Equal(args, want) {
		t.Errorf("args %q\nwant %q", args, want)
	}
	if !strings.Contains(stderr.String(), "without its sandbox") {
		t.Errorf("nothing is said of the sandbox: %q", &stderr)
	}
}

// TestJobFlags: no flag of the job's own hides one that it has to hand on.
func TestJobFlags(t *testing.T) {
	a := &app{}
	handedOn := map[string]*pflag.FlagSet{"job": a.recordCommand().Flags(), "sweeper": a.recoverCommand().Flags()}
	job := a.jobCommand()
	for name, flags := range handedOn {
		cmd := job
		if name != job.Name() {
			cmd, _, _ = job.Find([]string{name})
		}
		flags.VisitAll(func(f *pflag.Flag) {
			if _, followed := cmd.Flags().Lookup(f.Name).Value.(*followedValue); !followed {
				t.Errorf("%s: --%s is not handed on", name, f.Name)
			}
		})
	}
}
