package mp4

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// slowDisk is a File whose flushes wait until they are let go, with an error
// or none.
type slowDisk struct {
	mu      sync.Mutex
	kept    memory
	flushes chan chan error
}

func (s *slowDisk) WriteAt(p []byte, off int64) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept.WriteAt(p, off)
}

func (s *slowDisk) Truncate(size int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept.Truncate(size)
}

func (s *slowDisk) Sync() error {
	answer := make(chan error)
	s.flushes <- answer
	return <-answer
}

// While a flush takes its time the recording goes on, without another flush.
func TestFlushBesideWriting(t *testing.T) {
	disk := &slowDisk{flushes: make(chan chan error, 9)}
	var f flusher
	now := time.Now()
	fragment := func(after time.Duration) error { return f.fragment(output{disk}, now.Add(after)) }
	if err := fragment(0); err != nil || f.done != nil {
		t.Fatal("flushed although it was not asked to", err)
	}
	f.every = 5 * time.Second
	if err := fragment(0); err != nil {
		t.Fatal(err)
	}
	first := <-disk.flushes
	for _, after := range []time.Duration{1, 6, 12} {
		if err := fragment(after * time.Second); err != nil {
			t.Fatal(err)
		}
	}
	first <- nil
	if err := f.wait(); err != nil || len(disk.flushes) != 0 {
		t.Errorf("%v, %d more flushes", err, len(disk.flushes))
	}
	if err := fragment(4 * time.Second); err != nil || f.done != nil {
		t.Errorf("flushed again after 4 s, %v", err)
	}
	if err := fragment(5 * time.Second); err != nil {
		t.Fatal(err)
	}
	(<-disk.flushes) <- errDisk
	if err := f.wait(); !errors.Is(err, errDisk) {
		t.Errorf("the error of a flush: %v", err)
	}
	if err := f.wait(); err != nil {
		t.Errorf("nothing to wait for: %v", err)
	}
}

// A flush that failed ends the recording, with its error, and what is there can
// still be finished.
func TestFailedFlush(t *testing.T) {
	disk := &slowDisk{flushes: make(chan chan error)}
	w, err := NewWriter(disk, Options{Reserve: 16 << 10, SyncEvery: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		(<-disk.flushes) <- errDisk
	}()
	data := small(t)
	for n := 0; n < len(data) && err == nil; n += 100 {
		_, err = w.Write(data[n:min(n+100, len(data))])
	}
	<-answered
	if err == nil {
		err = w.Wait()
	}
	if !errors.Is(err, errDisk) {
		t.Fatalf("the flush failed, writing says %v", err)
	}
	stop := make(chan struct{})
	var answers sync.WaitGroup
	answers.Go(func() {
		for {
			select {
			case answer := <-disk.flushes:
				answer <- nil
			case <-stop:
				return
			}
		}
	})
	if _, err := w.Finish(Metadata{}); err != nil {
		t.Error(err)
	}
	close(stop)
	answers.Wait()
	if _, err := w.Write(data); err == nil {
		t.Error("written to after Finish")
	}
}

// The reserve of a real file is zeros that the disk has given.
func TestReserveIsThere(t *testing.T) {
	const reserve = 3 << 20
	f, err := os.Create(filepath.Join(t.TempDir(), "reserve.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := NewWriter(f, Options{Reserve: reserve})
	if err != nil {
		t.Fatal(err)
	}
	feed(t, w, small(t))
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if given := st.Sys().(*syscall.Stat_t).Blocks * 512; given < reserve {
		t.Errorf("%d bytes on the disk for a reserve of %d", given, reserve)
	}
	// It is the same file as one in memory, where zeros are written.
	m := &memory{}
	if w, err = NewWriter(m, Options{Reserve: reserve}); err != nil {
		t.Fatal(err)
	}
	feed(t, w, small(t))
	got, err := os.ReadFile(f.Name())
	if err != nil || string(got) != string(m.data) {
		t.Errorf("%d bytes, other than the %d in memory (%v)", len(got), len(m.data), err)
	}
}
