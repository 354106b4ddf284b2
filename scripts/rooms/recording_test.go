//go:build rooms

package rooms

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"beam/beam"
)

// program is Beam, built as users have it.
var program string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "beam-rooms-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "beam")
	if out, err := exec.Command("go", "build", "-o", program, "beam/cmd/beam").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build beam: %v: %s\n", err, out)
		return 1
	}
	return m.Run()
}

// output collects what Beam says while it is being read.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// recording is one run of beam record.
type recording struct {
	t     *testing.T
	cmd   *exec.Cmd
	path  string
	said  output
	ended chan error
}

// record starts a recording of a room and waits until it has begun.
func record(t *testing.T, of room, args ...string) *recording {
	t.Helper()
	dir := t.TempDir()
	if keep := os.Getenv("BEAM_ROOMS_KEEP"); keep != "" {
		dir = filepath.Join(keep, t.Name())
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r := &recording{t: t, path: filepath.Join(dir, "rec.mp4"), ended: make(chan error, 1)}
	all := append([]string{"record", of.url, "-o", r.path, "--resolution", "720p", "--fps", "15", "--max-duration", "2m", "--force"}, of.args...)
	r.cmd = exec.Command(program, append(all, args...)...)
	r.cmd.Stderr = &r.said
	// A folder of its own, short as a socket's path is below it: no other command of
	// Beam on this machine finds the recording.
	tmp, err := os.MkdirTemp("", "br-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(tmp) })
	r.cmd.Env = append(os.Environ(), "TMPDIR="+tmp, "XDG_RUNTIME_DIR=")
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { r.ended <- r.cmd.Wait() }()
	t.Cleanup(func() {
		if r.cmd.ProcessState == nil {
			_ = r.cmd.Process.Signal(syscall.SIGTERM)
			<-r.ended
		}
		if t.Failed() {
			t.Logf("beam said:\n%s", r.said.String())
		}
	})
	for late := time.Now().Add(time.Minute); !strings.Contains(r.said.String(), "recording; Ctrl-C ends it"); time.Sleep(20 * time.Millisecond) {
		select {
		case err := <-r.ended:
			r.ended <- err
			t.Fatalf("beam ended before it recorded: %v", err)
		default:
		}
		if time.Now().After(late) {
			t.Fatal("the recording did not begin within a minute")
		}
	}
	return r
}

// goOn is how much there has to be in the file of what is the case now.
func (r *recording) goOn(d time.Duration) {
	r.t.Helper()
	select {
	case err := <-r.ended:
		r.ended <- err
		r.t.Fatalf("beam ended by itself: %v", err)
	case <-time.After(d):
	}
}

// end ends the recording and returns its report.
func (r *recording) end() beam.Report {
	r.t.Helper()
	if err := r.cmd.Process.Signal(os.Interrupt); err != nil {
		r.t.Fatal(err)
	}
	select {
	case <-r.ended:
	case <-time.After(time.Minute):
		r.t.Fatal("beam did not end within a minute")
	}
	text, err := os.ReadFile(beam.ReportPath(r.path))
	if err != nil {
		r.t.Fatal(err)
	}
	var report beam.Report
	if err := json.Unmarshal(text, &report); err != nil {
		r.t.Fatal(err)
	}
	// 3: the machine was too busy for all frames, or the like. What is looked at here
	// has to be right all the same.
	if code := r.cmd.ProcessState.ExitCode(); code != 0 && code != 3 {
		r.t.Errorf("beam ended with %d", code)
	}
	return report
}
