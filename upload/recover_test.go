package upload

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	beams3 "beam/upload/s3"
	"beam/upload/uploadtest"
)

// The environment of a child: this test program as a recorder that is killed.
const (
	childFile   = "BEAM_TEST_UPLOAD_FILE"
	childURL    = "BEAM_TEST_UPLOAD_URL"
	childBucket = "BEAM_TEST_UPLOAD_BUCKET"
	childSize   = "BEAM_TEST_UPLOAD_SIZE"
)

// child uploads all whole parts of a file, says so and waits to be killed.
func child() {
	fail := func(err error) {
		fmt.Println(err)
		os.Exit(1)
	}
	log := slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	options := testOptions(os.Getenv(childURL))
	options.Heartbeat = 400 * time.Millisecond
	store, err := Open(ctx, Target{Bucket: os.Getenv(childBucket), Prefix: "team"}, options, log)
	if err != nil {
		fail(err)
	}
	info, err := os.Stat(os.Getenv(childFile))
	if err != nil {
		fail(err)
	}
	u, err := Start(ctx, Config{File: os.Getenv(childFile), Places: []Place{{store, testKey}}, HeadSize: 1 << 20, Log: log})
	if err != nil {
		fail(err)
	}
	u.Advance(info.Size())
	for int64(u.Progress().Parts) < info.Size()/testPart {
		time.Sleep(10 * time.Millisecond)
	}
	fmt.Println("uploaded")
	<-ctx.Done()
}

// killRecorder runs a recorder until the whole parts of r are uploaded, and
// kills it with SIGKILL. alive is called before.
func killRecorder(t *testing.T, g *uploadtest.Gateway, r *recording, alive func()) {
	t.Helper()
	killRecorderAt(t, g.URL, g.Bucket, r, alive)
}

func killRecorderAt(t *testing.T, url, bucket string, r *recording, alive func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childFile+"="+r.path, childURL+"="+url, childBucket+"="+bucket)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 256)
	n, _ := out.Read(line)
	if strings.TrimSpace(string(line[:n])) == "uploaded" && alive != nil {
		alive()
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	_ = cmd.Wait() // it was killed
	if strings.TrimSpace(string(line[:n])) != "uploaded" {
		t.Fatalf("the recorder said: %s", line[:n])
	}
}

