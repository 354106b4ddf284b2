//go:build e2e

package storage

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"beam/beam/report"
	"beam/capture/encode"
	"beam/capture/mp4"
	"beam/upload"
	"beam/upload/uploadtest"
)

const (
	// What a recording may keep in memory, bytes, with the garbage that was not
	// collected yet.
	endingHeap = 64 << 20
	// How many times the bytes of a recording of ten seconds finishing one of
	// three hours, 1080 times as long, may move on the disk.
	endingRatio = 20
)

// However long a recording was, there is as little to do after its last byte: to
// write the index, and to send the last part and those that hold the index. How
// long that takes is logged; bytes are what is asserted.
func TestLengthIsNotFeltAtTheEnd(t *testing.T) {
	leaked := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, leaked) })
	media := encodeReplay(t)
	store := newWatchedStore(t)
	var short, long ending
	ok := t.Run("10s", func(t *testing.T) { short = recordReplay(t, media, store, 10*time.Second) })
	hours := longHours(t)
	ok = t.Run(hours.String(), func(t *testing.T) { long = recordReplay(t, media, store, hours) }) && ok
	if ok && long.local > endingRatio*short.local {
		t.Errorf("finishing moved %d bytes on the disk, after ten seconds %d", long.local, short.local)
	}
}

// ending is what happened after the last byte of a recording.
type ending struct {
	took  time.Duration // until the object was confirmed and the report beside it
	local int64         // bytes read and written to finish the file
	sent  int64         // bytes of parts
}

