package upload

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"beam/upload/s3"
)

// memoryPart is the size of all parts, bytes. Each attempt reads its part anew,
// and hours have thousands of attempts.
const memoryPart = 4 << 10

// memory is a bucket in memory. Nothing of it waits, so a test with it can run
// on a clock that only moves while everything sleeps.
type memory struct {
	name  string
	fault func(op string) error // of a request, nil for none
	sums  *s3.Ladder

	mu      sync.Mutex
	objects map[string][]byte
	uploads map[string]map[int32][]byte // by id
	begun   int
}

func newMemory(name string) *memory {
	return &memory{
		name: name, fault: func(string) error { return nil }, sums: s3.NewLadder(false, slog.New(slog.DiscardHandler)),
		objects: map[string][]byte{}, uploads: map[string]map[int32][]byte{},
	}
}

// answer is a refusal.
type answer struct {
	kind   s3.Kind
	status int
}

func (a answer) Error() string       { return fmt.Sprintf("answer %d", a.status) }
func (a answer) Kind() s3.Kind       { return a.kind }
func (a answer) HTTPStatusCode() int { return a.status }

func (m *memory) At() s3.Target { return s3.Target{Bucket: m.name} }

func (m *memory) Settings() s3.Options {
	return s3.Options{
		PartSize: memoryPart, Heartbeat: 20 * time.Second, TailEvery: time.Minute, RefusalTime: 90 * time.Second, OutageTime: 2 * time.Minute,
		BackoffBase: 500 * time.Millisecond, BackoffCap: 30 * time.Second,
	}
}

func (m *memory) Checksums() *s3.Ladder { return m.sums }

func (m *memory) ExpireCredentials() {}

func (m *memory) Diagnose(err error) s3.Finding {
	return s3.Finding{Code: FindOther, Detail: err.Error()}
}

// do carries out a request.
func (m *memory) do(op string, request func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fault(op); err != nil {
		return err
	}
	return request()
}

func (m *memory) Create(_ context.Context, _, _ string, _ map[string]string, checksum string) (id, kept string, err error) {
	err = m.do("create", func() error {
		m.begun++
		id = fmt.Sprintf("%s-%d", m.name, m.begun)
		m.uploads[id] = map[int32][]byte{}
		return nil
	})
	return id, checksum, err
}

func (m *memory) UploadPart(_ context.Context, _, id, _ string, part s3.Part, section *io.SectionReader) (etag string, err error) {
	err = m.do("part", func() error {
		data, err := io.ReadAll(section)
		if err != nil {
			return err
		}
		if m.uploads[id] == nil {
			return answer{s3.KindVanished, http.StatusNotFound}
		}
		if crc32.Checksum(data, crcTable) != part.CRC || int64(len(data)) != part.Size {
			return answer{s3.KindRetry, http.StatusBadRequest}
		}
		m.uploads[id][part.Number] = data
		return nil
	})
	return fmt.Sprintf(`"%08x"`, part.CRC), err
}

func (m *memory) ListParts(_ context.Context, _, id string) (parts []s3.Listed, checksum string, err error) {
	err = m.do("list-parts", func() error {
		for n, data := range m.uploads[id] {
			crc := crc32.Checksum(data, crcTable)
			parts = append(parts, s3.Listed{Number: n, Size: int64(len(data)), ETag: fmt.Sprintf(`"%08x"`, crc), CRC32C: s3.EncodeCRC(crc)})
		}
		return nil
	})
	return parts, s3.ChecksumFull, err
}

func (m *memory) Complete(_ context.Context, c s3.Completion) (info s3.ObjectInfo, err error) {
	err = m.do("complete", func() error {
		if m.objects[c.Key] != nil {
			return answer{s3.KindTaken, http.StatusPreconditionFailed}
		}
		var data []byte
		for _, p := range c.Parts {
			data = append(data, m.uploads[c.ID][p.Number]...)
		}
		if crc32.Checksum(data, crcTable) != c.CRC {
			return answer{s3.KindBadPart, http.StatusBadRequest}
		}
		m.objects[c.Key] = data
		delete(m.uploads, c.ID)
		info = describe(data)
		return nil
	})
	return info, err
}

func describe(data []byte) s3.ObjectInfo {
	return s3.ObjectInfo{Size: int64(len(data)), CRC32C: s3.EncodeCRC(crc32.Checksum(data, crcTable)), Now: time.Now()}
}

func (m *memory) Abort(_ context.Context, _, id string) error {
	return m.do("abort", func() error { delete(m.uploads, id); return nil })
}

func (m *memory) ListUploads(context.Context, string) (all []s3.Unfinished, err error) {
	return all, m.do("list-uploads", func() error { return nil })
}

func (m *memory) Head(_ context.Context, key string) (info s3.ObjectInfo, err error) {
	err = m.do("head", func() error {
		if m.objects[key] == nil {
			return answer{s3.KindRefused, http.StatusNotFound}
		}
		info = describe(m.objects[key])
		return nil
	})
	return info, err
}

func (m *memory) PutOnce(_ context.Context, key, _ string, _ map[string]string, data []byte) error {
	return m.do("put", func() error { m.objects[key] = data; return nil })
}

func (m *memory) Delete(_ context.Context, key string) error {
	return m.do("delete", func() error { delete(m.objects, key); return nil })
}

// pending returns how many bytes its unfinished uploads have.
func (m *memory) pending() (bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, parts := range m.uploads {
		for _, data := range parts {
			bytes += int64(len(data))
		}
	}
	return bytes
}

// holds tells what is wrong with what is left in the bucket: it is to hold these
// objects and nothing else.
func (m *memory) holds(t *testing.T, want map[string][]byte) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.uploads) > 0 {
		t.Errorf("%s: %d uploads are left", m.name, len(m.uploads))
	}
	for key, data := range m.objects {
		if !bytes.Equal(data, want[key]) || want[key] == nil {
			t.Errorf("%s: %s has %d bytes, want %d", m.name, key, len(data), len(want[key]))
		}
	}
	if len(m.objects) != len(want) {
		t.Errorf("%s: %d objects, want %d", m.name, len(m.objects), len(want))
	}
}
