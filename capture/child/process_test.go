package child

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestRun(t *testing.T) {
	out, complaints := &Buffer{Limit: 100}, &Head{}
	c := shell("echo yes; echo why >&2; exit 3")
	c.Stdout, c.Stderr = out, complaints
	err := Run(t.Context(), c)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 || out.String() != "yes\n" || complaints.First[0] != "why" {
		t.Errorf("%v, %q, %q", err, out, complaints.First)
	}
	if err := Run(t.Context(), shell("exit 0")); err != nil {
		t.Error(err)
	}
	if err := Run(t.Context(), Command{Path: "no-such-program"}); !errors.Is(err, exec.ErrNotFound) {
		t.Error(err)
	}
	if err := Run(t.Context(), Command{Path: "/no/such/program"}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestWaitAgain(t *testing.T) {
	p := start(t, t.Context(), shell("exit 4"))
	for range 3 {
		if err := p.Wait(); err == nil || err.Error() != "exit status 4" || !errors.Is(p.Cause(), err) {
			t.Errorf("%v", err)
		}
	}
	if unix.Kill(p.PID(), 0) == nil {
		t.Error("the process was not reaped")
	}
	orderly := start(t, t.Context(), shell("exit 0"))
	if err := orderly.Wait(); err != nil || orderly.Cause() == nil {
		t.Errorf("%v, %v", err, orderly.Cause())
	}
}

// What a program leaves in its group ends with it.
func TestGroupEndsWithLeader(t *testing.T) {
	out := &Buffer{Limit: 100}
	c := shell("sleep 600 & echo $!")
	c.Stdout = out
	if err := Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	pid := pids(t, out.String(), 1)[0]
	await(t, "the end of the group", func() bool { return !lives(pid) })
}

// A descendant that left the group holds the output open. It delays the end for
// as long as it may, and no longer.
func TestHangingPipe(t *testing.T) {
	out := &Buffer{Limit: 100}
	left := filepath.Join(t.TempDir(), "left")
	c := shell(`setsid sh -c 'echo $$; : >"$0"; exec sleep 600' "$0" & while ! [ -e "$0" ]; do sleep 0.01; done`)
	c.Args = append(c.Args, left)
	c.Stdout, c.Linger = out, 50*time.Millisecond
	if err := Run(t.Context(), c); !errors.Is(err, exec.ErrWaitDelay) {
		t.Errorf("%v", err)
	}
	if pid := pids(t, out.String(), 1)[0]; !lives(pid) {
		t.Error("nothing held the output: this test shows nothing")
	}
}

// Once a process was reaped its number may be a stranger's.
func TestStrangerIsNotKilled(t *testing.T) {
	stranger := start(t, t.Context(), Command{Path: "sleep", Args: []string{"600"}})
	ended := &Process{pid: stranger.PID(), reaped: true, exited: make(chan struct{})}
	close(ended.exited)
	ended.Kill()
	ended.end(time.Hour)
	// A signal is delivered before a second one is sent by the same thread; had
	// it been sent, the process would be dying now.
	stranger.Signal(unix.SIGSTOP)
	await(t, "the stop of the stranger", func() bool { return state(t, stranger.PID()) == "T" })
}

func state(t *testing.T, pid int) string {
	t.Helper()
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return rest[:1]
}

// All that can end a process at once, many times over, for -race.
func TestEndsMeet(t *testing.T) {
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		p := start(t, ctx, shell("exit 0"))
		var all sync.WaitGroup
		for _, f := range []func(){p.Kill, p.KillAndWait, cancel, func() { _ = p.Wait() }, func() { p.Stop(ctx, time.Millisecond) }} {
			all.Go(f)
		}
		all.Wait()
		if unix.Kill(p.PID(), 0) == nil {
			t.Error("the process was not reaped")
		}
	}
}

func TestContextKills(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := start(t, ctx, shell("trap '' TERM; sleep 600 & wait"))
	p.Signal(unix.SIGSTOP) // also one that is stopped
	cancel()
	if err := p.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("%v", err)
	}
	if err := Run(ctx, shell("exit 0")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// ready starts a shell that says when it has set its traps.
func ready(t *testing.T, ctx context.Context, script string, grace time.Duration) *Process {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c := shell(script)
	c.Stdout, c.Grace = w, grace
	p := start(t, ctx, c)
	w.Close()
	if _, err := bufio.NewReader(r).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return p
}

const (
	obedient = "trap 'exit 7' TERM; sleep 600 & echo; wait"
	deaf     = "trap '' TERM; sleep 600 & echo; wait"
)

func TestGrace(t *testing.T) {
	for script, want := range map[string]string{obedient: "exit status 7", deaf: "signal: killed"} {
		ctx, cancel := context.WithCancel(t.Context())
		grace := 20 * time.Second
		if script == deaf {
			grace = 20 * time.Millisecond
		}
		p := ready(t, ctx, script, grace)
		cancel()
		if err := p.Wait(); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", script, err, want)
		}
	}
}

func TestStop(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		script   string
		ctx      context.Context
		patience time.Duration
		paused   bool
		want     string
	}{
		"obedient":            {obedient, t.Context(), time.Minute, false, "exit status 7"},
		"obedient and paused": {obedient, t.Context(), time.Minute, true, "exit status 7"},
		"deaf":                {deaf, t.Context(), 20 * time.Millisecond, false, "signal: killed"},
		"no time":             {deaf, ended, time.Minute, false, "signal: killed"},
	} {
		t.Run(name, func(t *testing.T) {
			p := ready(t, t.Context(), c.script, 0)
			if c.paused {
				p.Signal(unix.SIGSTOP)
				await(t, "the stop", func() bool { return state(t, p.PID()) == "T" })
			}
			p.Stop(c.ctx, c.patience)
			if err := p.Wait(); err == nil || err.Error() != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
			if groupLives(p.PID()) {
				t.Error("the group lives")
			}
		})
	}
}