func TestRecoverFile(t *testing.T) {
	g := uploadtest.Start(t)
	p := uploadtest.NewProxy(t, g.URL)
	r := newRecording(t, 1<<20)
	r.grow(3*testPart + 1000)
	killRecorder(t, g, r, func() {
		_, err := RecoverFile(t.Context(), r.path, RecoverFileConfig{Log: testLog(t)})
		if err == nil || !strings.Contains(err.Error(), "in use") {
			t.Errorf("recovery beside the living recorder: %v", err)
		}
	})
	info, err := os.Stat(JournalPath(r.path))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("journal: %v, %v", info, err)
	}
	journal, err := os.ReadFile(JournalPath(r.path))
	if err != nil {
		t.Fatal(err)
	}
	noSecret(t, string(journal))
	// A crash can tear the last line.
	if err := os.WriteFile(JournalPath(r.path), append(journal, `{"kind":"part","pa`...), 0o600); err != nil {
		t.Fatal(err)
	}
	r.finish() // the repair writes the head anew
	options := testOptions(p.URL)
	result, err := RecoverFile(t.Context(), r.path, RecoverFileConfig{Options: &options, Log: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	r.sameObject(g, result)
	if sent := p.Count(uploadtest.OpPart); sent != 2 || result.Parts != 4 {
		t.Errorf("%d parts were sent, want 2; result %+v", sent, result)
	}
	clean(t, g, r.path, append(liveLeft(t, g, 0), testKey)...)

	// The crash came just before the journal was removed.
	if err := os.WriteFile(JournalPath(r.path), journal, 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := RecoverFile(t.Context(), r.path, RecoverFileConfig{Log: testLog(t)})
	if err != nil || again.Key != testKey || again.Confirmed != "crc32c" {
		t.Fatalf("repeated: %+v, %v", again, err)
	}
	clean(t, g, r.path, testKey)
}

// liveLeft returns the live objects, of which there have to be n.
func liveLeft(t *testing.T, g *uploadtest.Gateway, n int) []string {
	t.Helper()
	live := slices.DeleteFunc(g.Objects(t), func(key string) bool { return !strings.HasSuffix(key, liveSuffix) })
	if len(live) != n {
		t.Errorf("live objects %v, want %d", live, n)
	}
	return live
}

func TestRecoverFileUnlisted(t *testing.T) {
	g := uploadtest.Start(t)
	p := uploadtest.NewProxy(t, g.URL)
	p.Set(func(op uploadtest.Op, _ *http.Request) uploadtest.Fault {
		if op == uploadtest.OpParts {
			return uploadtest.Answer(403, "AccessDenied", "Access Denied")
		}
		return nil
	})
	r := newRecording(t, 1<<20)
	r.grow(2*testPart + 1000)
	killRecorder(t, g, r, nil)
	options := testOptions(p.URL)
	result, err := RecoverFile(t.Context(), r.path, RecoverFileConfig{Options: &options, Log: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	r.sameObject(g, result)
	if sent := p.Count(uploadtest.OpPart); sent != 1 {
		t.Errorf("%d parts were sent, want the last only", sent)
	}
}

func TestRecoverFileWithoutJournal(t *testing.T) {
	g := uploadtest.Start(t)
	r := newRecording(t, 0)
	r.grow(testPart + 1)
	if _, err := RecoverFile(t.Context(), r.path, RecoverFileConfig{Log: testLog(t)}); err == nil {
		t.Error("no error without journal and place")
	}
	place := &Place{openStore(t, g.Bucket, g.URL, nil), testKey}
	for range 2 { // the second time the object is there
		result, err := RecoverFile(t.Context(), r.path, RecoverFileConfig{Place: place, Log: testLog(t)})
		if err != nil {
			t.Fatal(err)
		}
		r.sameObject(g, result)
		clean(t, g, r.path, testKey)
	}
}

func TestRecoverBucket(t *testing.T) {
	g := uploadtest.Start(t)
	store := openStore(t, g.Bucket, g.URL, nil)
	foreign, err := g.Client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &g.Bucket, Key: aws.String("team/backup.tar")})
	if err != nil {
		t.Fatal(err)
	}
	found := func() map[string]Recovered {
		t.Helper()
		all, err := RecoverBucket(t.Context(), store)
		if err != nil {
			t.Fatal(err)
		}
		byKey := map[string]Recovered{}
		for _, r := range all {
			byKey[r.Key] = r
		}
		return byKey
	}
	r := newRecording(t, 1<<20)
	r.grow(3*testPart + 1000)
	killRecorder(t, g, r, func() {
		time.Sleep(3 * time.Second) // longer than missedBeats intervals
		if got := found()[testKey]; got.Outcome != OutcomeAlive {
			t.Errorf("the living recorder's upload: %+v", got)
		}
	})
	liveLeft(t, g, 1)
	waitFor(t, "the recorder to be taken for dead", func() bool {
		all := found()
		if all["team/backup.tar"].Outcome != OutcomeForeign {
			t.Fatalf("another program's upload: %+v", all)
		}
		got := all[testKey]
		if got.Outcome == OutcomeAlive {
			return false
		}
		if got.Outcome != OutcomeCompleted || got.Parts != 3 || got.Size != 3*testPart {
			t.Fatalf("recovered %+v", got)
		}
		return true
	})
	object, err := os.ReadFile(filepath.Join(g.Dir, testKey))
	if err != nil || !bytes.Equal(object, r.bytes()[:3*testPart]) {
		t.Errorf("the object has %d bytes, or others than the file: %v", len(object), err)
	}
	liveLeft(t, g, 0)
	if _, ok := found()[testKey]; ok {
		t.Error("it is still there when repeated")
	}
	if err := store.Abort(t.Context(), "team/backup.tar", *foreign.UploadId); err != nil {
		t.Fatal(err)
	}
	// The machine comes back with the whole file: it gets a key of its own.
	result, err := RecoverFile(t.Context(), r.path, RecoverFileConfig{Log: testLog(t)})
	if err != nil || result.Key == testKey {
		t.Fatalf("%+v, %v", result, err)
	}
	r.sameObject(g, result)
	clean(t, g, r.path, testKey, result.Key)
}

// TestTakenAway completes the upload of a recorder that lives, but can't say so.
func TestTakenAway(t *testing.T) {
	g := uploadtest.Start(t)
	p := uploadtest.NewProxy(t, g.URL)
	r := newRecording(t, 1<<20)
	u := start(t, t.Context(), Config{File: r.path, ID: "cafe", Places: []Place{{openStore(t, g.Bucket, p.URL, func(o *Options) { o.Heartbeat = 200 * time.Millisecond }), testKey}}, HeadSize: r.head})
	u.Advance(r.grow(testPart))
	waitFor(t, "a part", func() bool { return u.Progress().Parts == 1 && len(g.Objects(t)) == 1 })
	p.Set(func(uploadtest.Op, *http.Request) uploadtest.Fault { return uploadtest.Reset })
	waitFor(t, "the upload to be taken away", func() bool {
		all, err := RecoverBucket(t.Context(), openStore(t, g.Bucket, g.URL, nil))
		if err != nil || len(all) != 1 {
			t.Fatalf("%+v, %v", all, err)
		}
		return all[0].Outcome == OutcomeCompleted
	})
	p.Set(nil)
	u.Advance(r.grow(testPart))
	result, err := u.Finish(t.Context(), r.finish())
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.TrimSuffix(testKey, ".mp4") + "-cafe.mp4"; result.Key != want {
		t.Errorf("key %s, want %s", result.Key, want)
	}
	r.sameObject(g, result)
}

// TestRecoverGap completes what comes before a missing part.
func TestRecoverGap(t *testing.T) {
	g := uploadtest.Start(t)
	store := openStore(t, g.Bucket, g.URL, nil)
	id, checksum, err := store.Create(t.Context(), testKey, "video/mp4", nil, beams3.ChecksumFull)
	if err != nil {
		t.Fatal(err)
	}
	r := newRecording(t, 0)
	r.grow(4 * testPart)
	for _, n := range []int32{1, 2, 4} {
		section, closeFile, err := openSection(openLocal, r.path, int64(n-1)*testPart, testPart)
		if err != nil {
			t.Fatal(err)
		}
		part := partSum{Number: n, Size: testPart}
		if part.CRC, _, err = sum(t.Context(), section, testPart); err != nil {
			t.Fatal(err)
		}
		if _, err := store.UploadPart(t.Context(), testKey, id, checksum, part.sent(), section); err != nil {
			t.Fatal(err)
		}
		closeFile()
	}
	// An upload without any part, and one whose key is taken.
	empty := "team/beam/room/20260102/Rec-room-2.mp4"
	emptyID, _, err := store.Create(t.Context(), empty, "video/mp4", nil, beams3.ChecksumFull)
	if err != nil {
		t.Fatal(err)
	}
	for key, upload := range map[string]string{testKey: id, empty: emptyID} {
		store.Options.Heartbeat = time.Millisecond // so that it counts as dead at once
		data := map[string]string{metaEvery: "0.001"}
		if err := store.PutOnce(t.Context(), liveKey(key, upload), "application/json", data, []byte("{}")); err != nil {
			t.Fatal(err)
		}
	}
	var all []Recovered
	waitFor(t, "the uploads to be taken for dead", func() bool { // Date and Last-Modified count seconds
		some, err := RecoverBucket(t.Context(), store)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, slices.DeleteFunc(some, func(r Recovered) bool { return r.Outcome == OutcomeAlive })...)
		return len(all) == 2
	})
	for _, got := range all {
		switch {
		case got.Key != testKey && got.Key != empty:
			t.Errorf("%+v", got)
		case got.Key == testKey && (got.Outcome != OutcomeCompleted || got.Parts != 2 || got.Dropped != 1 || got.Size != 2*testPart):
			t.Errorf("with a gap: %+v", got)
		case got.Key == empty && got.Outcome != OutcomeEmpty:
			t.Errorf("without a part: %+v", got)
		}
	}
	object, err := os.ReadFile(filepath.Join(g.Dir, testKey))
	if err != nil || !bytes.Equal(object, r.bytes()[:2*testPart]) {
		t.Errorf("the object has %d bytes, or others than the file: %v", len(object), err)
	}
	clean(t, g, r.path, testKey)
}

// An upload whose beginning had no answer is removed in the end, and so is one that
// the journal of a killed recorder knows nothing of.
func TestLostBeginning(t *testing.T) {
	g := uploadtest.Start(t)
	p := uploadtest.NewProxy(t, g.URL)
	var lost atomic.Int32
	p.Set(func(op uploadtest.Op, _ *http.Request) uploadtest.Fault {
		if op == uploadtest.OpCreate && lost.Add(1) < 3 {
			return uploadtest.LoseAnswer
		}
		return nil
	})
	r := newRecording(t, 0)
	u := start(t, t.Context(), Config{File: r.path, Places: []Place{{openStore(t, g.Bucket, p.URL, nil), testKey}}})
	result, err := u.Finish(t.Context(), r.grow(1000))
	if err != nil || lost.Load() != 3 {
		t.Fatalf("%+v, %v, %d beginnings", result, err, lost.Load())
	}
	clean(t, g, r.path, testKey)

	other := newRecording(t, 0)
	other.grow(testPart)
	killRecorder(t, g, other, nil)
	journal, err := os.ReadFile(JournalPath(other.path))
	if err != nil {
		t.Fatal(err)
	}
	target, _, _ := bytes.Cut(journal, []byte("\n"))
	if err := os.WriteFile(JournalPath(other.path), append(target, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	result, err = RecoverFile(t.Context(), other.path, RecoverFileConfig{Log: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	other.sameObject(g, result)
	clean(t, g, other.path, testKey, result.Key)
}
