//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"beam/beam"
)

// Recordings have a private TMPDIR each, which is the mark by which their
// processes are found, and nothing may be left of them. Nothing here depends on
// how fast the machine is: tests wait for what has to come, not for a time, and
// look at content, order and sync in the file, not at how many pictures of the
// page are in it. What is a matter of speed is measured by scripts/bench.

// suite removes what the tests share once all of them have run.
type suite struct{ *testing.M }

func (s suite) Run() int {
	code := s.M.Run()
	for _, clean := range shared.clean {
		clean()
	}
	return code
}

func TestMain(m *testing.M) { os.Exit(suite{m}.Run()) }

// shared is what is made once for all tests.
var shared struct {
	mu    sync.Mutex
	clean []func()
}

// atEnd has clean called when all tests have run, before what was registered
// earlier.
func atEnd(clean func()) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	shared.clean = append([]func(){clean}, shared.clean...)
}

// program returns the path of the program, built without the race detector: it
// is as users have it.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "beam-e2e-")
	if err != nil {
		return "", err
	}
	atEnd(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "beam")
	if out, err := exec.Command("go", "build", "-o", path, "beam/cmd/beam").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build beam: %w: %s", err, out)
	}
	return path, nil
})

func programPath(t *testing.T) string {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// command returns a command of Beam with a private TMPDIR.
func command(t *testing.T, tmp string, args ...string) *exec.Cmd {
	t.Helper()
	return private(exec.Command(programPath(t), args...), tmp)
}

// private gives a command a private TMPDIR and a process group of its own. It
// has no Pdeathsig: that counts from the end of the thread that starts the
// process, which may come before the end of the tests.
func private(cmd *exec.Cmd, tmp string) *exec.Cmd {
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp, "XDG_RUNTIME_DIR=", "GITHUB_ACTIONS=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// privateDir makes a TMPDIR. Its path is short, because Chrome puts a socket's
// path below it, and is a mark that no other process carries.
func privateDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "b-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// buffer collects output while it is being read.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// recording is one run of beam record.
type recording struct {
	t              *testing.T
	cmd            *exec.Cmd
	tmp, out       string
	stdout, stderr buffer
	started        time.Time // before the command
	begun          time.Time // after the recording began
	ended          chan struct{}
	display        string // of the private Xvfb, such as ":3"; "" when there was none
}

// record starts a recording of room.
func record(t *testing.T, room string, args ...string) *recording {
	t.Helper()
	return recordTo(t, privateDir(t), filepath.Join(t.TempDir(), "rec.mp4"), room, args...)
}

// recordTo starts a recording with a given TMPDIR and output. At the end of
// the test nothing of it may be left.
func recordTo(t *testing.T, tmp, out, room string, args ...string) *recording {
	t.Helper()
	r := &recording{t: t, tmp: tmp, out: out, ended: make(chan struct{})}
	r.cmd = command(t, tmp, append([]string{"record", room, "-o", out}, args...)...)
	r.run()
	return r
}

// recordWith starts a recording of room, with more in its environment.
func recordWith(t *testing.T, environ []string, room string, args ...string) *recording {
	t.Helper()
	r := &recording{t: t, tmp: privateDir(t), out: filepath.Join(t.TempDir(), "rec.mp4"), ended: make(chan struct{})}
	r.cmd = command(t, r.tmp, append([]string{"record", room, "-o", r.out}, args...)...)
	r.cmd.Env = append(r.cmd.Env, environ...)
	r.run()
	return r
}

// run starts the command.
func (r *recording) run() {
	r.t.Helper()
	if r.cmd.Stdout == nil {
		r.cmd.Stdout, r.cmd.Stderr = &r.stdout, &r.stderr
	}
	r.started = time.Now()
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	go func() {
		defer close(r.ended)
		_ = r.cmd.Wait() // its code is looked at by whoever waits
	}()
	r.t.Cleanup(r.cleanup)
}

// cleanup ends a recording that a failed test left running, and checks that
// nothing is left of one that has ended.
func (r *recording) cleanup() {
	select {
	case <-r.ended:
		r.nothingLeft()
	default:
		_ = r.cmd.Process.Kill()
		<-r.ended
		r.t.Error("beam was still running")
	}
	if r.t.Failed() {
		r.t.Logf("%v printed:\n%s", r.cmd.Args[1:], r.stderr.String())
	}
}

// joinLimit bounds what starts programs or waits for them. It is reached only by
// what hangs.
const joinLimit = 2 * time.Minute

// says waits until Beam has printed text on standard error.
func (r *recording) says(text string) {
	r.t.Helper()
	r.until(joinLimit, fmt.Sprintf("print %q", text), func() bool { return strings.Contains(r.stderr.String(), text) })
}

// until waits for a condition, no longer than the recording runs.
func (r *recording) until(limit time.Duration, what string, met func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(limit); !met(); time.Sleep(20 * time.Millisecond) {
		select {
		case <-r.ended:
			if met() {
				return
			}
			r.t.Fatalf("beam ended with %d and did not %s:\n%s", r.code(), what, r.stderr.String())
		default:
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("beam did not %s within %v:\n%s", what, limit, r.stderr.String())
		}
	}
}

// begins waits until the recording has begun.
func (r *recording) begins() {
	r.t.Helper()
	r.says("recording; Ctrl-C ends it")
	r.begun = time.Now()
	for _, p := range r.processes() {
		if display := p.variable("DISPLAY"); p.isChrome() && display != "" {
			r.display = display
		}
	}
}

// recordFor waits until the recording has begun and has gone on for d, which
// is how much there is to look at in the file.
func (r *recording) recordFor(d time.Duration) {
	r.t.Helper()
	r.begins()
	select {
	case <-r.ended:
	case <-time.After(d):
	}
}

// onDisk is what is kept, whatever happens, of a recording that wrote two
// fragments: they are half a second and more.
const onDisk = time.Second

// wrote waits until two fragments of the recording are on the disk.
func (r *recording) wrote() {
	r.t.Helper()
	r.begins()
	r.until(joinLimit, "write two fragments", func() bool {
		data, err := os.ReadFile(r.out)
		if err != nil {
			return false
		}
		// A fragment counts once the next has begun, or it could be half written.
		return bytes.Count(data, []byte("moof")) > 2
	})
}

func (r *recording) signal(s syscall.Signal) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		r.t.Fatal(err)
	}
}

