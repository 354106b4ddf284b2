package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
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

// The end-to-end tests run Beam as a user does: the real program, with real
// Chromium, ffmpeg, PulseAudio and Xvfb, on pages at 127.0.0.1. Recordings are
// judged by what is in them. Each recording has a private TMPDIR, which is the
// mark by which its processes are found, and nothing may be left of it.

// suite removes what the tests share once all of them have run.
type suite struct{ *testing.M }

func (s suite) Run() int {
	code := s.M.Run()
	for _, clean := range shared.clean {
		clean()
	}
	return code
}

// shared is what is made once for all tests.
var shared struct {
	clean []func()
}

// program returns the path of the program, built without the race detector: the
// tests are about a recording's figures too.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "beam-e2e-")
	if err != nil {
		return "", err
	}
	shared.clean = append(shared.clean, func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "beam")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
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
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp, "XDG_RUNTIME_DIR=")
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

// run starts the command.
func (r *recording) run() {
	r.t.Helper()
	r.cmd.Stdout, r.cmd.Stderr = &r.stdout, &r.stderr
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

// joinLimit bounds what starts programs or waits for them, on a busy machine.
const joinLimit = 60 * time.Second

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

// recordFor waits until the recording has begun and has gone on for d.
func (r *recording) recordFor(d time.Duration) {
	r.t.Helper()
	r.says("recording; Ctrl-C ends it")
	for _, p := range r.processes() {
		if display := p.variable("DISPLAY"); p.isChrome() && display != "" {
			r.display = display
		}
	}
	select {
	case <-r.ended:
	case <-time.After(d):
	}
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

// completes waits for the end of a recording that asks much of the machine: a
// rate that was lowered, and told, is no fault.
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
	if report := r.report(); len(report.Degraded) != 1 || report.Pictures == nil || report.Pictures.Lowered == 0 {
		r.t.Errorf("degraded: %v", report.Degraded)
	}
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
// all after an ordinary end, and until the kernel has ended them otherwise.
const goneWithin = 3 * time.Second

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

// attempt makes a recording whose figures depend on the machine too, up to
// three times: one that meets the figures tells that Beam can, and three that
// don't that it can't. What is no matter of speed fails the test at once, by
// itself; try returns what was not good enough.
func attempt(t *testing.T, try func(*testing.T) []string) {
	t.Helper()
	var faults []string
	for n := range 3 {
		passed := t.Run(fmt.Sprintf("attempt %d", n+1), func(t *testing.T) {
			if faults = try(t); len(faults) > 0 {
				t.Logf("not good enough: %s", strings.Join(faults, "; "))
			}
		})
		if !passed || len(faults) == 0 {
			return
		}
	}
	t.Errorf("in each of three recordings: %s", strings.Join(faults, "; "))
}
