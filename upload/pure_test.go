package upload

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"beam/upload/s3"
)

func TestSafeRoom(t *testing.T) {
	for in, want := range map[string]string{
		"abc": "abc", "Team A / Q3": "Team-A-Q3", "..": "room-5ec1f7e7", "": "room", "a--b": "a--b", ".a.": "a",
		"https://meet.example/x/daily?token=abc#t": "daily", "https://meet.example/?token=abc": "meet.example", "https://meet.example": "meet.example",
		"会議": "room-" + shaStart("会議"), "a\x00b": "a-b", "über": "ber", strings.Repeat("x", 80): strings.Repeat("x", 64),
	} {
		if in == ".." {
			want = "room-" + shaStart("..")
		}
		if got := SafeRoom(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func shaStart(s string) string {
	key := liveKey("", s) // ".HASH.beam-live.json"
	return strings.Split(key, ".")[1]
}

func TestKey(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.FixedZone("x", 3600))
	vars := KeyVars{Prefix: "team/a", Room: "https://h/Daily standup", Start: at, ID: "1f"}
	for _, test := range []struct{ template, want, err string }{
		{"", "team/a/beam/Daily-standup/20260102/Rec-Daily-standup-1767319445006.mp4", ""},
		{"{room}/{date}-{time}-{id}{ext}", "Daily-standup/20260102-020405-1f.mp4", ""},
		{"/{prefix}//{id}", "team/a/1f", ""},
		{"{prefix}/{room}.mp4", "", "the same for two recordings"},
		{"{id}/{user}", "", "{user} is unknown"},
		{"{id}{", "", "no partner"},
		{"{id}/", "", "ends in a slash"},
		{"../{id}", "", `".."`},
		{"{id}" + strings.Repeat("x", 1100), "", "too long"},
	} {
		got, err := vars.Expand(test.template)
		if got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%q: %q, %v", test.template, got, err)
		}
	}
	if got, err := (KeyVars{Room: "r", Start: at, Ext: ".m4a"}).Expand(""); got != "beam/r/20260102/Rec-r-1767319445006.m4a" || err != nil {
		t.Errorf("without a prefix: %q, %v", got, err)
	}
	if !ownKey.MatchString("team/a/beam/Daily-standup/20260102/Rec-Daily-standup-1767319445006.mp4") {
		t.Error("the default key is not known as Beam's")
	}
	if CheckKey("{room}") == nil || CheckKey("") != nil {
		t.Error("CheckKey")
	}
	if got := otherKey("a/b.mp4", "1f"); got != "a/b-1f.mp4" {
		t.Errorf("the other key is %q", got)
	}
}

func TestPlan(t *testing.T) {
	var grow Plan
	total := int64(0)
	for n := int32(1); n <= s3.MaxParts; n++ {
		if grow.Offset(n) != total {
			t.Fatalf("part %d begins at %d, want %d", n, grow.Offset(n), total)
		}
		size := grow.PartSize(n)
		if size < MinPartSize || size > s3.MaxPartSize {
			t.Fatalf("part %d has %d bytes", n, size)
		}
		total += size
	}
	if total < MaxObjectSize {
		t.Errorf("10,000 parts hold %d bytes", total)
	}
	for _, test := range []struct {
		plan Plan
		size int64
		want int32
	}{
		{grow, 1, 1}, {grow, 8 << 20, 1}, {grow, 8<<20 + 1, 2}, {grow, 8000 << 20, 1000}, {grow, 8000<<20 + 1, 1001}, {grow, MaxObjectSize, 9282},
		{Plan{Size: 5 << 20}, 5 << 20, 1}, {Plan{Size: 5 << 20}, 50000 << 20, 10000},
	} {
		n, err := test.plan.Count(test.size)
		if err != nil || n != test.want || test.plan.Offset(n) >= test.size || test.plan.Offset(n)+test.plan.PartSize(n) < test.size {
			t.Errorf("%v, %d bytes: %d parts, %v", test.plan, test.size, n, err)
		}
	}
	for _, p := range []Plan{grow, {Size: 5 << 20}} {
		if _, err := p.Count(p.limit() + 1); err == nil {
			t.Errorf("%v holds more than its limit", p)
		}
	}
}

func TestDue(t *testing.T) {
	const size = 5 << 20
	part := func(n int32, early bool) partSum { return partSum{Number: n, Size: size, Early: early} }
	type parts = map[int32]partSum
	for _, test := range []struct {
		name  string
		known int64
		final bool
		head  int64
		done  parts
		busy  map[int32]bool
		tail  bool
		n     int32
		all   bool
	}{
		{name: "nothing yet", known: size - 1},
		{name: "one whole part", known: size, n: 1},
		{name: "it is on its way", known: size, busy: map[int32]bool{1: true}},
		{name: "the next beside it", known: 2 * size, busy: map[int32]bool{1: true}, n: 2},
		{name: "a hole", known: 3 * size, done: parts{1: part(1, false), 3: part(3, false)}, n: 2},
		{name: "the last is short", known: size + 1, final: true, done: parts{1: part(1, false)}, n: 2},
		{name: "all there", known: 2 * size, final: true, done: parts{1: part(1, false), 2: part(2, false)}, all: true},
		{name: "the last on its way", known: 2 * size, final: true, done: parts{1: part(1, false)}, busy: map[int32]bool{2: true}},
		{name: "head after the others", known: 2 * size, final: true, head: 1, done: parts{1: part(1, true)}, n: 2},
		{name: "head not while others are on their way", known: 2 * size, final: true, head: 1, done: parts{1: part(1, true)}, busy: map[int32]bool{2: true}},
		{name: "head at last", known: 2 * size, final: true, head: 1, done: parts{1: part(1, true), 2: part(2, false)}, n: 1},
		{name: "head sent for good", known: 2 * size, final: true, head: 1, done: parts{1: part(1, false), 2: part(2, false)}, all: true},
		{name: "a long head from its end", known: 3 * size, final: true, head: size + 1, done: parts{1: part(1, true), 2: part(2, true), 3: part(3, false)}, n: 2},
		{name: "its parts side by side", known: 4 * size, final: true, head: 2*size + 1, done: parts{1: part(1, true), 2: part(2, true), 3: part(3, true), 4: part(4, false)}, busy: map[int32]bool{3: true}, n: 2},
		{name: "the first part when they are there", known: 3 * size, final: true, head: size + 1, done: parts{1: part(1, true), 2: part(2, true), 3: part(3, false)}, busy: map[int32]bool{2: true}},
		{name: "head never sent early", known: 2 * size, final: true, head: 1, n: 2},
		{name: "shorter than announced", known: size - 5, final: true, done: parts{1: part(1, false)}, n: 1},
		{name: "the part that is filled", known: size + 5, done: parts{1: part(1, false)}, tail: true, n: 2},
		{name: "it has not grown", known: size + 5, done: parts{1: part(1, false), 2: {Number: 2, Size: 5}}, tail: true},
		{name: "it has grown", known: size + 6, done: parts{1: part(1, false), 2: {Number: 2, Size: 5}}, tail: true, n: 2},
		{name: "nothing of it yet", known: size, done: parts{1: part(1, false)}, tail: true},
		{name: "it is on its way already", known: size + 6, done: parts{1: part(1, false)}, busy: map[int32]bool{2: true}, tail: true},
		{name: "it is full by now", known: 2 * size, done: parts{1: part(1, false), 2: {Number: 2, Size: 5}}, n: 2},
		{name: "too large", known: MaxObjectSize, final: true},
	} {
		n, all := due(view{plan: Plan{Size: size}, known: test.known, final: test.final, head: test.head, done: test.done, busy: test.busy, tail: test.tail})
		if n != test.n || all != test.all {
			t.Errorf("%s: part %d, all %v", test.name, n, all)
		}
	}
}

func TestJoinCRC(t *testing.T) {
	rng := rand.NewChaCha8([32]byte{1})
	data := make([]byte, 100_000)
	_, _ = rng.Read(data)
	for _, cut := range []int{0, 1, 7, 4096, 99_999, 100_000} {
		a, b := crc32.Checksum(data[:cut], crcTable), crc32.Checksum(data[cut:], crcTable)
		if got, want := joinCRC(a, b, int64(len(data)-cut)), crc32.Checksum(data, crcTable); got != want {
			t.Errorf("cut at %d: %08x, want %08x", cut, got, want)
		}
	}
}

func TestExpectation(t *testing.T) {
	parts := []partSum{{Number: 1, Size: 3, CRC: crc32.Checksum([]byte("abc"), crcTable), MD5: md5.Sum([]byte("abc"))},
		{Number: 2, Size: 2, CRC: crc32.Checksum([]byte("de"), crcTable), MD5: md5.Sum([]byte("de"))}}
	e := expect(parts)
	whole := s3.EncodeCRC(crc32.Checksum([]byte("abcde"), crcTable))
	if e.crc != whole || e.size != 5 {
		t.Fatalf("%+v", e)
	}
	for _, test := range []struct {
		o   s3.ObjectInfo
		by  string
		err error
	}{
		{s3.ObjectInfo{Size: 5, CRC32C: whole}, "crc32c", nil},
		{s3.ObjectInfo{Size: 5, CRC32C: e.parts}, "crc32c", nil},
		{s3.ObjectInfo{Size: 5, Google: whole}, "crc32c", nil},
		{s3.ObjectInfo{Size: 5, ETag: `"` + e.etag + `"`}, "etag", nil},
		{s3.ObjectInfo{Size: 4, CRC32C: whole}, "", errMismatch},
		{s3.ObjectInfo{Size: 5, CRC32C: "AAAAAA==", ETag: e.etag}, "", errMismatch},
		{s3.ObjectInfo{Size: 5, CRC32C: "AAAAAA==-2"}, "", errMismatch},
		{s3.ObjectInfo{Size: 5, ETag: `"0123"`}, "", errUncertain},
		{s3.ObjectInfo{Size: 5}, "", errUncertain},
	} {
		by, err := e.check(test.o)
		if by != test.by || !errors.Is(err, test.err) {
			t.Errorf("%+v: %q, %v", test.o, by, err)
		}
	}
	parts[1].MD5 = [16]byte{}
	if e := expect(parts); e.etag != "" {
		t.Errorf("an etag from an unknown part: %s", e.etag)
	}
}

// What is not the bucket's doing says so itself.
func TestOwnErrorsAreSorted(t *testing.T) {
	for err, want := range map[error]s3.Kind{
		errStale: s3.KindStopped, &localError{os.ErrPermission}: s3.KindLocal, &localError{unix.EMFILE}: s3.KindRetry,
		&damagedError{&smithy.GenericAPIError{Code: "BadDigest"}}: s3.KindUnsupported, fmt.Errorf("part 3: %w", errStale): s3.KindStopped,
	} {
		if got := s3.Classify(err); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
}

// TestRetrier runs on a clock that only moves while everything sleeps.
// The answers that the tests of the retrier get.
var (
	busy   = &smithy.GenericAPIError{Code: "SlowDown"}
	denied = &smithy.GenericAPIError{Code: "ExpiredToken"}
)

func newRetrier(t *testing.T, giveUp time.Duration) *retrier {
	return &retrier{
		base: 500 * time.Millisecond, limit: 30 * time.Second, giveUp: giveUp, refusal: 90 * time.Second,
		log: testLog(t), changed: func() {},
	}
}

func TestOutages(t *testing.T) {
	t.Run("outlasts an outage", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r, began, attempts := newRetrier(t, 15*time.Minute), time.Now(), 0
			err := r.do(t.Context(), "op", func() {}, func(context.Context) error {
				if attempts++; time.Since(began) < 3*time.Hour {
					return busy
				}
				return nil
			})
			if err != nil || attempts > 3000 || attempts < 360 {
				t.Errorf("%d attempts, %v", attempts, err)
			}
			if _, failing, _ := r.snapshot(); !failing.IsZero() {
				t.Error("still failing")
			}
		})
	})
	t.Run("gives up once finished", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRetrier(t, 15*time.Minute)
			r.finish(time.Now())
			began := time.Now()
			err := r.do(t.Context(), "op", func() {}, func(context.Context) error { return busy })
			if took := time.Since(began); !errors.Is(err, errGaveUp) || took < 15*time.Minute || took > 16*time.Minute {
				t.Errorf("after %v: %v", took, err)
			}
		})
	})
	t.Run("an outage where there is another bucket", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r, began := newRetrier(t, 15*time.Minute), time.Now()
			r.outage = 2 * time.Minute
			err := r.do(t.Context(), "op", func() {}, func(context.Context) error { return busy })
			if took := time.Since(began); !errors.Is(err, errOutage) || took < 2*time.Minute || took > 3*time.Minute {
				t.Errorf("after %v: %v", took, err)
			}
		})
	})
	t.Run("ends with its context", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			began := time.Now()
			err := newRetrier(t, 0).do(ctx, "op", func() {}, func(context.Context) error { return busy })
			if time.Since(began) != time.Minute || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("after %v: %v", time.Since(began), err)
			}
		})
	})
}

