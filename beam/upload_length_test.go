package beam

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"image"
	"image/jpeg"
	"io"
	"iter"
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

	"beam/capture"
	"beam/capture/ffmpeg"
	"beam/capture/matroska"
	"beam/capture/mp4"
	"beam/upload"
	"beam/upload/uploadtest"
)

const (
	// The bar: an object is complete this long after the last byte and the
	// transfer of what was left. The slack is for machines that are busy with
	// something else.
	endingBar   = 2 * time.Second
	endingSlack = 5 * time.Second
	// What a recording may keep in memory, bytes, with the garbage that was not
	// collected yet.
	endingHeap = 64 << 20
	// How many times the bytes of a recording of ten seconds finishing one of
	// three hours, 1080 times as long, may move on the disk.
	endingRatio = 20
)

// However long a recording was, it is in the bucket soon after its last byte:
// all there is to do is to write the index, and to send the last part and those
// that hold the index.
func TestLengthIsNotFeltAtTheEnd(t *testing.T) {
	leaked := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, leaked) })
	media := encodeReplay(t)
	store := newWatchedStore(t)
	var short, long ending
	ok := t.Run("10s", func(t *testing.T) { short = recordReplay(t, media, store, 10*time.Second) })
	ok = t.Run("3h", func(t *testing.T) { long = recordReplay(t, media, store, 3*time.Hour) }) && ok
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
	s := Settings{Config: Defaults()}
	s.Room, s.Version, s.Output = "https://room.example/long", "test", filepath.Join(t.TempDir(), "meeting.mp4")
	s.Storage = Storage{Bucket: "s3://" + store.Bucket + "/team", Endpoint: store.proxy.URL, Region: uploadtest.Region, PathStyle: true}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	opened, err := openStorage(t.Context(), s.Storage, log)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.close()
	out, err := createOutput(s.Output, stopRules{MaxDuration: s.MaxDuration}.limit(), s.FPS)
	if err != nil {
		t.Fatal(err)
	}
	defer out.file.Close() // when it fails; closed by finish otherwise
	transfer, err := opened.startTransfer(t.Context(), s, out.head, time.Now(), log)
	if err != nil {
		t.Fatal(err)
	}
	defer transfer.close(log)
	out.grown = transfer.advance
	k := &take{
		recorder: &recorder{settings: s, log: log, sink: func(Event) {}, state: StateStopping, storage: opened},
		out:      out, transfer: transfer,
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
	caughtUp(t, transfer, out)
	if err := unix.Syncfs(int(out.file.Fd())); err != nil {
		t.Fatal(err)
	}
	peak = max(peak, heapBytes())
	store.reset()
	feed.put(t, media.fragment(count-1))
	feed.flush(t)
	began = time.Now()
	caughtUp(t, transfer, out) // the last fragment may have filled a part
	local := processIO(t)
	info, err := out.finish(t.Context(), length, transfer.untouched(), mp4.Metadata{Encoder: "beam test"})
	if err != nil {
		t.Fatal(err)
	}
	finished := time.Since(began)
	e := ending{local: processIO(t) - local}
	r := &Report{Output: s.Output, Bytes: info.Bytes, Seconds: info.Duration.Seconds()}
	if err := k.upload(t.Context(), r, nil); err != nil {
		t.Fatal(err)
	}
	e.took, e.sent = time.Since(began), store.sent.Load()
	peak = max(peak, heapBytes())

	put := store.plainPut(t, e.sent)
	grown := int64(peak) - int64(before)
	t.Logf("%d fragments, %.1f MB, written in %.1f s: complete %.2f s after the last byte (file %.2f s, upload %.2f s, of it %.2f s the store's own completing)",
		count, float64(info.Bytes)/1e6, wrote.Seconds(), e.took.Seconds(), finished.Seconds(), r.Upload.Seconds, time.Duration(store.completing.Load()).Seconds())
	t.Logf("finishing moved %.2f MB on the disk and %.2f MB to the bucket, which a plain put takes %.2f s for; the heap grew by %.1f MB",
		float64(e.local)/1e6, float64(e.sent)/1e6, put.Seconds(), float64(grown)/1e6)
	if e.took > put+endingBar+endingSlack {
		t.Errorf("complete %v after the last byte; a plain put of the same bytes takes %v", e.took, put)
	}
	if grown > endingHeap {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if limit := lastBytes(opened, out.head, info.Bytes); e.sent > limit {
		t.Errorf("%d bytes of parts sent after the last byte, want no more than %d", e.sent, limit)
	}
	if r.Upload.Confirmed != "crc32c" || r.Upload.Retries != 0 || r.Upload.Bytes != info.Bytes || len(r.Degraded) > 0 {
		t.Errorf("upload %+v, degraded %q", r.Upload, r.Degraded)
	}
	index := checkLayout(t, s.Output)
	if info.Bytes > compactBelow && e.local > index+64<<10 {
		t.Errorf("finishing moved %d bytes on the disk for an index of %d", e.local, index)
	}
	checkPlays(t, s.Output, length)
	store.checkObject(t, r.Upload.URL, s.Output)
	return e
}

// lastBytes returns the most bytes of parts that may be sent after the last
// byte: those that hold the head, the last one, and one that the last fragment
// has filled. Framing and checksums of the requests come on top.
func lastBytes(o *storage, head, size int64) int64 {
	plan := upload.Plan{Size: o.stores[0].Options.PartSize}
	n := int32(1)
	for plan.Offset(n+1) < head {
		n++
	}
	return min(size, plan.Offset(n+1)+2*plan.PartSize(n)) + 64<<10
}

// caughtUp waits until every part that the file fills is in the bucket.
func caughtUp(t *testing.T, transfer *transfer, out *output) {
	t.Helper()
	plan := upload.Plan{Size: transfer.storage.stores[0].Options.PartSize}
	safe, want := out.writer.Progress().Safe, int64(0)
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

// The tracks of ffmpeg's output, by their ids, and their ticks a second.
const (
	replayPictures = 1
	replaySound    = 2
)

var replayTicks = map[uint32]uint64{replayPictures: 90000, replaySound: capture.SampleRate}

// replay is a recording of any length, made of a short one: a stretch of its
// fragments comes again and again, each time later.
type replay struct {
	init     []byte  // ftyp and moov
	pieces   []piece // the stretch is pieces[from:to]
	from, to int
	span     uint64 // of the stretch, seconds
}

// piece is a movie fragment with its media data.
type piece struct {
	data   []byte
	number []byte           // the field for it (ISO/IEC 14496-12, clause 8.8.5), in data
	stamps map[uint32]stamp // by track id
}

// stamp is the decode time of a track's first sample (clause 8.8.12), ticks.
type stamp struct {
	time  uint64
	field []byte // in the piece's data
}

// encodeReplay encodes pictures and sound as a recording does. Sound and
// pictures repeat in step every 8/15 s, keyframes every 2 s: so 8 s repeat
// exactly.
func encodeReplay(t *testing.T) *replay {
	t.Helper()
	const length, fps, block = 13 * time.Second, 30, 10 * time.Millisecond
	size := capture.Size{Width: 320, Height: 180}
	args, err := ffmpeg.Args(ffmpeg.Spec{Size: size, FPS: fps, Preset: "ultrafast", CRF: 30, MaxRate: 150_000})
	if err != nil {
		t.Fatal(err)
	}
	path, err := ffmpeg.Find("")
	if err != nil {
		t.Fatal(err)
	}
	var stream bytes.Buffer
	encoder, err := ffmpeg.Start(t.Context(), ffmpeg.Options{Path: path, Args: args, Output: &stream, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w, err := matroska.NewWriter(encoder, size, true)
	noise := rand.New(rand.NewPCG(3, 3))
	pcm := make([]int16, capture.SampleRate/100*capture.Channels)
	for at, n := time.Duration(0), time.Duration(0); err == nil && at < length; at += block {
		for ; err == nil && n*time.Second/fps <= at; n++ {
			err = w.Picture(n*time.Second/fps, replayPicture(t, size, uint64(n)))
		}
		for i := range pcm {
			pcm[i] = int16(noise.IntN(8000) - 4000)
		}
		if err == nil {
			err = w.Sound(at, pcm)
		}
	}
	if closeErr := encoder.CloseInput(); err == nil {
		err = closeErr
	}
	if waitErr := encoder.Wait(); waitErr != nil || err != nil {
		t.Fatalf("encode: %v, %v", waitErr, err)
	}
	return newReplay(t, stream.Bytes())
}

// replayPicture returns picture n as a JPEG: squares, half of which are new.
func replayPicture(t *testing.T, size capture.Size, n uint64) []byte {
	t.Helper()
	const square = 16
	img := image.NewYCbCr(image.Rect(0, 0, size.Width, size.Height), image.YCbCrSubsampleRatio420)
	for _, plane := range [][]byte{img.Cb, img.Cr} {
		for i := range plane {
			plane[i] = 128
		}
	}
	old, fresh := rand.New(rand.NewPCG(1, 1)), rand.New(rand.NewPCG(2, n))
	row := make([]byte, img.YStride)
	for y := range size.Height {
		if y%square == 0 {
			for x := 0; x < size.Width; x += square {
				level := byte(old.IntN(256))
				if fresh.IntN(2) == 0 {
					level = byte(fresh.IntN(256))
				}
				for i := range row[x:min(x+square, size.Width)] {
					row[x+i] = level
				}
			}
		}
		copy(img.Y[y*img.YStride:], row)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func newReplay(t *testing.T, stream []byte) *replay {
	t.Helper()
	r := &replay{}
	var moof []byte
	for typ, whole := range replayBoxes(t, stream) {
		switch typ {
		case "ftyp", "moov":
			r.init = append(r.init, whole...)
		case "moof":
			moof = whole
		case "mdat":
			r.pieces = append(r.pieces, newPiece(t, slices.Concat(moof, whole), len(moof)))
		}
	}
	// A stretch begins with a keyframe, and lasts as long in both tracks.
	const keyframe, second = 2 * 90000, uint64(ffmpeg.Origin / time.Second)
	at := func(n int, track uint32) uint64 { return r.pieces[n].stamps[track].time }
	starts := func(n int) bool {
		return len(r.pieces[n].stamps) == 2 && (at(n, replayPictures)-second*90000)%keyframe == 0
	}
	for r.from = range r.pieces {
		for r.to = r.from + 1; r.to < len(r.pieces); r.to++ {
			r.span = (at(r.to, replayPictures) - at(r.from, replayPictures)) / 90000
			if starts(r.from) && starts(r.to) && r.span*capture.SampleRate == at(r.to, replaySound)-at(r.from, replaySound) {
				return r
			}
		}
	}
	t.Fatalf("none of %d fragments begin a stretch that can be repeated", len(r.pieces))
	return nil
}

func newPiece(t *testing.T, data []byte, moof int) piece {
	t.Helper()
	p := piece{data: data, stamps: map[uint32]stamp{}}
	for typ, whole := range replayBoxes(t, data[8:moof]) {
		switch typ {
		case "mfhd":
			p.number = whole[12:16]
		case "traf":
			var id uint32
			for typ, whole := range replayBoxes(t, whole[8:]) {
				switch typ {
				case "tfhd":
					id = binary.BigEndian.Uint32(whole[12:])
				case "tfdt":
					if whole[8] != 1 {
						t.Fatalf("decode time of version %d", whole[8])
					}
					p.stamps[id] = stamp{binary.BigEndian.Uint64(whole[12:]), whole[12:20]}
				}
			}
		}
	}
	return p
}

// replayBoxes walks the boxes that fill b (clause 4.2.2).
func replayBoxes(t *testing.T, b []byte) iter.Seq2[string, []byte] {
	t.Helper()
	return func(yield func(string, []byte) bool) {
		for len(b) > 0 {
			if len(b) < 8 || binary.BigEndian.Uint32(b) < 8 || int(binary.BigEndian.Uint32(b)) > len(b) {
				t.Fatalf("no box in the last %d bytes", len(b))
			}
			size := binary.BigEndian.Uint32(b)
			if !yield(string(b[4:8]), b[:size]) {
				return
			}
			b = b[size:]
		}
	}
}

// place returns the piece that is fragment n, and how many times the stretch
// came before.
func (r *replay) place(n int) (p piece, laps uint64) {
	if n < r.to {
		return r.pieces[n], 0
	}
	n -= r.from
	return r.pieces[r.from+n%(r.to-r.from)], uint64(n / (r.to - r.from))
}

// fragment returns fragment n, until the next call.
func (r *replay) fragment(n int) []byte {
	p, laps := r.place(n)
	binary.BigEndian.PutUint32(p.number, uint32(n+1))
	for track, s := range p.stamps {
		binary.BigEndian.PutUint64(s.field, s.time+laps*r.span*replayTicks[track])
	}
	return p.data
}

// count returns how many fragments hold pictures and sound of a recording of
// the given length.
func (r *replay) count(length time.Duration) (n int) {
	for ; ; n++ {
		p, laps := r.place(n)
		begun := len(p.stamps) == 2
		for track, s := range p.stamps {
			from := time.Duration(s.time)*time.Second/time.Duration(replayTicks[track]) + time.Duration(laps*r.span)*time.Second
			begun = begun && from >= ffmpeg.Origin+length
		}
		if begun {
			return n
		}
	}
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
	from := strconv.Itoa(int((length - 10*time.Second).Seconds()))
	pictures, sounds := 0, 0
	for line := range strings.Lines(runQuiet(t, "ffmpeg", "-v", "error", "-ss", from, "-i", path, "-map", "0:v", "-map", "0:a", "-f", "framecrc", "-")) {
		switch {
		case strings.HasPrefix(line, "0,"):
			pictures++
		case strings.HasPrefix(line, "1,"):
			sounds++
		}
	}
	// 300 and 468.75, but for what the seek cuts through.
	if pictures < 298 || pictures > 301 || sounds < 466 || sounds > 471 {
		t.Errorf("%d pictures and %d blocks of sound in the last ten seconds", pictures, sounds)
	}
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
