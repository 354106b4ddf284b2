package upload

import (
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"beam/upload/uploadtest"
)

var updateDocs = flag.Bool("update", false, "write the table of docs/storage.md anew")

const conformanceBucket = "recordings"

// TestStores runs one suite against each documented habit of a store: what beam
// validate does, a recording, one whose recorder is killed and that is finished from
// the disk and from the bucket alone, and one that takes over for a bucket that
// refuses.
func TestStores(t *testing.T) {
	uploadtest.Environment(t)
	var table strings.Builder
	table.WriteString("| store | confirmed by | described in |\n|---|---|---|\n")
	for _, n := range uploadtest.Stores() {
		fmt.Fprintf(&table, "| %s | %s | %s |\n", n.Name, n.Expect, n.Source)
		t.Run(n.Name, func(t *testing.T) {
			t.Parallel() // they mostly wait
			c := conformance{n}
			t.Run("validate", c.validate)
			t.Run("record", c.record)
			t.Run("from the disk", c.fromDisk)
			t.Run("from the bucket", c.fromBucket)
			t.Run("backup", c.backup)
		})
	}
	checkTable(t, "../docs/storage.md", table.String())
	if os.Getenv(storeURL) != "" {
		t.Run("BEAM_STORE_URL", newRemote(t).suite)
	}
}