func TestRefusals(t *testing.T) {
	t.Run("refusals count by time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r, n, refreshed, began := newRetrier(t, 15*time.Minute), 0, 0, time.Now()
			err := r.do(t.Context(), "op", func() { refreshed++ }, func(context.Context) error {
				if n++; n == 4 {
					began = time.Now()
					return busy
				}
				return denied
			})
			if took := time.Since(began); !failedWith(err, s3.KindExpired) || took < 90*time.Second || took > 155*time.Second || refreshed != n-1 {
				t.Errorf("after %v, %d attempts, %d refreshes: %v", took, n, refreshed, err)
			}
		})
	})
	t.Run("a finished recording is kept until time is up", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r, began := newRetrier(t, 15*time.Minute), time.Now()
			r.finish(began)
			err := r.do(t.Context(), "op", func() {}, func(context.Context) error { return denied })
			if took := time.Since(began); !errors.Is(err, errGaveUp) || took < 15*time.Minute {
				t.Errorf("after %v: %v", took, err)
			}
		})
	})
	t.Run("what can be done without is asked three times", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r, n := newRetrier(t, 15*time.Minute), 0
			r.finish(time.Now())
			answers := []error{denied, denied, busy, denied, denied, denied, nil}
			err := r.ask(t.Context(), "op", func() {}, func(context.Context) error { n++; return answers[n-1] })
			if !failedWith(err, s3.KindExpired) || n != 6 {
				t.Errorf("%d attempts, %v", n, err)
			}
		})
	})
}