// recordReplay takes a recording of the given length through the output and the
// transfer of a real one, as fast as they take it.
func recordReplay(t *testing.T, media *replay, store *watchedStore, length time.Duration) ending {
	const fps = 30
	longest := max(4*time.Hour, length+time.Hour)
	file := File{Path: filepath.Join(t.TempDir(), "meeting.mp4"), Room: "https://room.example/long", Version: "test"}
	settings := Settings{Bucket: "s3://" + store.Bucket + "/team", Endpoint: store.proxy.URL, Region: uploadtest.Region, PathStyle: true}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	opened, err := Open(t.Context(), settings, log)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	out, err := encode.CreateOutput(file.Path, 0o600, longest, fps, false)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Discard() // when it fails; it is finished otherwise, and what it was is gone
	transfer, err := opened.Start(t.Context(), file, out.Head, time.Now(), log)
	if err != nil {
		t.Fatal(err)
	}
	defer transfer.Close(log)
	safe := int64(0) // bytes of the file that stay
	out.Grown = func(size int64) {
		safe = size
		transfer.Advance(size)
	}
	runtime.GC()
	before := heapBytes()
	peak := before
	began := time.Now()
	feed := &oddChunks{w: out, sizes: rand.New(rand.NewPCG(1, uint64(length)))}
	feed.put(t, media.init)
	count := media.count(length)
	for n := range count - 1 {
		feed.put(t, media.fragment(n))
		if n%256 == 0 {
			peak = max(peak, heapBytes())
		}
	}
	wrote := time.Since(began)
	// A recording as slow as time has its parts in the bucket and its bytes on
	// the disk long before its end.
	caughtUp(t, transfer, safe)
	syncDisk(t, file.Path)
	peak = max(peak, heapBytes())
	store.reset()
	feed.put(t, media.fragment(count-1))
	feed.flush(t)
	began = time.Now()
	caughtUp(t, transfer, safe) // the last fragment may have filled a part
	local := processIO(t)
	info, err := out.Finish(t.Context(), length, transfer.Untouched(), mp4.Metadata{Encoder: "beam test"})
	if err != nil {
		t.Fatal(err)
	}
	finished := time.Since(began)
	e := ending{local: processIO(t) - local}
	sheet := filepath.Join(t.TempDir(), "sheet.png")
	if err := os.WriteFile(sheet, []byte("a sheet"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &report.Report{Output: file.Path, Bytes: info.Bytes, Seconds: info.Duration.Seconds(), ContactSheet: sheet}
	if err := transfer.Complete(t.Context(), r, nil, func() {}, func(string) {}, log); err != nil {
		t.Fatal(err)
	}
	e.took, e.sent = time.Since(began), store.sent.Load()
	if want := strings.TrimSuffix(r.Upload.URL, ".mp4") + ".contact-sheet.png"; !slices.Equal(r.Upload.Beside, []string{want}) {
		t.Errorf("beside the object are %q, not %q", r.Upload.Beside, want)
	}
	peak = max(peak, heapBytes())

	put := store.plainPut(t, e.sent)
	grown := int64(peak) - int64(before)
	t.Logf("%d fragments, %.1f MB, written in %.1f s: complete %.2f s after the last byte (file %.2f s, upload %.2f s, of it %.2f s the store's own completing)",
		count, float64(info.Bytes)/1e6, wrote.Seconds(), e.took.Seconds(), finished.Seconds(), r.Upload.Seconds, time.Duration(store.completing.Load()).Seconds())
	t.Logf("finishing moved %.2f MB on the disk and %.2f MB to the bucket, which a plain put takes %.2f s for; the heap grew by %.1f MB",
		float64(e.local)/1e6, float64(e.sent)/1e6, put.Seconds(), float64(grown)/1e6)
	if grown > endingHeap {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if limit := lastBytes(opened, out.Head, info.Bytes); e.sent > limit {
		t.Errorf("%d bytes of parts sent after the last byte, want no more than %d", e.sent, limit)
	}
	if r.Upload.Confirmed != "crc32c" || r.Upload.Retries != 0 || r.Upload.Bytes != info.Bytes || len(r.Degraded) > 0 {
		t.Errorf("upload %+v, degraded %q", r.Upload, r.Degraded)
	}
	index := checkLayout(t, file.Path)
	if info.Bytes > encode.CompactBelow && e.local > index+64<<10 {
		t.Errorf("finishing moved %d bytes on the disk for an index of %d", e.local, index)
	}
	checkPlays(t, file.Path, length)
	store.checkObject(t, r.Upload.URL, file.Path)
	return e
}

// syncDisk brings all that was written to the disk of a file.
func syncDisk(t *testing.T, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		t.Fatal(err)
	}
}

// lastBytes returns the most bytes of parts that may be sent after the last
// byte: those that hold the head, the last one, and one that the last fragment
// has filled. Framing and checksums of the requests come on top.
func lastBytes(o *Storage, head, size int64) int64 {
	plan := upload.Plan{Size: o.stores[0].Options.PartSize}
	n := int32(1)
	for plan.Offset(n+1) < head {
		n++
	}
	return min(size, plan.Offset(n+1)+2*plan.PartSize(n)) + 64<<10
}

// caughtUp waits until every part that the file fills is in the bucket.
func caughtUp(t *testing.T, transfer *Transfer, safe int64) {
	t.Helper()
	plan := upload.Plan{Size: transfer.storage.stores[0].Options.PartSize}
	want := int64(0)
	if safe >= transfer.hold {
		for n := int32(1); plan.Offset(n) <= safe; n++ {
			want = plan.Offset(n)
		}
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		p := transfer.uploader.Progress()
		if p.Uploaded >= want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the upload does not get on: %+v", p)
		}
	}
}

// oddChunks writes what it is given in chunks whose sizes, odd and up to those
// of a pipe, have nothing to do with the boxes.
type oddChunks struct {
	w       io.Writer
	sizes   *rand.Rand
	pending []byte
	next    int
}

func (c *oddChunks) put(t *testing.T, p []byte) {
	t.Helper()
	c.pending = append(c.pending, p...)
	rest := c.pending
	for {
		if c.next == 0 {
			c.next = 2*c.sizes.IntN(32<<10) + 1
		}
		if len(rest) < c.next {
			break
		}
		if _, err := c.w.Write(rest[:c.next]); err != nil {
			t.Fatal(err)
		}
		rest, c.next = rest[c.next:], 0
	}
	c.pending = c.pending[:copy(c.pending, rest)]
}

func (c *oddChunks) flush(t *testing.T) {
	t.Helper()
	if _, err := c.w.Write(c.pending); err != nil {
		t.Fatal(err)
	}
	c.pending = nil
}

// watchedStore is a gateway behind a proxy that tells what is asked of it.
type watchedStore struct {
	*uploadtest.Gateway
	proxy      *uploadtest.Proxy
	sent       atomic.Int64 // bytes of parts
	completing atomic.Int64 // nanoseconds
}

func newWatchedStore(t *testing.T) *watchedStore {
	t.Helper()
	s := &watchedStore{Gateway: uploadtest.Start(t)}
	s.proxy = uploadtest.NewProxy(t, s.URL)
	s.proxy.Set(func(op uploadtest.Op, r *http.Request) uploadtest.Fault {
		switch op {
		case uploadtest.OpPart:
			s.sent.Add(r.ContentLength)
		case uploadtest.OpComplete:
			return func(w http.ResponseWriter, _ *http.Request, forward func(http.ResponseWriter)) {
				began := time.Now()
				forward(w)
				s.completing.Add(int64(time.Since(began)))
			}
		}
		return nil
	})
	return s
}

func (s *watchedStore) reset() {
	s.sent.Store(0)
	s.completing.Store(0)
}

// plainPut returns how long the store takes for an object of size bytes.
func (s *watchedStore) plainPut(t *testing.T, size int64) time.Duration {
	t.Helper()
	key, body := "plain", bytes.NewReader(make([]byte, size))
	began := time.Now()
	if _, err := s.Client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &s.Bucket, Key: &key, Body: body}); err != nil {
		t.Fatal(err)
	}
	return time.Since(began)
}

