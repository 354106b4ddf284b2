package x11

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"beam/capture"
)

// helperEnv makes the test binary start a server in the named folder, print its
// process id and display, and wait for its own death.
const helperEnv = "BEAM_TEST_X11_HELPER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperEnv); dir != "" {
		helper(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

var screen = capture.Size{Width: 656, Height: 376}

func options(dir string) Options {
	return Options{Path: "Xvfb", Dir: dir, Screen: screen, Log: slog.New(slog.DiscardHandler)}
}

func start(t *testing.T, dir string) *Server {
	t.Helper()
	s, err := Start(t.Context(), options(dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeServer(t, s) })
	return s
}

func closeServer(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
}

func wantFault(t *testing.T, err error, class capture.Class) *capture.Fault {
	t.Helper()
	var fault *capture.Fault
	if !errors.As(err, &fault) || fault.Class != class {
		t.Fatalf("error is %v, want a fault of class %s", err, class)
	}
	return fault
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// cookieOf returns the cookie in a server's authority file: its last 16 bytes.
func cookieOf(t *testing.T, s *Server) []byte {
	t.Helper()
	b, err := os.ReadFile(s.XAuthority())
	if err != nil {
		t.Fatal(err)
	}
	return b[len(b)-cookieSize:]
}

// connect makes a client's first step (X Window System Protocol, section 8,
// connection setup) and returns the size of the screen, or what the server says
// against it.
func connect(t *testing.T, s *Server, cookie []byte) (capture.Size, error) {
	t.Helper()
	c, err := net.Dial("unix", filepath.Join(socketFolder, "X"+s.Display()[1:]))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	pad := func(b []byte) []byte { return append(b, make([]byte, -len(b)&3)...) }
	order := binary.LittleEndian
	hello := []byte{'l', 0, 11, 0, 0, 0}
	name := []byte(cookieName)
	if cookie == nil {
		name = nil
	}
	hello = order.AppendUint16(hello, uint16(len(name)))
	hello = order.AppendUint16(hello, uint16(len(cookie)))
	hello = append(hello, 0, 0)
	hello = append(hello, pad(name)...)
	hello = append(hello, pad(bytes.Clone(cookie))...)
	if _, err := c.Write(hello); err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 8)
	if _, err := io.ReadFull(c, head); err != nil {
		t.Fatal(err)
	}
	body := make([]byte, 4*int(order.Uint16(head[6:])))
	if _, err := io.ReadFull(c, body); err != nil {
		t.Fatal(err)
	}
	if head[0] != 1 {
		return capture.Size{}, fmt.Errorf("refused: %s", body[:head[1]])
	}
	vendor := int(order.Uint16(body[16:]))
	formats := int(body[21])
	root := body[32+(vendor+3)&^3+8*formats:]
	return capture.Size{Width: int(order.Uint16(root[20:])), Height: int(order.Uint16(root[22:]))}, nil
}

func TestFindMissing(t *testing.T) {
	_, err := Find("/nonexistent/Xvfb")
	if wantFault(t, err, capture.ClassEnvironment).Hint == "" {
		t.Error("no hint")
	}
}

func TestLifecycle(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	size, err := connect(t, s, cookieOf(t, s))
	if err != nil || size != screen {
		t.Errorf("screen of %v, %v", size, err)
	}
	if info, err := os.Stat(s.XAuthority()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("authority file: %v, %v", info.Mode(), err)
	}
	if !alive(s.PID()) || s.Err() != nil {
		t.Errorf("process %d, error %v", s.PID(), s.Err())
	}
	closeServer(t, s)
	closeServer(t, s)
	wantGone(t, s, dir)
	if s.Err() != nil {
		t.Errorf("error after Close: %v", s.Err())
	}
}

func wantGone(t *testing.T, s *Server, dir string) {
	t.Helper()
	select {
	case <-s.Done():
	default:
		t.Error("Done isn't closed")
	}
	if alive(s.PID()) {
		t.Error("the process is still there")
	}
	for _, l := range s.left {
		if info, err := os.Lstat(l.path); err == nil && info.ModTime().Equal(l.info.ModTime()) {
			t.Errorf("left behind: %s", l.path)
		}
	}
	if len(s.left) == 0 {
		t.Error("not even a socket was seen")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// TestCookies: each server takes its own cookie only.
func TestCookies(t *testing.T) {
	a, b := start(t, t.TempDir()), start(t, t.TempDir())
	if a.Display() == b.Display() {
		t.Fatalf("both are %s", a.Display())
	}
	tests := []struct {
		name   string
		server *Server
		cookie []byte
		ok     bool
	}{
		{"a with its own", a, cookieOf(t, a), true},
		{"b with its own", b, cookieOf(t, b), true},
		{"a with b's", a, cookieOf(t, b), false},
		{"b with a's", b, cookieOf(t, a), false},
		{"a with none", a, nil, false},
	}
	for _, test := range tests {
		if _, err := connect(t, test.server, test.cookie); (err == nil) != test.ok {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestClients: what real clients make of the authority file.
func TestClients(t *testing.T) {
	a, b := start(t, t.TempDir()), start(t, t.TempDir())
	window := capture.Size{Width: 640, Height: 360}
	grab := func(display, authority string) ([]byte, error) {
		cmd := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-v", "error", "-f", "x11grab", "-draw_mouse", "0",
			"-video_size", window.String(), "-i", display+"+0,0",
			"-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "XAUTHORITY=" + authority}
		return cmd.Output()
	}
	picture, err := grab(a.Display(), a.XAuthority())
	if err != nil || len(picture) != 3*window.Pixels() {
		t.Fatalf("%d bytes, %v", len(picture), err)
	}
	if i := bytes.IndexFunc(picture, func(r rune) bool { return r != 0 }); i >= 0 {
		t.Errorf("the empty screen isn't black at byte %d: is there a cursor?", i)
	}
	if _, err := grab(a.Display(), b.XAuthority()); err == nil {
		t.Error("the other server's cookie is good for a grab")
	}
}

func TestKilledServer(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	if err := syscall.Kill(s.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
	wantFault(t, s.Err(), capture.ClassBrowser)
	closeServer(t, s)
	wantGone(t, s, dir)

	again := start(t, dir) // the repair
	if _, err := connect(t, again, cookieOf(t, again)); err != nil {
		t.Error(err)
	}
}

// TestCloseSparesTheNext: a server that was killed leaves its number to
// another, whose socket must not be removed with the first one's.
func TestCloseSparesTheNext(t *testing.T) {
	s := start(t, t.TempDir())
	if err := syscall.Kill(s.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
	next := start(t, t.TempDir())
	closeServer(t, s)
	if _, err := connect(t, next, cookieOf(t, next)); err != nil {
		t.Error(err)
	}
}

func TestEndOfContextKills(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Start(ctx, options(dir))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-s.Done()
	closeServer(t, s)
	wantGone(t, s, dir)
}

// TestBeamKilled: when Beam itself is killed, the server goes and takes its
// socket along.
func TestBeamKilled(t *testing.T) {
	beam := exec.CommandContext(t.Context(), os.Args[0])
	beam.Env = append(os.Environ(), helperEnv+"="+t.TempDir())
	stdout, err := beam.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := beam.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 64)
	n, _ := stdout.Read(line)
	var pid, number int
	if _, err := fmt.Sscanf(string(line[:n]), "%d :%d", &pid, &number); err != nil || !alive(pid) {
		t.Fatalf("no server: %q", line[:n])
	}
	left := leftovers(number, pid)
	_ = beam.Process.Kill()
	_ = beam.Wait()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		info, err := os.Lstat(left[0].path)
		if err != nil || !info.ModTime().Equal(left[0].info.ModTime()) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is still there", left[0].path)
		}
	}
}

func helper(dir string) {
	s, err := Start(context.Background(), options(dir))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.PID(), s.Display())
	select {}
}

func TestStartRefuses(t *testing.T) {
	script := filepath.Join(t.TempDir(), "Xvfb")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nprintf '(EE) \\nno luck\\n(EE) \\n' >&2; exit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		set   func(*Options)
		class capture.Class
		says  string
	}{
		{"no screen", func(o *Options) { o.Screen = capture.Size{} }, capture.ClassUsage, "0x0"},
		{"huge screen", func(o *Options) { o.Screen.Width = 1 << 15 }, capture.ClassUsage, "32768"},
		{"missing program", func(o *Options) { o.Path = "/nonexistent/Xvfb" }, capture.ClassEnvironment, "no such file"},
		{"other program", func(o *Options) { o.Path = "/bin/true" }, capture.ClassEnvironment, "it ended"},
		{"server that ends", func(o *Options) { o.Path = script }, capture.ClassEnvironment, "exit status 1 (Xvfb says: no luck)"},
		{"no folder", func(o *Options) { o.Dir = "/nonexistent" }, capture.ClassEnvironment, "no such file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			o := options(dir)
			test.set(&o)
			_, err := Start(t.Context(), o)
			fault := wantFault(t, err, test.class)
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %q", err)
			}
			if test.class == capture.ClassEnvironment && fault.Hint == "" {
				t.Error("no hint")
			}
			if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
				t.Errorf("left behind: %v, %v", entries, err)
			}
		})
	}
}

