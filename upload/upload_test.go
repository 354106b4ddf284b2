package upload

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"beam/upload/uploadtest"
)

const testKey = "team/beam/room/20260102/Rec-room-1767312000000.mp4"

func TestUpload(t *testing.T) {
	g := uploadtest.Start(t)
	const mib = 1 << 20
	for _, test := range []struct {
		name     string
		head     int64
		size     int64
		partSize int64
		parts    int
		change   func(*Options)
	}{
		{name: "one byte", head: 1, size: 1, partSize: testPart, parts: 1},
		{name: "less than a part", head: mib, size: 3 * mib, partSize: testPart, parts: 1},
		{name: "exactly a part", head: mib, size: testPart, partSize: testPart, parts: 1},
		{name: "many parts", head: mib, size: 17*mib + 3, partSize: testPart, parts: 4},
		{name: "head over two parts", head: 7 * mib, size: 18 * mib, partSize: testPart, parts: 4},
		{name: "no head", size: 11 * mib, partSize: testPart, parts: 3},
		{name: "growing parts", head: mib, size: 18 * mib, parts: 3},
		{name: "etag only", head: mib, size: 11 * mib, partSize: testPart, parts: 3, change: func(o *Options) { o.NoChecksum = true }},
		{name: "no live object", head: mib, size: 6 * mib, partSize: testPart, parts: 2, change: func(o *Options) { o.Heartbeat = -1 }},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := openStore(t, g.Bucket, g.URL, func(o *Options) {
				o.PartSize = test.partSize
				if test.change != nil {
					test.change(o)
				}
			})
			r := newRecording(t, test.head)
			key := "team/" + strings.ReplaceAll(test.name, " ", "-") + ".mp4"
			u := start(t, t.Context(), Config{File: r.path, Places: []Place{{store, key}}, HeadSize: test.head, Metadata: map[string]string{"room": "x"}})
			for r.size < test.size {
				u.Advance(r.grow(min(2*mib+1, test.size-r.size)))
			}
			early := min(test.size/planOf(store).PartSize(1), 1)
			waitFor(t, "part 1", func() bool { return int64(u.Progress().Parts) >= early })
			if u.Untouched() != (early == 0) {
				t.Errorf("untouched is %v after %d bytes", u.Untouched(), test.size)
			}
			result, err := u.Finish(t.Context(), r.finish())
			if err != nil {
				t.Fatal(err)
			}
			r.sameObject(g, result)
			if result.Parts != test.parts || result.Size != test.size || result.URL != "s3://recordings/"+key {
				t.Errorf("result %+v", result)
			}
			if want := map[bool]string{true: "etag", false: "crc32c"}[store.Options.NoChecksum]; result.Confirmed != want {
				t.Errorf("confirmed by %q, want %q", result.Confirmed, want)
			}
			if p := u.Progress(); p.State != StateDone || p.Uploaded != test.size {
				t.Errorf("progress %+v", p)
			}
			head, err := g.Client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &g.Bucket, Key: &key})
			if err != nil || head.Metadata["room"] != "x" || head.Metadata[metaID] == "" || aws.ToString(head.ContentType) != "video/mp4" {
				t.Errorf("metadata %v, type %v: %v", head.Metadata, aws.ToString(head.ContentType), err)
			}
			clean(t, g, r.path, key)
			if err := os.Remove(filepath.Join(g.Dir, key)); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestOutage takes the bucket away while the file grows: memory must not grow
