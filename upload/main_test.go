package upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"beam/upload/uploadtest"
)

func TestMain(m *testing.M) {
	if os.Getenv(childFile) != "" {
		child()
		return
	}
	if os.Getenv(childSchedule) != "" {
		scheduleChild()
		return
	}
	goleak.VerifyTestMain(m)
}

// logBuffer collects a log; safe for concurrent use.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// testLog returns a logger. In the end no secret may be in what it got.
func testLog(t *testing.T) *slog.Logger {
	var b logBuffer
	t.Cleanup(func() {
		noSecret(t, b.String())
		if t.Failed() {
			t.Log(b.String())
		}
	})
	return slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func noSecret(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{uploadtest.Secret, otherSecret, sessionToken} {
		if strings.Contains(text, secret) {
			t.Errorf("a secret is in: %s", text)
		}
	}
}

const (
	otherSecret  = "another-secret-9876543210"
	sessionToken = "session-token-abcdefghij"
	testPart     = MinPartSize
)

// testOptions are quick: small parts, short pauses. A request has long enough
// on any machine: where one is to be given up, the test says after how long.
func testOptions(url string) Options {
	return Options{
		Endpoint: url, Region: uploadtest.Region, PathStyle: true, PartSize: testPart, Heartbeat: time.Second,
		RequestTimeout: 30 * time.Second, BackoffBase: 5 * time.Millisecond, BackoffCap: 60 * time.Millisecond,
		RefusalTime: 200 * time.Millisecond, OutageTime: 5 * time.Second, TailEvery: -1,
	}
}

func openStore(t *testing.T, bucket, url string, change func(*Options)) *Store {
	t.Helper()
	o := testOptions(url)
	if change != nil {
		change(&o)
	}
	s, err := Open(t.Context(), Target{Bucket: bucket, Prefix: "team"}, o, testLog(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// recording is a file that grows as a recording does: at the end its head is
// written anew.
type recording struct {
	t    *testing.T
	path string
	rng  *rand.ChaCha8
	head int64
	size int64
	file *os.File
}

func newRecording(t *testing.T, head int64) *recording {
	t.Helper()
	r := &recording{t: t, path: filepath.Join(t.TempDir(), "meeting.mp4"), rng: rand.NewChaCha8([32]byte{byte(head)}), head: head}
	f, err := os.Create(r.path)
	if err != nil {
		t.Fatal(err)
	}
	r.file = f
	t.Cleanup(func() { _ = f.Close() })
	return r
}

func (r *recording) grow(n int64) int64 {
	r.t.Helper()
	if _, err := io.CopyN(r.file, r.rng, n); err != nil {
		r.t.Fatal(err)
	}
	r.size += n
	return r.size
}

func (r *recording) finish() int64 {
	r.t.Helper()
	head := make([]byte, min(r.head, r.size))
	_, _ = r.rng.Read(head)
	if _, err := r.file.WriteAt(head, 0); err != nil {
		r.t.Fatal(err)
	}
	return r.size
}

func (r *recording) bytes() []byte {
	r.t.Helper()
	data, err := os.ReadFile(r.path)
	if err != nil {
		r.t.Fatal(err)
	}
	return data
}

// sameObject compares the object on the gateway's disk with the file.
func (r *recording) sameObject(g *uploadtest.Gateway, result Result) {
	r.t.Helper()
	object, err := os.ReadFile(filepath.Join(g.Dir, result.Key))
	if err != nil {
		r.t.Fatal(err)
	}
	if !bytes.Equal(object, r.bytes()) {
		r.t.Fatalf("the object (%d bytes) differs from the file (%d bytes)", len(object), r.size)
	}
}

// clean checks that nothing is left but the objects named.
func clean(t *testing.T, g *uploadtest.Gateway, file string, objects ...string) {
	t.Helper()
	if left := g.Uploads(t); len(left) > 0 {
		t.Errorf("unfinished uploads are left: %v", left)
	}
	got := g.Objects(t)
	slices.Sort(objects)
	if !slices.Equal(got, objects) {
		t.Errorf("objects %v, want %v", got, objects)
	}
	if _, err := os.Stat(JournalPath(file)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the journal is still there: %v", err)
	}
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long for %s", what)
		}
	}
}

// isUpload checks that err is an *Error of ClassUpload with a hint, and holds no
// secret.
func isUpload(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.FaultClass() != ClassUpload || e.FaultHint() == "" {
		t.Fatalf("%#v (%v) is no upload error with a hint", err, err)
	}
	noSecret(t, fmt.Sprintf("%v %+v %s", err, err, e.Hint))
}

func start(t *testing.T, ctx context.Context, c Config) *Uploader {
	t.Helper()
	if c.Log == nil {
		c.Log = testLog(t)
	}
	u, err := Start(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := u.Close(); err != nil {
			t.Error(err)
		}
	})
	return u
}