// code returns the exit code of a recording that has ended, -1 when a signal
// ended it.
func (r *recording) code() int { return r.cmd.ProcessState.ExitCode() }

// ends waits for the end and checks the exit code.
func (r *recording) ends(code int) {
	r.t.Helper()
	select {
	case <-r.ended:
	case <-time.After(joinLimit):
		r.t.Fatalf("beam did not end within %v:\n%s", joinLimit, r.stderr.String())
	}
	if got := r.code(); got != code {
		r.t.Errorf("beam ended with %d, want %d", got, code)
	}
}

// completes waits for the end of a recording that is whole, but for what the
// machine was too busy for and what the report says of that: with exit code 3 no
// other reason may be given.
func (r *recording) completes() {
	r.t.Helper()
	select {
	case <-r.ended:
	case <-time.After(joinLimit):
		r.t.Fatalf("beam did not end within %v:\n%s", joinLimit, r.stderr.String())
	}
	if r.code() != exitDegraded {
		r.ends(exitComplete)
		return
	}
	reasons := r.report().Degraded
	if len(reasons) == 0 || slices.ContainsFunc(reasons, func(why string) bool { return !ofSpeed(why) }) {
		r.t.Errorf("degraded: %q", reasons)
	}
}

// ofSpeed tells whether the report blames the machine.
func ofSpeed(why string) bool {
	for _, text := range []string{"the machine was too busy", "of the frames that the page painted", "were not captured"} {
		if strings.Contains(why, text) {
			return true
		}
	}
	return false
}

// report reads the report beside the file.
func (r *recording) report() beam.Report {
	r.t.Helper()
	text, err := os.ReadFile(beam.ReportPath(r.out))
	if err != nil {
		r.t.Fatal(err)
	}
	var report beam.Report
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&report); err != nil {
		r.t.Fatalf("report: %v:\n%s", err, text)
	}
	return report
}

// said checks that the output for people holds each of the texts.
func (r *recording) said(texts ...string) {
	r.t.Helper()
	for _, text := range texts {
		if !strings.Contains(r.stderr.String(), text) {
			r.t.Errorf("%q was not printed", text)
		}
	}
}

// noFile checks that neither a recording nor a report was left.
func (r *recording) noFile() {
	r.t.Helper()
	left, err := os.ReadDir(filepath.Dir(r.out))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range left {
		if f.Name() != filepath.Base(beam.FailurePath(r.out)) {
			r.t.Errorf("%s was left", f.Name())
		}
	}
}

// diagnosed checks that the folder about a failure is there, and returns its
// text.
func (r *recording) diagnosed() string {
	r.t.Helper()
	dir := beam.FailurePath(r.out)
	for _, name := range []string{"about.txt", "console.log", "network.log", "screenshot.png"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 && name == "screenshot.png" {
			r.t.Errorf("%s: %v", name, err)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "about.txt"))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(text)
}

// goneWithin is how long the programs of a recording may outlive Beam: not at
// all after an ordinary end, and until the kernel has ended them otherwise, for
// which they need the processor.
const goneWithin = 20 * time.Second

// nothingLeft checks that no process, private folder or display of the
// recording is left.
func (r *recording) nothingLeft() {
	r.t.Helper()
	r.processesGone()
	left, err := os.ReadDir(r.tmp)
	if err != nil {
		r.t.Error(err)
	}
	for _, f := range left {
		r.t.Errorf("%s is left in TMPDIR", f.Name())
	}
	if r.display == "" {
		return
	}
	number := strings.TrimPrefix(r.display, ":")
	socket := "/tmp/.X11-unix/X" + number
	if conn, err := net.Dial("unix", socket); err == nil {
		conn.Close() // another server has taken the number
		return
	}
	for _, path := range []string{socket, "/tmp/.X" + number + "-lock"} {
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			r.t.Errorf("%s is left", path)
		}
	}
}

// processesGone checks that no process of the recording is left.
func (r *recording) processesGone() {
	r.t.Helper()
	var left []process
	for deadline := time.Now().Add(goneWithin); ; time.Sleep(50 * time.Millisecond) {
		if left = r.processes(); len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			break
		}
	}
	for _, p := range left {
		r.t.Errorf("process %d is left: %.200s", p.pid, p.command)
		_ = syscall.Kill(p.pid, syscall.SIGKILL)
	}
}
