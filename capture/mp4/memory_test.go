package mp4

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
)

// memory is a File in memory that notes what is done to it.
type memory struct {
	data []byte
	ops  []op
}

// op is one thing done to a file: a write, a change of size or a flush.
type op struct {
	kind string // "write", "truncate", "sync"
	at   int64
	data []byte
}

func (o op) String() string { return fmt.Sprintf("%s at %d, %d bytes", o.kind, o.at, len(o.data)) }

func (m *memory) WriteAt(p []byte, off int64) (int, error) {
	m.ops = append(m.ops, op{"write", off, slices.Clone(p)})
	m.apply(m.ops[len(m.ops)-1])
	return len(p), nil
}

func (m *memory) Truncate(size int64) error {
	m.ops = append(m.ops, op{kind: "truncate", at: size})
	m.apply(m.ops[len(m.ops)-1])
	return nil
}

func (m *memory) Sync() error {
	m.ops = append(m.ops, op{kind: "sync"})
	return nil
}

func (m *memory) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(m.data)) {
		return 0, io.EOF
	}
	n := copy(p, m.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (m *memory) apply(o op) {
	switch o.kind {
	case "write":
		if end := int(o.at) + len(o.data); end > len(m.data) {
			m.data = append(m.data, make([]byte, end-len(m.data))...)
		}
		copy(m.data[o.at:], o.data)
	case "truncate":
		if int(o.at) > len(m.data) {
			m.data = append(m.data, make([]byte, int(o.at)-len(m.data))...)
		}
		m.data = m.data[:o.at]
	}
}

// recoverMemory does what Recover does to a file with a reserve.
func recoverMemory(data []byte) ([]byte, *Index, error) {
	m := &memory{data: slices.Clone(data)}
	ix, err := scan(m, int64(len(data)))
	if err != nil || ix.finished {
		return m.data, ix, err
	}
	if !ix.inPlace() {
		return nil, nil, errors.New("no room to finish in place")
	}
	_, err = ix.finish(output{m}, ix.settings.Metadata)
	return m.data, ix, err
}

// recordMemory feeds an encoder's output to a Writer.
func recordMemory(t testing.TB, data []byte, opt Options) (*Writer, *memory) {
	t.Helper()
	m := &memory{}
	w, err := NewWriter(m, opt)
	if err != nil {
		t.Fatal(err)
	}
	feed(t, w, data)
	m.ops = nil
	return w, m
}
