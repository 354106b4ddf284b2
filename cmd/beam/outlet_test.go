package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// stuck is a reader that reads nothing until it is released.
type stuck struct {
	release chan struct{}
	got     bytes.Buffer
}

func (s *stuck) Write(p []byte) (int, error) {
	<-s.release
	return s.got.Write(p)
}

type gone struct{}

func (gone) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestOutlet(t *testing.T) {
	t.Run("in order and whole", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var got bytes.Buffer
			o := newOutlet(&got)
			var want strings.Builder
			for i := range 1000 {
				line := fmt.Sprintln("line", i)
				want.WriteString(line)
				if n, err := o.Write([]byte(line)); n != len(line) || err != nil {
					t.Fatal(n, err)
				}
			}
			o.end(time.Minute)
			if got.String() != want.String() {
				t.Errorf("%d bytes of %d", got.Len(), want.Len())
			}
		})
	})
	t.Run("a reader that reads nothing for a while", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &stuck{release: make(chan struct{})}
			o := newOutlet(s)
			line := strings.Repeat("x", 1023) + "\n"
			_, _ = io.WriteString(o, line)
			synctest.Wait() // this one is on its way
			for range 4 * mostWaiting / len(line) {
				_, _ = io.WriteString(o, line)
			}
			_, _ = io.WriteString(o, "the end\n")
			synctest.Wait()
			close(s.release)
			o.end(time.Minute)
			text := s.got.String()
			if len(text) > mostWaiting+2*len(line) || !strings.HasSuffix(text, "the end\n") || strings.Trim(text, "x\n") != "the end" {
				t.Errorf("%d bytes, ending in %q", len(text), text[max(0, len(text)-20):])
			}
		})
	})
	t.Run("a reader that reads nothing for ever", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &stuck{release: make(chan struct{})}
			o := newOutlet(s)
			_, _ = io.WriteString(o, "a")
			began := time.Now()
			o.end(5 * time.Second)
			if took := time.Since(began); took != 5*time.Second {
				t.Errorf("held up for %v", took)
			}
			close(s.release)
		})
	})
	t.Run("a reader that is gone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := newOutlet(gone{})
			for range 10 {
				if _, err := io.WriteString(o, "a"); errors.Is(err, io.ErrClosedPipe) {
					t.Error("the writer is told")
				}
				synctest.Wait()
			}
			began := time.Now()
			o.end(time.Minute)
			if time.Since(began) != 0 {
				t.Error("waited for nobody")
			}
		})
	})
}
