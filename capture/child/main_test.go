package child

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// helperVariable makes the test binary start a program, print its process id,
// and wait for its own death.
const helperVariable = "BEAM_TEST_CHILD_HELPER"

func TestMain(m *testing.M) {
	if os.Getenv(helperVariable) != "" {
		p, err := Start(context.Background(), Command{Path: "sleep", Args: []string{"600"}})
		if err != nil {
			panic(err)
		}
		fmt.Println(p.PID())
		select {}
	}
	goleak.VerifyTestMain(m)
}

func shell(script string) Command {
	return Command{Path: "sh", Args: []string{"-c", script}, Env: Server.Environment()}
}

func start(t *testing.T, ctx context.Context, c Command) *Process {
	t.Helper()
	p, err := Start(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.KillAndWait)
	return p
}

// lives tells whether a process is there and no zombie.
func lives(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z") && !strings.HasPrefix(state, "X")
}

// await waits for what the kernel does in its own time.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

// pids reads process ids as a program prints them.
func pids(t *testing.T, text string, n int) []int {
	t.Helper()
	var all []int
	for _, field := range strings.Fields(text) {
		var pid int
		if _, err := fmt.Sscan(field, &pid); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		all = append(all, pid)
	}
	if len(all) != n {
		t.Fatalf("%q has not %d process ids", text, n)
	}
	t.Cleanup(func() {
		for _, pid := range all {
			if lives(pid) {
				_ = syscall.Kill(pid, syscall.SIGKILL) // so that a failed test leaves nothing
			}
		}
	})
	return all
}