// checkObject compares the object with the file, and looks for what the upload
// may have left.
func (s *watchedStore) checkObject(t *testing.T, url, file string) {
	t.Helper()
	key := strings.TrimPrefix(url, "s3://"+s.Bucket+"/")
	object, err := s.Client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &s.Bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	defer object.Body.Close()
	local, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	if got, want := sha256Of(t, object.Body), sha256Of(t, local); got != want {
		t.Errorf("the object has SHA-256 %x, the file %x", got, want)
	}
	if _, err := os.Lstat(upload.JournalPath(file)); !os.IsNotExist(err) {
		t.Errorf("the journal is left: %v", err)
	}
	if left := s.Uploads(t); len(left) > 0 {
		t.Errorf("uploads are left: %v", left)
	}
}

func sha256Of(t *testing.T, r io.Reader) (sum [sha256.Size]byte) {
	t.Helper()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		t.Fatal(err)
	}
	h.Sum(sum[:0])
	return sum
}

// checkLayout fails unless the index is in front of the media, and returns its
// size in bytes.
func checkLayout(t *testing.T, path string) (index int64) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for at := int64(0); at < info.Size(); {
		var head [16]byte
		if _, err := f.ReadAt(head[:], at); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		size, typ := int64(binary.BigEndian.Uint32(head[:])), string(head[4:8])
		if size == 1 {
			size = int64(binary.BigEndian.Uint64(head[8:]))
		}
		if size < 8 || size > info.Size()-at {
			t.Fatalf("box %q of %d bytes at byte %d of %d", typ, size, at, info.Size())
		}
		if typ == "moov" {
			index = size
		}
		types = append(types, typ)
		at += size
	}
	moov, mdat := slices.Index(types, "moov"), slices.Index(types, "mdat")
	if moov < 0 || mdat < moov {
		t.Errorf("boxes %v", types)
	}
	return index
}

// checkPlays fails unless the file has its length and its last ten seconds can
// be decoded.
func checkPlays(t *testing.T, path string, length time.Duration) {
	t.Helper()
	text := strings.TrimSpace(runQuiet(t, "ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path))
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || seconds < length.Seconds()-1 || seconds > length.Seconds()+1 {
		t.Errorf("a duration of %q s, want %v", text, length)
	}
	pictures, sounds := decodedFrom(t, path, length-10*time.Second)
	// 300 and 468.75, but for what the seek cuts through.
	if pictures < 298 || pictures > 301 || sounds < 466 || sounds > 471 {
		t.Errorf("%d pictures and %d blocks of sound in the last ten seconds", pictures, sounds)
	}
}

// decodedFrom decodes the rest of a file and returns how many frames and blocks of
// audio that are.
func decodedFrom(t *testing.T, path string, at time.Duration) (pictures, sounds int) {
	t.Helper()
	from := strconv.Itoa(int(at.Seconds()))
	for line := range strings.Lines(runQuiet(t, "ffmpeg", "-v", "error", "-ss", from, "-i", path, "-map", "0:v", "-map", "0:a", "-f", "framecrc", "-")) {
		switch {
		case strings.HasPrefix(line, "0,"):
			pictures++
		case strings.HasPrefix(line, "1,"):
			sounds++
		}
	}
	return pictures, sounds
}

// runQuiet returns what a program prints, and fails when it complains.
func runQuiet(t *testing.T, name string, args ...string) string {
	t.Helper()
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil || complaint.Len() > 0 {
		t.Fatalf("%s: %v\n%s", name, err, complaint.String())
	}
	return out.String()
}

// processIO returns the bytes that this process has read and written so far
// (proc_pid_io(5)).
func processIO(t *testing.T) (sum int64) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if name != "rchar" && name != "wchar" {
			continue
		}
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
}

func heapBytes() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
