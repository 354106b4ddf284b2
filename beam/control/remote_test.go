package control

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake notes what it is asked for.
type fake struct {
	mu   sync.Mutex
	done []string
}

func (f *fake) note(what string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.done = append(f.done, what)
	if what == "pause" {
		return errors.New("it is paused already")
	}
	return nil
}

func (f *fake) Status() Status                                 { return Status{ID: "one", State: "recording", Healthy: true} }
func (f *fake) Stop()                                          { _ = f.note("stop") }
func (f *fake) Pause(context.Context) error                    { return f.note("pause") }
func (f *fake) Resume(context.Context) error                   { return f.note("resume") }
func (f *fake) SetLayout(_ context.Context, name string) error { return f.note("layout " + name) }
func (f *fake) Mark(text string) error                         { return f.note("mark " + text) }
func (f *fake) Exclude(_ context.Context, names []string) error {
	return f.note("exclude " + strings.Join(names, "|"))
}
func (f *fake) Include(_ context.Context, names []string) error {
	return f.note("include " + strings.Join(names, "|"))
}

func serve(t *testing.T, id string, r Recording) *Server {
	t.Helper()
	s, err := Serve(id, r, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func private(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "r-") // short, as a socket's path has to be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	t.Setenv("XDG_RUNTIME_DIR", dir)
	return dir
}

// without returns the ids that are not among others.
func without(ids, others []string) []string {
	return slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(others, id) })
}

func TestControl(t *testing.T) {
	dir := private(t)
	others, err := IDs() // of recordings that are none of this test's
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{}
	s := serve(t, "one", f)
	if _, err := Serve("one", f, slog.New(slog.DiscardHandler)); !errors.Is(err, ErrTaken) {
		t.Errorf("the same id: %v", err)
	}
	info, err := os.Stat(filepath.Join(dir, "beam", "one.sock"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("socket %v, %v", info, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "beam")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder %v, %v", info, err)
	}
	if ids, err := IDs(); err != nil || !slices.Equal(without(ids, others), []string{"one"}) {
		t.Errorf("ids %v, %v", ids, err)
	}
	c, err := Open("one")
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	status, err := c.Status(ctx)
	if err != nil || status.State != "recording" || status.PID != os.Getpid() {
		t.Errorf("%+v, %v", status, err)
	}
	if err := errors.Join(c.Resume(ctx), c.SetLayout(ctx, "grid"), c.Mark(ctx, "Größe"), c.Exclude(ctx, []string{"Doe, Jane", "b"}), c.Include(ctx, []string{"b"}), c.Stop(ctx)); err != nil {
		t.Error(err)
	}
	if err := c.Pause(ctx); err == nil || err.Error() != "one: it is paused already" {
		t.Errorf("pause: %v", err)
	}
	if err := errors.Join(c.Exclude(ctx, nil), c.Include(ctx, []string{" "})); err == nil || strings.Count(err.Error(), "no name") != 2 {
		t.Errorf("nobody: %v", err)
	}
	if err := c.Mark(ctx, strings.Repeat("x", 600)); err == nil {
		t.Error("a title of 600 bytes was taken")
	}
	if got := strings.Join(f.done, ", "); got != "resume, layout grid, mark Größe, exclude Doe, Jane|b, include b, stop, pause" {
		t.Errorf("done: %s", got)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := c.Status(ctx); !errors.Is(err, ErrGone) {
		t.Errorf("after the end: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// What a killed recording left is in nobody's way.
func TestKilled(t *testing.T) {
	dir := filepath.Join(private(t), "beam")
	if err := os.Mkdir(dir, 0o755); err != nil { // too open: it is closed
		t.Fatal(err)
	}
	for _, name := range []string{"one.sock", "one.sock.lock", "two.sock", "two.sock.lock"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Open("two")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Stop(t.Context()); !errors.Is(err, ErrGone) {
		t.Errorf("stop: %v", err)
	}
	s := serve(t, "one", &fake{})
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("%v, %v", left, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestBadFolder(t *testing.T) {
	dir := private(t)
	if err := os.WriteFile(filepath.Join(dir, "beam"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Serve("one", &fake{}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a file was taken for a folder")
	}
	for _, id := range []string{"", "..", "a/b", ".x", strings.Repeat("x", 41), "a b"} {
		if CheckID(id) == nil {
			t.Errorf("%q can be an id", id)
		}
	}
	t.Setenv("XDG_RUNTIME_DIR", filepath.Join(dir, strings.Repeat("x", 100)))
	if _, err := Serve("one", &fake{}, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "XDG_RUNTIME_DIR") {
		t.Errorf("a long path: %v", err)
	}
}

// A client finds a recording whose recorder has another environment, and believes no
// folder that is a link.
func TestOtherEnvironment(t *testing.T) {
	private(t)
	s := serve(t, "elsewhere", &fake{})
	defer s.Close()
	recorder := os.Getenv("XDG_RUNTIME_DIR")
	private(t) // the client's own
	if _, err := Open("elsewhere"); !errors.Is(err, ErrGone) {
		t.Errorf("a directory that nobody can know: %v", err)
	}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	link := filepath.Join(temp, "beam-run-"+strconv.Itoa(os.Getuid()))
	if err := os.Symlink(filepath.Join(recorder, "beam"), link); err != nil {
		t.Fatal(err)
	}
	if _, err := Open("elsewhere"); err == nil || !strings.Contains(err.Error(), "is not a directory") {
		t.Errorf("a link is believed: %v", err)
	}
	if err := errors.Join(os.Remove(link), os.Rename(filepath.Join(recorder, "beam"), link)); err != nil {
		t.Fatal(err)
	}
	c, err := Open("elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	if ids, err := IDs(); err != nil || !slices.Contains(ids, "elsewhere") {
		t.Errorf("ids %v, %v", ids, err)
	}
	if status, err := c.Status(t.Context()); err != nil || status.State != "recording" {
		t.Errorf("%+v, %v", status, err)
	}
}