func TestContiguous(t *testing.T) {
	part := func(n int32, size int64) s3.Listed {
		return s3.Listed{Number: n, Size: size, ETag: "e", CRC32C: "ipE2qg=="}
	}
	const mib = 1 << 20
	for _, test := range []struct {
		name  string
		parts []s3.Listed
		want  int
	}{
		{"none", nil, 0},
		{"no first", []s3.Listed{part(2, 8*mib)}, 0},
		{"one short", []s3.Listed{part(1, 5)}, 1},
		{"a run", []s3.Listed{part(1, 8*mib), part(2, 8*mib), part(3, 5)}, 3},
		{"a gap", []s3.Listed{part(1, 8*mib), part(3, 8*mib)}, 1},
		{"equal parts", []s3.Listed{part(1, 5*mib), part(2, 5*mib)}, 2},
		{"a short one inside", []s3.Listed{part(1, 8*mib), part(2, 5*mib), part(3, 8*mib)}, 2},
		{"the first sent while it was filled", []s3.Listed{part(1, 3*mib), part(2, 8*mib)}, 1},
		{"the first of equal ones too", []s3.Listed{part(1, 3*mib), part(2, 5*mib), part(3, 5*mib)}, 1},
	} {
		run, sums := contiguous(test.parts, planOfParts(s3.ObjectInfo{}, test.parts))
		if len(run) != test.want || !sums {
			t.Errorf("%s: %d parts, sums %v", test.name, len(run), sums)
		}
	}
	etag := md5.Sum([]byte("x"))
	run, sums := contiguous([]s3.Listed{{Number: 1, Size: 1, ETag: `"` + hex.EncodeToString(etag[:]) + `"`}}, Plan{})
	if sums || run[0].MD5 != etag {
		t.Errorf("without a checksum: %v, %+v", sums, run)
	}
	// The recorder told its plan: what looks like a full part of its own size is not.
	told := s3.ObjectInfo{Metadata: map[string]string{metaPart: "8388608"}}
	parts := []s3.Listed{part(1, 5*mib), part(2, 5*mib)}
	if run, _ := contiguous(parts, planOfParts(told, parts)); len(run) != 1 {
		t.Errorf("beside the plan: %d parts", len(run))
	}
}