// The death signal comes when this process dies, however it dies.
func TestDiesWithItsParent(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent := start(t, t.Context(), Command{Path: self, Env: append(Tool.Environment(), helperVariable+"=1"), Stdout: w, Stderr: os.Stderr})
	w.Close()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid := pids(t, line, 1)[0]
	if !lives(pid) {
		t.Fatal("the helper's program does not run")
	}
	// Not its group, of which the helper's program is no member anyway.
	if err := syscall.Kill(parent.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, "the death of the helper's program", func() bool { return !lives(pid) })
}

// The thread that called Start may end before the program does.
func TestOutlivesItsThread(t *testing.T) {
	started := make(chan *Process)
	thread := make(chan int)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		p, err := Start(t.Context(), Command{Path: "sleep", Args: []string{"600"}})
		if err != nil {
			t.Error(err)
		}
		started <- p
		thread <- unix.Gettid()
	}()
	p, tid := <-started, <-thread
	if p == nil {
		return
	}
	t.Cleanup(p.KillAndWait)
	await(t, "the end of the thread", func() bool {
		_, err := os.Stat("/proc/self/task/" + strconv.Itoa(tid))
		return tid == os.Getpid() || err != nil
	})
	if !lives(p.PID()) {
		t.Error("it died with the thread that asked for it")
	}
}

func TestNice(t *testing.T) {
	own, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, t.Context(), Command{Path: "sleep", Args: []string{"600"}, Nice: 19})
	got, err := unix.Getpriority(unix.PRIO_PROCESS, p.PID())
	// The system call returns 20 less the niceness (getpriority(2)).
	if err != nil || got != 1 {
		t.Errorf("niceness %d, %v", 20-got, err)
	}
	if after, _ := unix.Getpriority(unix.PRIO_PROCESS, os.Getpid()); after != own {
		t.Errorf("our own priority went from %d to %d", own, after)
	}
}

func TestLivesIn(t *testing.T) {
	for stat, want := range map[string]bool{
		"12 (chromium) S 1 77 77 0":  true,
		"12 (a) Z 1 5) R 1 77 77":    true,
		"12 (chromium) Z 1 77 77 0":  false,
		"12 (chromium) S 1 78 77 0":  false,
		"12 (77 S 1 77) S 1 78 77 0": false,
		"":                           false,
	} {
		if livesIn([]byte(stat), 77) != want {
			t.Errorf("%q: not %v", stat, want)
		}
	}
}
