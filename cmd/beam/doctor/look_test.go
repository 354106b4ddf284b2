package doctor

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"beam/beam"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRunStopped(t *testing.T) {
	ctx, stop := context.WithCancelCause(t.Context())
	stop(errors.New("enough"))
	temp := shortDir(t)
	all, err := Run(ctx, t.Context(), Options{Config: beam.Defaults(), Folder: ".", TempDir: temp}, slog.New(slog.DiscardHandler), func(Finding) {})
	if err == nil || err.Error() != "enough" {
		t.Errorf("error %v", err)
	}
	for _, f := range all {
		if f.Status == Problem {
			t.Errorf("what was stopped is no finding: %v", f)
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestRunUsage(t *testing.T) {
	c := beam.Defaults()
	c.Resolution = "9p"
	_, err := Run(t.Context(), t.Context(), Options{Config: c, TempDir: shortDir(t)}, slog.New(slog.DiscardHandler), func(Finding) {})
	var fault *beam.Fault
	if !errors.As(err, &fault) || fault.Class != beam.ClassUsage {
		t.Errorf("error %v", err)
	}
}

// shortDir makes a folder whose path leaves room for Chrome's socket.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "d-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func TestAsk(t *testing.T) {
	if out, err := ask(t.Context(), "sh", "-c", "echo yes"); err != nil || out != "yes\n" {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := ask(t.Context(), "sh", "-c", "echo why >&2; exit 3"); err == nil || !strings.Contains(err.Error(), "exit status 3: why") {
		t.Errorf("%v", err)
	}
	if _, err := ask(t.Context(), "no-such-program"); !missing(err) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	// The child of the child holds the output open, and is killed too.
	if _, err := ask(ctx, "sh", "-c", "sleep 60 & wait"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if out, err := ask(t.Context(), "head", "-c", "9000000", "/dev/zero"); err != nil || len(out) != mostOutput {
		t.Errorf("%d bytes, %v", len(out), err)
	}
}

func TestLookAtFolder(t *testing.T) {
	dir := t.TempDir()
	p := lookAtFolder(dir)
	if p.WriteErr != nil || p.Free == 0 || p.Path != dir {
		t.Errorf("%+v", p)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	if p := lookAtFolder(filepath.Join(dir, "none")); !errors.Is(p.WriteErr, os.ErrNotExist) {
		t.Errorf("%+v", p)
	}
}

// TestTryNamespace makes a namespace or is told why not; that the program in it
// does not exist is never the reason.
func TestTryNamespace(t *testing.T) {
	err := tryNamespace()
	if limit := number("/proc/sys/user/max_user_namespaces", -1); err == nil && limit == 0 {
		t.Error("a namespace could be made where none may be")
	}
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		t.Errorf("the missing program counts as a missing namespace: %v", err)
	}
}

func TestSandboxHelper(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("only root can make a helper; looking at the installed one only")
		if path := sandboxHelper("/usr/bin/chromium"); path != "" && filepath.Base(path) != "chrome-sandbox" {
			t.Errorf("helper %s", path)
		}
		return
	}
	dir := t.TempDir()
	helper := filepath.Join(dir, "chrome-sandbox")
	for _, path := range []string{helper, filepath.Join(dir, "chrome")} {
		if err := os.WriteFile(path, nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(t.TempDir(), "chrome")
	if err := os.Symlink(filepath.Join(dir, "chrome"), link); err != nil {
		t.Fatal(err)
	}
	if got := sandboxHelper(link); got == helper {
		t.Error("a helper without the bit counts")
	}
	if err := os.Chmod(helper, 0o755|os.ModeSetuid); err != nil {
		t.Fatal(err)
	}
	if got := sandboxHelper(link); got != helper {
		t.Errorf("helper %q", got)
	}
}
