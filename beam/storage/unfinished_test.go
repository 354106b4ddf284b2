//go:build e2e

package storage

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"beam/beam/report"
	"beam/capture/encode"
	"beam/capture/mp4"
	"beam/upload"
	"beam/upload/uploadtest"
)

// A file that can't be finished, because nothing can be written any more, goes up
// as it is, beside a journal that can't be written either: it plays. Recovering the
// file finishes it later.
func TestUnfinishedGoesUp(t *testing.T) {
	// In a process of its own: the limit is the whole process's, and go test writes
	// into a log of its own meanwhile.
	const alone = "BEAM_TEST_UNFINISHED"
	if os.Getenv(alone) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestUnfinishedGoesUp$", "-test.v")
		cmd.Env = append(os.Environ(), alone+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v:\n%s", err, out)
		}
		return
	}
	const length = 8 * time.Minute // more than the parts that hold the head
	media, store := encodeReplay(t), newWatchedStore(t)
	file := File{Path: filepath.Join(t.TempDir(), "meeting.mp4"), Room: "https://room.example/full", Version: "test"}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	opened, err := Open(t.Context(), Settings{Bucket: "s3://" + store.Bucket + "/team", Endpoint: store.proxy.URL, Region: uploadtest.Region, PathStyle: true}, log)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	out, err := encode.CreateOutput(file.Path, 0o600, time.Hour, replayFPS, false)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Discard()
	transfer, err := opened.Start(t.Context(), file, out.Head, time.Now(), log)
	if err != nil {
		t.Fatal(err)
	}
	defer transfer.Close(log)
	safe := int64(0)
	out.Grown = func(size int64) {
		safe = size
		transfer.Advance(size)
	}
	feed := &oddChunks{w: out, sizes: rand.New(rand.NewPCG(1, 2))}
	feed.put(t, media.init)
	for n := range media.count(length) {
		feed.put(t, media.fragment(n))
	}
	feed.flush(t)
	caughtUp(t, transfer, safe)

	lift := nothingWritable(t)
	_, err = out.Finish(t.Context(), length, transfer.Untouched(), mp4.Metadata{Encoder: "beam test"})
	if err == nil {
		t.Fatal("the file could be finished")
	}
	info, statErr := os.Stat(file.Path)
	if statErr != nil {
		t.Fatal(statErr)
	}
	r := &report.Report{Output: file.Path, Bytes: info.Size(), Seconds: length.Seconds()}
	err = transfer.Complete(t.Context(), r, nil, func() {}, func(string) {}, log)
	lift()
	if err != nil {
		t.Fatal(err)
	}
	if r.Upload.Confirmed != "crc32c" || r.Upload.Bytes != info.Size() {
		t.Errorf("upload %+v", r.Upload)
	}
	store.checkObject(t, r.Upload.URL, file.Path)
	object := filepath.Join(store.Dir, strings.TrimPrefix(r.Upload.URL, "s3://"+store.Bucket+"/"))
	if frames, sounds := decodedFrom(t, object, length-10*time.Second); frames < 298 || sounds < 466 { // nothing cut what is beyond the length
		t.Errorf("%d frames and %d blocks of audio in its last ten seconds", frames, sounds)
	}
	unfinished, err := os.ReadFile(object)
	if err != nil {
		t.Fatal(err)
	}
	if finished := RecoverFile(t.Context(), file.Path, RecoverOptions{}, log); finished.Err != nil || finished.Outcome != OutcomeFinished {
		t.Errorf("recover: %+v", finished)
	}
	checkLayout(t, file.Path)
	checkPlays(t, file.Path, length)
	if now, err := os.ReadFile(file.Path); err != nil || bytes.Equal(now, unfinished) {
		t.Errorf("the file was finished before: %v", err)
	}
	if _, err := os.Lstat(upload.JournalPath(file.Path)); !os.IsNotExist(err) {
		t.Errorf("the journal is left: %v", err)
	}
}

// nothingWritable makes every write of this process to a file fail (RLIMIT_FSIZE,
// getrlimit(2)), as on a full disk, until lift is called.
func nothingWritable(t *testing.T) (lift func()) {
	t.Helper()
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
			t.Fatal(err)
		}
	}
}