// checkTable compares what stands between two marks of a document.
func checkTable(t *testing.T, path, want string) {
	t.Helper()
	const from, to = "<!-- stores: made by go test ./upload -run TestStores -update -->\n", "<!-- end -->"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), from)
	have, after, ended := strings.Cut(rest, to)
	if !ok || !ended {
		t.Fatalf("%s has no table of stores", path)
	}
	if have == want {
		return
	}
	if !*updateDocs {
		t.Errorf("%s has another table of stores: go test ./upload -run TestStores -update", path)
		return
	}
	if err := os.WriteFile(path, []byte(before+from+want+to+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// conformance is the suite for one store.
type conformance struct{ uploadtest.Named }

func (c conformance) place(t *testing.T, m *uploadtest.Memory, key string) Place {
	t.Helper()
	return Place{openStore(t, conformanceBucket, m.URL, nil), key}
}

func (c conformance) validate(t *testing.T) {
	m := uploadtest.NewMemory(t, c.Habits)
	for _, want := range []ValidateOptions{{}, {NoObject: true}} {
		v, err := Validate(t.Context(), Target{Bucket: conformanceBucket, Prefix: "team"}, testOptions(m.URL), want, testLog(t))
		if err != nil || !v.OK {
			t.Errorf("%+v: %v\n%v", want, err, v.Checks)
		}
		if left := m.Objects(); len(left) > 0 || m.Uploads() > 0 {
			t.Errorf("%+v leaves %v and %d uploads", want, left, m.Uploads())
		}
		told := map[string]bool{}
		for _, check := range v.Checks {
			told[check.Name] = check.Warn
		}
		if c.Habits.IgnoreCondition && !want.NoObject && !told["overwrite"] {
			t.Errorf("nothing is said of objects that are replaced: %v", v.Checks)
		}
	}
}

// finished checks the object of a recording and how it was confirmed.
func (c conformance) finished(t *testing.T, m *uploadtest.Memory, r *recording, result Result, expect string) {
	t.Helper()
	if !bytes.Equal(m.Object(conformanceBucket, result.Key), r.bytes()) {
		t.Errorf("the object %s differs from the file", result.Key)
	}
	if result.Confirmed != expect {
		t.Errorf("confirmed by %q, not %q", result.Confirmed, expect)
	}
	if left := m.Objects(); len(left) != 1 || m.Uploads() > 0 {
		t.Errorf("left: %v, %d uploads", left, m.Uploads())
	}
}

func (c conformance) record(t *testing.T) {
	m := uploadtest.NewMemory(t, c.Habits)
	r := newRecording(t, 1<<20)
	u := start(t, t.Context(), Config{File: r.path, Places: []Place{c.place(t, m, testKey)}, HeadSize: r.head})
	u.Advance(r.grow(testPart + 1000))
	waitFor(t, "a part", func() bool { return u.Progress().Parts > 0 })
	u.Advance(r.grow(testPart))
	result, err := u.Finish(t.Context(), r.finish())
	if err != nil {
		t.Fatal(err)
	}
	c.finished(t, m, r, result, c.Expect)
}

func (c conformance) fromDisk(t *testing.T) {
	m := uploadtest.NewMemory(t, c.Habits)
	r := newRecording(t, 1<<20)
	r.grow(2*testPart + 1000)
	killRecorderAt(t, m.URL, conformanceBucket, r, nil)
	r.finish()
	options := testOptions(m.URL)
	result, err := RecoverFile(t.Context(), r.path, RecoverFileConfig{Options: &options, Log: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	c.finished(t, m, r, result, c.Expect)
}

func (c conformance) fromBucket(t *testing.T) {
	m := uploadtest.NewMemory(t, c.Habits)
	r := newRecording(t, 1<<20)
	r.grow(2*testPart + 1000)
	killRecorderAt(t, m.URL, conformanceBucket, r, nil)
	store := openStore(t, conformanceBucket, m.URL, nil)
	if c.Habits.NoRead || c.Habits.NoListParts || c.Habits.NoLists {
		if _, err := RecoverBucket(t.Context(), store); err == nil {
			t.Error("recovered without the permissions that it needs")
		}
		return
	}
	var found []Recovered
	waitFor(t, "the recorder to look dead", func() bool {
		var err error
		if found, err = RecoverBucket(t.Context(), store); err != nil {
			t.Fatal(err)
		}
		return len(found) == 1 && found[0].Outcome != OutcomeAlive
	})
	if found[0].Outcome != OutcomeCompleted || !bytes.Equal(m.Object(conformanceBucket, testKey), r.bytes()[:2*testPart]) {
		t.Errorf("%+v", found[0])
	}
}

func (c conformance) backup(t *testing.T) {
	m := uploadtest.NewMemory(t, c.Habits)
	p := uploadtest.NewProxy(t, m.URL)
	p.Set(func(uploadtest.Op, *http.Request) uploadtest.Fault {
		return uploadtest.Answer(http.StatusForbidden, "AccessDenied", "Access Denied")
	})
	r := newRecording(t, 1<<20)
	u := start(t, t.Context(), Config{
		File: r.path, HeadSize: r.head, GiveUpAfter: time.Minute,
		Places: []Place{{openStore(t, "first", p.URL, nil), testKey}, c.place(t, m, "backup/a.mp4")},
	})
	u.Advance(r.grow(testPart + 5))
	result, err := u.Finish(t.Context(), r.finish())
	if err != nil {
		t.Fatal(err)
	}
	if !result.Backup {
		t.Errorf("%+v", result)
	}
	c.finished(t, m, r, result, c.Expect)
}

// What is not in the bucket yet is bounded in time: the part that is being filled
// is sent again and again, and the bucket alone gives what was sent.
func TestTail(t *testing.T) {
	uploadtest.Environment(t)
	m := uploadtest.NewMemory(t, uploadtest.Habits{})
	store := openStore(t, conformanceBucket, m.URL, func(o *Options) { o.TailEvery = 50 * time.Millisecond })
	r := newRecording(t, 1<<20)
	u := start(t, t.Context(), Config{File: r.path, Places: []Place{{store, testKey}}, HeadSize: r.head})
	for _, size := range []int64{1000, 70000, testPart, 5} {
		u.Advance(r.grow(size))
		waitFor(t, "all of the file in the bucket", func() bool { return m.Pending() == r.size })
	}
	if u.Untouched() {
		t.Error("the file may still be written anew, it says")
	}
	result, err := u.Finish(t.Context(), r.finish())
	if err != nil || !bytes.Equal(m.Object(conformanceBucket, testKey), r.bytes()) {
		t.Fatalf("%+v, %v", result, err)
	}

	// A file that may be written anew is left alone.
	other := newRecording(t, 1<<20)
	u = start(t, t.Context(), Config{File: other.path, Places: []Place{{openStore(t, conformanceBucket, m.URL, func(o *Options) { o.TailEvery = time.Hour }), "b.mp4"}}, HeadSize: r.head})
	u.Advance(other.grow(1000))
	if !u.Untouched() {
		t.Error("nothing was sent")
	}
	if u.touch(true) || !u.touch(false) {
		t.Error("a part that is not full may be sent")
	}
}

// An outage of the first bucket moves the recording to the second one, one of the
// second one back, and what is not needed any more is removed in the end.
func TestOutageMovesOn(t *testing.T) {
	uploadtest.Environment(t)
	first, second := uploadtest.NewMemory(t, uploadtest.Habits{}), uploadtest.NewMemory(t, uploadtest.Habits{})
	p, q := uploadtest.NewProxy(t, first.URL), uploadtest.NewProxy(t, second.URL)
	down := func(uploadtest.Op, *http.Request) uploadtest.Fault {
		return uploadtest.Answer(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	}
	quick := func(o *Options) { o.OutageTime = 300 * time.Millisecond }
	r := newRecording(t, 1<<20)
	u := start(t, t.Context(), Config{
		File: r.path, HeadSize: r.head, GiveUpAfter: time.Minute,
		Places: []Place{{openStore(t, conformanceBucket, p.URL, quick), testKey}, {openStore(t, conformanceBucket, q.URL, quick), "backup/a.mp4"}},
	})
	u.Advance(r.grow(testPart))
	waitFor(t, "a part in the first bucket", func() bool { return u.Progress().Parts == 1 })
	p.Set(down)
	u.Advance(r.grow(testPart))
	waitFor(t, "the second bucket", func() bool { return u.Progress().Backup && u.Progress().Parts == 2 })
	if first.Uploads() != 1 {
		t.Error("what the first bucket has is gone")
	}
	p.Set(nil)
	q.Set(down)
	u.Advance(r.grow(testPart))
	waitFor(t, "the first bucket again", func() bool { return !u.Progress().Backup && u.Progress().Parts == 3 })
	q.Set(nil)
	result, err := u.Finish(t.Context(), r.finish())
	if err != nil || result.Backup || !bytes.Equal(first.Object(conformanceBucket, testKey), r.bytes()) {
		t.Fatalf("%+v, %v", result, err)
	}
	if first.Uploads()+second.Uploads() > 0 || len(first.Objects()) != 1 || len(second.Objects()) != 0 {
		t.Errorf("left: %v, %v, %d and %d uploads", first.Objects(), second.Objects(), first.Uploads(), second.Uploads())
	}
}

// Keys in a file that are replaced while the recording goes on are read anew.
func TestRotatedKeys(t *testing.T) {
	uploadtest.Environment(t)
	token := func() string { return "T2" }
	m := uploadtest.NewMemory(t, uploadtest.Habits{Token: func() string { return token() }})
	file := t.TempDir() + "/credentials"
	write := func(token string) {
		text := fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\naws_session_token = %s\n", uploadtest.KeyID, uploadtest.Secret, token)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	write("T1")
	r := newRecording(t, 0)
	store := openStore(t, conformanceBucket, m.URL, func(o *Options) { o.RefusalTime = time.Minute })
	u := start(t, t.Context(), Config{File: r.path, Places: []Place{{store, testKey}}})
	u.Advance(r.grow(testPart))
	waitFor(t, "the refusal", func() bool { return u.Progress().Retries > 2 })
	write("T2")
	if _, err := u.Finish(t.Context(), r.finish()); err != nil {
		t.Fatal(err)
	}
}

// Faults that pass are told from those that somebody has to mend.
func TestPassing(t *testing.T) {
	uploadtest.Environment(t)
	m := uploadtest.NewMemory(t, uploadtest.Habits{})
	p := uploadtest.NewProxy(t, m.URL)
	for _, c := range []struct {
		name    string
		status  int
		code    string
		passing bool
	}{{"busy", 503, "SlowDown", true}, {"fault", 500, "InternalError", true}, {"denied", 403, "AccessDenied", false}, {"no bucket", 404, "NoSuchBucket", false}} {
		p.Set(func(uploadtest.Op, *http.Request) uploadtest.Fault { return uploadtest.Answer(c.status, c.code, "") })
		v, err := Validate(t.Context(), Target{Bucket: "b"}, testOptions(p.URL), ValidateOptions{NoObject: true}, testLog(t))
		if err == nil || v.Passing() != c.passing {
			t.Errorf("%s: %v, passing %v", c.name, err, v.Passing())
		}
	}
	closed := testOptions("http://127.0.0.1:9")
	if v, err := Validate(t.Context(), Target{Bucket: "b"}, closed, ValidateOptions{NoObject: true}, testLog(t)); err == nil || !v.Passing() {
		t.Errorf("refused connections: %v, %v", err, v.Checks)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	if v, err := Validate(t.Context(), Target{Bucket: "b"}, testOptions(m.URL), ValidateOptions{NoObject: true}, testLog(t)); err == nil || v.Passing() {
		t.Errorf("no credentials: %v, %v", err, v.Checks)
	}
	p.Set(func(uploadtest.Op, *http.Request) uploadtest.Fault {
		return uploadtest.Answer(500, "InternalError", "")
	})
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", p.URL+"/credentials")
	if v, err := Validate(t.Context(), Target{Bucket: "b"}, testOptions(m.URL), ValidateOptions{NoObject: true}, testLog(t)); err == nil || !v.Passing() {
		t.Errorf("a credential endpoint with a fault: %v, %v", err, v.Checks)
	}
}