func TestLastSign(t *testing.T) {
	at := time.Unix(1000, 0)
	sign, limit := lastSign(s3.ObjectInfo{Modified: at, Metadata: map[string]string{metaEvery: "10"}}, true, time.Time{}, nil)
	if sign != at || limit != 50*time.Second {
		t.Errorf("%v, %v", sign, limit)
	}
	for _, bad := range []string{"", "x", "-1", "NaN", "1e9"} {
		if _, limit := lastSign(s3.ObjectInfo{Metadata: map[string]string{metaEvery: bad}}, true, at, nil); limit != missedBeats*s3.DefaultHeartbeat {
			t.Errorf("interval %q: %v", bad, limit)
		}
	}
	sign, limit = lastSign(s3.ObjectInfo{}, false, at, []s3.Listed{{Modified: at.Add(time.Second)}, {}})
	if sign != at.Add(time.Second) || limit != time.Hour {
		t.Errorf("%v, %v", sign, limit)
	}
}

func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.mp4.journal")
	j, err := createJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	plan := Plan{Size: 5 << 20}
	for _, e := range []entry{
		{Kind: "target", Version: 1, ID: "1f", Bucket: "rec", Key: "a.mp4", Options: &Options{Region: "eu-west-1"}},
		{Kind: "upload", Key: "a.mp4", Upload: "u1", Plan: &plan},
		{Kind: "part", Part: 1, Size: 10, ETag: "e1", CRC: "ipE2qg=="},
		{Kind: "upload", Key: "b.mp4", Upload: "u2", Plan: &plan, Checksum: s3.ChecksumFull},
		{Kind: "part", Part: 2, Size: 20, ETag: "e2", CRC: "ipE2qg=="},
		{Kind: "final", Size: 30},
	} {
		if err := j.add(e); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := openJournal(path); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("opened twice: %v", err)
	}
	if _, err := createJournal(path); err == nil {
		t.Error("created twice")
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := journalState{
		ID: "1f", Target: Target{Bucket: "rec"}, Key: "b.mp4", Options: Options{Region: "eu-west-1"}, Upload: "u2", Plan: plan, Checksum: s3.ChecksumFull,
		Parts: map[int32]partSum{2: {Number: 2, Size: 20, ETag: "e2", CRC: 0x8a9136aa}}, Final: 30,
		Left: []begun{{Target{Bucket: "rec"}, Options{Region: "eu-west-1"}, "a.mp4", "u1"}},
	}
	// A line that a full disk tore, and the one that went on there, are one part less.
	torn := bytes.Replace(whole, []byte(`{"kind":"final"`), []byte(`{"kind":"part","part":3,"si{"kind":"part","part":4,"size":5}`+"\n"+`{"kind":"final"`), 1)
	if got, err := parseJournal(torn); err != nil || got.Final != 30 || len(got.Parts) != 1 {
		t.Errorf("a torn line in the middle: %+v, %v", got, err)
	}
	// Torn at any byte of its last line, or zeros in its place.
	last := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
	for cut := last; cut <= len(whole)+1; cut++ {
		data := bytes.Clone(whole[:min(cut, len(whole))])
		w := want
		if cut < len(whole) {
			w.Final = 0
		}
		if cut == len(whole)+1 {
			data = append(data, "\x00\x00\x00\n"...)
		}
		got, err := parseJournal(data)
		got.length = 0
		if diff := cmp.Diff(w, got, cmp.AllowUnexported(journalState{}, Target{}, partSum{})); diff != "" || err != nil {
			t.Fatalf("cut at %d: %v\n%s", cut, err, diff)
		}
	}
	if err := os.WriteFile(path, append(whole, `{"kind":`...), 0o600); err != nil {
		t.Fatal(err)
	}
	j, _, err = openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.add(entry{Kind: "final", Size: 31}), j.close()); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(path)
	if st, err := parseJournal(data); err != nil || st.Final != 31 {
		t.Errorf("after a torn line: %+v, %v", st, err)
	}
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte(`{"kind":"target","v":1,"bucket":"rec","key":"a","options":{}}` + "\n" + `{"kind":"upload","key":"a","upload":"u","plan":{}}` + "\n" + `{"kind":"part","part":1,"size":3,"crc32c":"ipE2qg=="}` + "\n"))
	f.Add([]byte(`{"kind":"target","v":2}` + "\n"))
	f.Add([]byte("\n\n"))
	f.Add([]byte(`{"kind":"final","size":1}` + "\n" + `{`))
	f.Fuzz(func(t *testing.T, data []byte) {
		st, err := parseJournal(data)
		if err != nil {
			return
		}
		if st.Target.Bucket == "" || st.Key == "" || st.length > int64(len(data)) {
			t.Errorf("accepted: %+v", st)
		}
		for n, p := range st.Parts {
			if n != p.Number || n < 1 || n > s3.MaxParts || p.Size < 1 {
				t.Errorf("part %d: %+v", n, p)
			}
		}
		again, err := parseJournal(data[:st.length])
		if err != nil {
			t.Fatalf("its own lines are refused: %v", err)
		}
		if diff := cmp.Diff(st, again, cmp.AllowUnexported(journalState{}, Target{}, partSum{})); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzKey(f *testing.F) {
	f.Add("{prefix}/{room}/{id}", "Team A", "x/y")
	f.Add("", "https://h/p?t=1", "")
	f.Add("{epochms}", "..", "../..")
	f.Fuzz(func(t *testing.T, template, room, prefix string) {
		name := SafeRoom(room)
		if name == "" || len(name) > 64 || strings.ContainsAny(name, "/\\ ?%") || strings.Trim(name, ".-") != name {
			t.Errorf("room %q becomes %q", room, name)
		}
		key, err := KeyVars{Prefix: prefix, Room: room, Start: time.Unix(0, 0), ID: "1"}.Expand(template)
		if err != nil {
			return
		}
		if key == "" || len(key) > 1024 || strings.HasPrefix(key, "/") || strings.Contains(key, "//") || s3.CheckKey(key) != nil {
			t.Errorf("key %q", key)
		}
	})
}
