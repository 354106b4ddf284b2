//go:build e2e

package e2e

import (
	"image/color"
	"os/exec"
	"strings"
	"testing"

	"beam/beam"
)

// tell runs a command of Beam beside the recording, and returns what it printed
// and its exit code.
func (r *recording) tell(args ...string) (out string, code int) {
	r.t.Helper()
	var stdout, stderr buffer
	cmd := private(exec.Command(r.cmd.Path, args...), r.tmp)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		r.t.Fatal(err)
	}
	return stdout.String() + stderr.String(), cmd.ProcessState.ExitCode()
}

func (r *recording) told(args ...string) string {
	r.t.Helper()
	out, code := r.tell(args...)
	if code != exitComplete {
		r.t.Errorf("beam %s ended with %d: %s", strings.Join(args, " "), code, out)
	}
	return out
}

// TestControl stops a recording from outside, and refuses what can't be done.
func TestControl(t *testing.T) {
	t.Parallel()
	url := open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL
	r := record(t, url, "--capture", "screencast", "--resolution", "480p", "--id", "one")
	r.begins()
	if _, code := r.tell("status", "--health"); code != 0 {
		t.Errorf("health %d", code)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"resume"}, "not paused"},
		{[]string{"layout", "mosaic"}, `layout "mosaic" is not known`},
		{[]string{"stop", "two"}, "no such recording"},
		{[]string{"stop", "../one"}, "can't be the id"},
		{[]string{"mark", ""}, "1 to 500"},
	} {
		if out, code := r.tell(c.args...); code != exitUsage || !strings.Contains(out, c.says) {
			t.Errorf("%q: %d, %s", c.args, code, out)
		}
	}
	second := recordTo(t, r.tmp, r.out+".two.mp4", url, "--id", "one")
	<-second.ended
	if second.code() != exitUsage || !strings.Contains(second.stderr.String(), "choose another --id") {
		t.Errorf("the same id: %d, %s", second.code(), second.stderr.String())
	}
	r.told("stop", "--wait")
	r.completes()
	if report := r.report(); report.StopReason != beam.ReasonAsked || report.ID != "one" {
		t.Errorf("report %+v", report)
	}
	if out, code := r.tell("stop"); code != exitUsage || !strings.Contains(out, "nothing is being recorded") {
		t.Errorf("stop: %d, %s", code, out)
	}
	if _, code := r.tell("status", "--health"); code != exitInternal {
		t.Errorf("health %d", code)
	}
}
