//go:build e2e

package storage

import (
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"beam/capture/encode"
	"beam/capture/mp4"
	"beam/upload"
	"beam/upload/s3"
)

// longHours is how long the long recordings of the tests are: BEAM_HOURS, or 3.
func longHours(t *testing.T) time.Duration {
	t.Helper()
	value := os.Getenv("BEAM_HOURS")
	if value == "" {
		return 3 * time.Hour
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		t.Fatalf("BEAM_HOURS is %q", value)
	}
	return time.Duration(n) * time.Hour
}

const (
	mostMissing = time.Minute     // audio and video that the bucket may lack at any moment
	mostAfter   = 2 * time.Second // from the end of a recording until it is confirmed
)

// A recording of hours has all but its last minute in the bucket at any moment,
// takes no more memory at its end than at its beginning, and is complete soon after
// it. Its time is the bubble's: each fragment comes when it would, and each part takes
// as long as it would at sinkRate.
func TestHours(t *testing.T) {
	media := encodeReplay(t)
	store, err := upload.Open(t.Context(), upload.Target{Bucket: "sink"}, upload.Options{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, c := range []struct {
		name   string
		length time.Duration
		every  int // of so many fragments one is recorded: there is little of it
	}{{"hours", longHours(t), 1}, {"hardly anything", 20 * time.Minute, 16}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { recordHours(t, media, store.Settings(), c.length, c.every) })
		})
	}
}

func recordHours(t *testing.T, media *replay, settings s3.Options, length time.Duration, every int) {
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	path := filepath.Join(t.TempDir(), "meeting.mp4")
	out, err := encode.CreateOutput(path, 0o600, length, replayFPS, false)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Discard()
	bucket := &sink{settings: settings, sums: s3.NewLadder(false, log), parts: map[int32]s3.Part{}}
	uploader, err := upload.Start(t.Context(), upload.Config{File: path, Places: []upload.Place{{Store: bucket, Key: "a.mp4"}}, HeadSize: out.Head, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	transfer := &Transfer{uploader: uploader, hold: holdUntil(upload.Plan{}, out.Head), began: time.Now()}
	defer transfer.Close(log)

	// Where the media is in the file: what was recorded when it had so many bytes.
	type mark struct {
		bytes int64
		media time.Duration
	}
	var marks []mark
	out.Grown = func(safe int64) {
		marks = append(marks, mark{safe, out.Recorded()})
		transfer.Advance(safe)
	}
	missing := func() time.Duration {
		have := bucket.contiguous()
		for len(marks) > 1 && marks[1].bytes <= have {
			marks = marks[1:]
		}
		if len(marks) == 0 || marks[0].bytes > have {
			return out.Recorded()
		}
		return out.Recorded() - marks[0].media
	}
	write := func(b []byte) {
		if _, err := out.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	write(media.init)
	count := media.count(length)
	pace := length / time.Duration(count)
	var worst time.Duration
	heap := make([]uint64, 0, 64)
	for n := range count {
		time.Sleep(pace)
		if n%every == 0 {
			write(media.fragment(n))
		}
		worst = max(worst, missing())
		if n%(count/60) == 0 {
			heap = append(heap, heapBytes())
		}
	}
	ended := time.Now()
	info, err := out.Finish(t.Context(), length, transfer.Untouched(), mp4.Metadata{Encoder: "beam test"})
	if err != nil {
		t.Fatal(err)
	}
	result, err := uploader.Finish(t.Context(), info.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(ended)
	first, last := peakOf(heap[:len(heap)/3]), peakOf(heap[len(heap)*2/3:])
	t.Logf("%v, %.0f MB in %d parts: at most %.1f s of it missing in the bucket; heap at most %.0f MB in the first third, %.0f MB in the last; complete %.1f s after the end",
		length, float64(info.Bytes)/1e6, result.Parts, worst.Seconds(), first, last, took.Seconds())
	if worst > mostMissing {
		t.Errorf("%v of the recording were missing in the bucket", worst)
	}
	if last > first+endingHeap>>20 {
		t.Errorf("the heap grew from %.0f to %.0f MB", first, last)
	}
	if took > mostAfter {
		t.Errorf("complete %v after the end", took)
	}
	if result.Confirmed != "crc32c" || result.Size != info.Bytes {
		t.Errorf("%+v", result)
	}
	if every == 1 {
		checkPlays(t, path, length)
	}
}

// peakOf returns the largest of some sizes, in MB.
func peakOf(sizes []uint64) (peak float64) {
	for _, s := range sizes {
		peak = max(peak, float64(s)/1e6)
	}
	return peak
}

// sink is a bucket that keeps sizes and checksums only, and takes its time.
type sink struct {
	settings s3.Options
	sums     *s3.Ladder

	mu     sync.Mutex
	parts  map[int32]s3.Part
	object *s3.ObjectInfo
}

// The network before the sink.
const (
	sinkLatency = 40 * time.Millisecond
	sinkRate    = 100_000_000 / 8 // bytes a second
)

// contiguous returns how many bytes from the start are there without a gap.
func (b *sink) contiguous() (bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var plan upload.Plan
	for n := int32(1); ; n++ {
		p, ok := b.parts[n]
		bytes += p.Size
		if !ok || p.Size < plan.PartSize(n) {
			return bytes
		}
	}
}

func (b *sink) At() s3.Target { return s3.Target{Bucket: "sink"} }

func (b *sink) Settings() s3.Options { return b.settings }

func (b *sink) Checksums() *s3.Ladder { return b.sums }

func (b *sink) ExpireCredentials() {}

func (b *sink) Diagnose(err error) s3.Finding { return s3.Finding{Detail: err.Error()} }

func (b *sink) Create(_ context.Context, _, _ string, _ map[string]string, checksum string) (id, kept string, err error) {
	time.Sleep(sinkLatency)
	return "1", checksum, nil
}

func (b *sink) UploadPart(ctx context.Context, _, _, _ string, part s3.Part, section *io.SectionReader) (etag string, err error) {
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	if _, err := io.Copy(sum, section); err != nil {
		return "", err
	}
	if err := s3.Sleep(ctx, sinkLatency+time.Duration(float64(part.Size)/sinkRate*float64(time.Second))); err != nil {
		return "", err
	}
	if sum.Sum32() != part.CRC {
		return "", fmt.Errorf("part %d arrived damaged", part.Number)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.parts[part.Number] = part
	return fmt.Sprintf(`"%08x"`, part.CRC), nil
}

func (b *sink) ListParts(context.Context, string, string) ([]s3.Listed, string, error) {
	return nil, s3.ChecksumFull, nil
}

func (b *sink) Complete(_ context.Context, c s3.Completion) (s3.ObjectInfo, error) {
	time.Sleep(sinkLatency)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.object = &s3.ObjectInfo{Size: c.Size, CRC32C: s3.EncodeCRC(c.CRC), Now: time.Now()}
	return *b.object, nil
}

func (b *sink) Head(context.Context, string) (s3.ObjectInfo, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return *b.object, nil
}

func (b *sink) Abort(context.Context, string, string) error { return nil }

func (b *sink) ListUploads(context.Context, string) ([]s3.Unfinished, error) { return nil, nil }

func (b *sink) PutOnce(context.Context, string, string, map[string]string, []byte) error { return nil }

func (b *sink) Delete(context.Context, string) error { return nil }