// with it.
func TestOutage(t *testing.T) {
	g := uploadtest.Start(t)
	p := uploadtest.NewProxy(t, g.URL)
	r := newRecording(t, 1<<20)
	var states sync.Map
	u := start(t, t.Context(), Config{
		File: r.path, Places: []Place{{openStore(t, g.Bucket, p.URL, nil), testKey}}, HeadSize: r.head,
		OnProgress: func(p Progress) { states.Store(p.State, true) },
	})
	u.Advance(r.grow(testPart + 1))
	waitFor(t, "the first part", func() bool { return u.Progress().Parts == 1 })
	p.Set(func(uploadtest.Op, *http.Request) uploadtest.Fault { return uploadtest.Reset })
	before := heap()
	for range 6 {
		u.Advance(r.grow(testPart))
	}
	waitFor(t, "retries", func() bool { return u.Progress().Retries > 20 })
	if got := u.Progress(); got.State != StateRetrying || got.Since.IsZero() || got.Err == "" {
		t.Errorf("progress during the outage: %+v", got)
	}
	// 30 MiB wait on the disk.
	if grown := heap() - before; grown > 16<<20 {
		t.Errorf("memory grew by %d bytes in the outage", grown)
	}
	p.Set(nil)
	result, err := u.Finish(t.Context(), r.finish())
	if err != nil {
		t.Fatal(err)
	}
	r.sameObject(g, result)
	clean(t, g, r.path, testKey)
	for _, s := range []State{StateUploading, StateRetrying, StateCompleting, StateDone} {
		if _, ok := states.Load(s); !ok {
			t.Errorf("state %s was never reported", s)
		}
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestDownForGood ends with an error, and everything needed to go on later.
func TestDownForGood(t *testing.T) {
	g := uploadtest.Start(t)
	p := uploadtest.NewProxy(t, g.URL)
	r := newRecording(t, 1<<20)
	u := start(t, t.Context(), Config{
		File: r.path, Places: []Place{{openStore(t, g.Bucket, p.URL, nil), testKey}}, HeadSize: r.head, GiveUpAfter: 300 * time.Millisecond,
	})
	u.Advance(r.grow(2*testPart + 5))
	waitFor(t, "two parts", func() bool { return u.Progress().Parts == 2 })
	p.Set(func(uploadtest.Op, *http.Request) uploadtest.Fault {
		return uploadtest.Answer(503, "SlowDown", "Please reduce your request rate.")
	})
	_, err := u.Finish(t.Context(), r.finish())
	isUpload(t, err)
	if u.Progress().State != StateFailed {
		t.Errorf("progress %+v", u.Progress())
	}
	if _, err := RecoverFile(t.Context(), r.path, RecoverFileConfig{Log: testLog(t)}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("recovery beside a running upload: %v", err)
	}
	if err := u.Close(); err != nil {
		t.Fatal(err)
	}
	p.Set(nil)
	before := p.Count(uploadtest.OpPart)
	result, err := RecoverFile(t.Context(), r.path, RecoverFileConfig{Log: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	r.sameObject(g, result)
	clean(t, g, r.path, testKey)
	if sent := p.Count(uploadtest.OpPart) - before; sent != 2 { // part 1 with the new head, and the last
		t.Errorf("%d parts were sent again, want 2", sent)
	}
}

func TestRefused(t *testing.T) {
	g := uploadtest.Start(t)
	p := uploadtest.NewProxy(t, g.URL)
	deny := func(op uploadtest.Op, _ *http.Request) uploadtest.Fault {
		if op == uploadtest.OpPart {
			return uploadtest.Answer(403, "AccessDenied", "User: arn:aws:iam::1:user/u is not authorized to perform: s3:PutObject on resource: x")
		}
		return nil
	}
	t.Run("for good", func(t *testing.T) {
		p.Set(deny)
		r := newRecording(t, 1<<20)
		u := start(t, t.Context(), Config{
			File: r.path, Places: []Place{{openStore(t, g.Bucket, p.URL, nil), testKey}}, HeadSize: r.head, GiveUpAfter: time.Second,
		})
		u.Advance(r.grow(testPart))
		waitFor(t, "the refusal", func() bool { return u.Progress().State == StateRefused })
		_, err := u.Finish(t.Context(), r.finish())
		isUpload(t, err)
		var e *Error
		if errors.As(err, &e); !strings.Contains(e.Hint, "allow s3:PutObject") || !strings.Contains(e.Hint, "beam recover") {
			t.Errorf("hint %q", e.Hint)
		}
		p.Set(nil)
		if err := u.Discard(t.Context()); err != nil {
			t.Error(err)
		}
		clean(t, g, r.path)
	})
	t.Run("until somebody allows it", func(t *testing.T) {
		p.Set(deny)
		r := newRecording(t, 1<<20)
		u := start(t, t.Context(), Config{File: r.path, Places: []Place{{openStore(t, g.Bucket, p.URL, nil), "team/a.mp4"}}, HeadSize: r.head})
		u.Advance(r.grow(testPart))
		waitFor(t, "the refusal", func() bool { return u.Progress().State == StateRefused })
		p.Set(nil)
		waitFor(t, "the part", func() bool { return u.Progress().Parts == 1 })
		result, err := u.Finish(t.Context(), r.finish())
		if err != nil {
			t.Fatal(err)
		}
		r.sameObject(g, result)
		clean(t, g, r.path, "team/a.mp4")
	})
	t.Run("backup takes over", func(t *testing.T) {
		p.Set(nil)
		r := newRecording(t, 1<<20)
		u := start(t, t.Context(), Config{
			File: r.path, HeadSize: r.head,
			Places: []Place{{openStore(t, g.Bucket, p.URL, nil), "team/b.mp4"}, {openStore(t, g.Bucket, g.URL, nil), "backup/b.mp4"}},
		})
		u.Advance(r.grow(testPart))
		waitFor(t, "a part in the first bucket", func() bool { return u.Progress().Parts == 1 })
		p.Set(deny)
		u.Advance(r.grow(testPart))
		waitFor(t, "the backup", func() bool { return u.Progress().Backup })
		u.Advance(r.grow(testPart))
		result, err := u.Finish(t.Context(), r.finish())
		if err != nil {
			t.Fatal(err)
		}
		if !result.Backup || result.Key != "backup/b.mp4" {
			t.Errorf("result %+v", result)
		}
		r.sameObject(g, result)
		clean(t, g, r.path, "team/a.mp4", "backup/b.mp4")
	})
}

// TestVanished removes the upload behind the uploader's back, as an eager
// lifecycle rule would.
func TestVanished(t *testing.T) {
	g := uploadtest.Start(t)
	r := newRecording(t, 1<<20)
	store := openStore(t, g.Bucket, g.URL, nil)
	u := start(t, t.Context(), Config{File: r.path, Places: []Place{{store, testKey}}, HeadSize: r.head})
	u.Advance(r.grow(testPart))
	waitFor(t, "a part", func() bool { return u.Progress().Parts == 1 })
	out, err := g.Client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &g.Bucket})
	if err != nil || len(out.Uploads) != 1 {
		t.Fatalf("%d uploads, %v", len(out.Uploads), err)
	}
	if err := store.Abort(t.Context(), testKey, *out.Uploads[0].UploadId); err != nil {
		t.Fatal(err)
	}
	u.Advance(r.grow(testPart))
	result, err := u.Finish(t.Context(), r.finish())
	if err != nil {
		t.Fatal(err)
	}
	r.sameObject(g, result)
	clean(t, g, r.path, testKey)
}

// TestTwoRecorders have one key, because they started in one millisecond.
func TestTwoRecorders(t *testing.T) {
	g := uploadtest.Start(t)
	var results [2]Result
	var recordings [2]*recording
	var all sync.WaitGroup
	for i := range 2 {
		r := newRecording(t, int64(1<<20+i))
		recordings[i] = r
		u := start(t, t.Context(), Config{File: r.path, ID: []string{"aaaa", "bbbb"}[i], Places: []Place{{openStore(t, g.Bucket, g.URL, nil), testKey}}, HeadSize: r.head})
		u.Advance(r.grow(testPart + int64(i)))
		waitFor(t, "a part", func() bool { return u.Progress().Parts == 1 })
		size := r.finish()
		all.Go(func() {
			var err error
			if results[i], err = u.Finish(t.Context(), size); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	for i, r := range recordings {
		r.sameObject(g, results[i])
		clean(t, g, r.path, results[0].Key, results[1].Key)
	}
	if results[0].Key == results[1].Key || results[0].Key != testKey && results[1].Key != testKey {
		t.Errorf("keys %s and %s", results[0].Key, results[1].Key)
	}
}

// TestCompleting covers what can go wrong at the very end.
func TestCompleting(t *testing.T) {
	g := uploadtest.Start(t)
	p := uploadtest.NewProxy(t, g.URL)
	once := func(want uploadtest.Op, fault uploadtest.Fault) func(uploadtest.Op, *http.Request) uploadtest.Fault {
		var done atomic.Bool
		return func(op uploadtest.Op, _ *http.Request) uploadtest.Fault {
			if op == want && done.CompareAndSwap(false, true) {
				return fault
			}
			return nil
		}
	}
	always := func(want uploadtest.Op, fault uploadtest.Fault) func(uploadtest.Op, *http.Request) uploadtest.Fault {
		return func(op uploadtest.Op, r *http.Request) uploadtest.Fault {
			if op == want && !strings.HasSuffix(r.URL.Path, liveSuffix) {
				return fault
			}
			return nil
		}
	}
	var completes atomic.Int32
	for _, test := range []struct {
		name      string
		rule      func(uploadtest.Op, *http.Request) uploadtest.Fault
		confirmed string
		fails     bool
	}{
		{name: "answer lost", rule: once(uploadtest.OpComplete, uploadtest.LoseAnswer), confirmed: "crc32c"},
		{name: "answer cut", rule: once(uploadtest.OpComplete, uploadtest.CutAnswer), confirmed: "crc32c"},
		{name: "error inside a 200", rule: once(uploadtest.OpComplete, uploadtest.Answer(200, "InternalError", "We encountered an internal error.")), confirmed: "crc32c"},
		{name: "write only", rule: always(uploadtest.OpHead, uploadtest.Answer(403, "AccessDenied", "Access Denied")), confirmed: "answer"},
		{name: "no list", rule: always(uploadtest.OpParts, uploadtest.Answer(403, "AccessDenied", "Access Denied")), confirmed: "crc32c"},
		{name: "no conditions", rule: func(op uploadtest.Op, r *http.Request) uploadtest.Fault {
			if op == uploadtest.OpComplete && r.Header.Get("If-None-Match") != "" {
				return uploadtest.Answer(501, "NotImplemented", "A header you provided implies functionality that is not implemented")
			}
			return nil
		}, confirmed: "crc32c"},
		{name: "no checksums", rule: func(op uploadtest.Op, r *http.Request) uploadtest.Fault {
			if op == uploadtest.OpCreate && r.Header.Get("X-Amz-Checksum-Algorithm") != "" {
				return uploadtest.Answer(501, "NotImplemented", "A header you provided implies functionality that is not implemented")
			}
			return nil
		}, confirmed: "etag"},
		{name: "late part", rule: func(op uploadtest.Op, _ *http.Request) uploadtest.Fault {
			if op != uploadtest.OpComplete || completes.Add(1) > 1 {
				return nil
			}
			// An attempt at part 1 that was given up long ago is carried out now.
			return func(w http.ResponseWriter, r *http.Request, forward func(http.ResponseWriter)) {
				id := r.URL.Query().Get("uploadId")
				_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
				_, err := g.Client.UploadPart(r.Context(), &s3.UploadPartInput{
					Bucket: &g.Bucket, Key: &key, UploadId: &id, PartNumber: aws.Int32(1), Body: strings.NewReader(strings.Repeat("x", testPart)),
					ContentLength: aws.Int64(testPart),
				})
				if err != nil {
					t.Error(err)
				}
				forward(w)
			}
		}, confirmed: "crc32c"},
		{name: "no checksum told", rule: always(uploadtest.OpHead, func(w http.ResponseWriter, _ *http.Request, _ func(http.ResponseWriter)) {
			w.Header().Set("Content-Length", "6291456")
			w.Header().Set("ETag", `"00"`)
		}), confirmed: "crc32c"},
		{name: "another size told", rule: always(uploadtest.OpHead, func(w http.ResponseWriter, _ *http.Request, _ func(http.ResponseWriter)) {
			w.Header().Set("Content-Length", "5")
		}), fails: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			p.Set(test.rule)
			r := newRecording(t, 1<<20)
			key := "team/" + strings.ReplaceAll(test.name, " ", "-") + ".mp4"
			u := start(t, t.Context(), Config{File: r.path, Places: []Place{{openStore(t, g.Bucket, p.URL, nil), key}}, HeadSize: r.head})
			u.Advance(r.grow(testPart))
			waitFor(t, "a part", func() bool { return u.Progress().Parts == 1 })
			r.grow(1 << 20)
			result, err := u.Finish(t.Context(), r.finish())
			if test.fails {
				isUpload(t, err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			r.sameObject(g, result)
			if result.Confirmed != test.confirmed || result.Key != key {
				t.Errorf("result %+v", result)
			}
			clean(t, g, r.path, key)
			_ = os.Remove(filepath.Join(g.Dir, key))
		})
	}
}

// TestHardStop ends at once and keeps the journal.
func TestHardStop(t *testing.T) {
	g := uploadtest.Start(t)
	p := uploadtest.NewProxy(t, g.URL)
	p.Set(func(op uploadtest.Op, _ *http.Request) uploadtest.Fault {
		if op == uploadtest.OpPart {
			return uploadtest.Stall(20 * time.Second)
		}
		return nil
	})
	r := newRecording(t, 1<<20)
	ctx, cancel := context.WithCancelCause(t.Context())
	u := start(t, ctx, Config{File: r.path, Places: []Place{{openStore(t, g.Bucket, p.URL, func(o *Options) { o.RequestTimeout = time.Minute }), testKey}}, HeadSize: r.head})
	u.Advance(r.grow(2 * testPart))
	waitFor(t, "a part on its way", func() bool { return p.Count(uploadtest.OpPart) > 0 })
	cancel(errors.New("second signal"))
	_, err := u.Finish(t.Context(), r.finish())
	isUpload(t, err)
	if err := u.Close(); err != nil {
		t.Fatal(err)
	}
	p.Set(nil)
	result, err := RecoverFile(t.Context(), r.path, RecoverFileConfig{Log: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	r.sameObject(g, result)
	clean(t, g, r.path, testKey)
}

// TestStall gives up a connection that moves no byte, and tries again.
func TestStall(t *testing.T) {
	g := uploadtest.Start(t)
	p := uploadtest.NewProxy(t, g.URL)
	var stalled atomic.Bool
	p.Set(func(op uploadtest.Op, _ *http.Request) uploadtest.Fault {
		if op == uploadtest.OpPart && stalled.CompareAndSwap(false, true) {
			return uploadtest.Stall(20 * time.Second)
		}
		return nil
	})
	r := newRecording(t, 0)
	u := start(t, t.Context(), Config{File: r.path, Places: []Place{{openStore(t, g.Bucket, p.URL, func(o *Options) { o.RequestTimeout = 500 * time.Millisecond }), testKey}}})
	result, err := u.Finish(t.Context(), r.grow(testPart))
	if err != nil {
		t.Fatal(err)
	}
	if result.Retries == 0 {
		t.Error("no retry was counted")
	}
	r.sameObject(g, result)
}

func TestDiscard(t *testing.T) {
	g := uploadtest.Start(t)
	r := newRecording(t, 1<<20)
	u := start(t, t.Context(), Config{File: r.path, Places: []Place{{openStore(t, g.Bucket, g.URL, nil), testKey}}, HeadSize: r.head})
	u.Advance(r.grow(testPart))
	waitFor(t, "a part", func() bool { return u.Progress().Parts == 1 })
	if err := u.Discard(t.Context()); err != nil {
		t.Fatal(err)
	}
	clean(t, g, r.path)
}

// TestFileGone stops at once: trying again can't help.
func TestFileGone(t *testing.T) {
	g := uploadtest.Start(t)
	r := newRecording(t, 0)
	u := start(t, t.Context(), Config{File: r.path, Places: []Place{{openStore(t, g.Bucket, g.URL, nil), testKey}}})
	size := r.grow(testPart)
	if err := os.Truncate(r.path, size-1); err != nil {
		t.Fatal(err)
	}
	_, err := u.Finish(t.Context(), size)
	isUpload(t, err)
	if u.Progress().Retries != 0 {
		t.Errorf("%d retries", u.Progress().Retries)
	}
}

func TestPutJSON(t *testing.T) {
	g := uploadtest.Start(t)
	p := uploadtest.NewProxy(t, g.URL)
	var first atomic.Bool
	p.Set(func(uploadtest.Op, *http.Request) uploadtest.Fault {
		if first.CompareAndSwap(false, true) {
			return uploadtest.Answer(500, "InternalError", "We encountered an internal error. Please try again.")
		}
		return nil
	})
	s := openStore(t, g.Bucket, p.URL, nil)
	for _, n := range []int{1, 2} {
		if err := s.PutJSON(t.Context(), "team/a.json", map[string]int{"n": n}); err != nil {
			t.Fatal(err)
		}
	}
	out, err := g.Client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &g.Bucket, Key: aws.String("team/a.json")})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	data, err := io.ReadAll(out.Body)
	var v map[string]int
	if err != nil || json.Unmarshal(data, &v) != nil || v["n"] != 2 {
		t.Errorf("%s, %v", data, err)
	}
	p.Set(func(uploadtest.Op, *http.Request) uploadtest.Fault {
		return uploadtest.Answer(403, "AccessDenied", "no")
	})
	if err := s.PutJSON(t.Context(), "team/a.json", 1); err == nil {
		t.Error("a refusal is no error")
	}
}