// TestCheckFolder: root may write where the mode forbids it, so a file in the
// place of the folder stands for what can't be written to.
func TestCheckFolder(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(dir, "fresh")
	for range 2 { // made, then found
		if err := checkFolder(fresh); err != nil {
			t.Error(err)
		}
	}
	if info, err := os.Stat(fresh); err != nil || info.Mode() != os.ModeDir|os.ModeSticky|0o777 {
		t.Errorf("mode is %v, %v", info.Mode(), err)
	}
	if err := checkFolder(filepath.Join(file, "x")); err == nil {
		t.Error("a folder in a file was made")
	}
	if err := checkFolder("/proc/self/x"); err == nil {
		t.Error("a folder in /proc was made")
	}
	if err := checkFolder(file); err == nil {
		t.Error("a file was taken for the folder")
	}
}

func TestAuthority(t *testing.T) {
	got := authority([]byte("0123456789abcdef"))
	want := "\xff\xff\x00\x00\x00\x00\x00\x12MIT-MAGIC-COOKIE-1\x00\x100123456789abcdef"
	if string(got) != want {
		t.Errorf("entry is %q, want %q", got, want)
	}
	if a, b := newCookie(), newCookie(); bytes.Equal(a, b) || len(a) != cookieSize {
		t.Errorf("cookies %x and %x", a, b)
	}
}

func TestLockedBy(t *testing.T) {
	for text, want := range map[string]int{"     12345\n": 12345, "": 0, "x\n": 0, "-7\n": 0} {
		if got := lockedBy([]byte(text)); got != want {
			t.Errorf("%q is locked by %d, want %d", text, got, want)
		}
	}
}

func TestScreenFor(t *testing.T) {
	if got := ScreenFor(capture.Size{Width: 1280, Height: 720}); got != (capture.Size{Width: 1296, Height: 736}) {
		t.Errorf("screen is %v", got)
	}
}

func FuzzLockedBy(f *testing.F) {
	f.Add([]byte("     12345\n"))
	f.Add([]byte(""))
	f.Add([]byte("x\n"))
	f.Add([]byte("99999999999999999999\n"))
	f.Add([]byte("-7\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		pid := lockedBy(text)
		if pid < 0 || pid > 0 && lockedBy(fmt.Appendf(nil, "%10d\n", pid)) != pid {
			t.Errorf("%q is locked by %d", text, pid)
		}
	})
}
