package child

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

func writeAll(t *testing.T, w io.Writer, pieces ...string) {
	t.Helper()
	for _, piece := range pieces {
		if n, err := io.WriteString(w, piece); n != len(piece) || err != nil {
			t.Fatalf("wrote %d of %d: %v", n, len(piece), err)
		}
	}
}

func TestTail(t *testing.T) {
	tail := NewTail(3)
	writeAll(t, tail, "one\ntw", "o\r\n\n  three\n", strings.Repeat("x", 5000), "\nlast, without an end")
	got := tail.Lines()
	if len(got) != 3 || got[0] != "  three" || len(got[1]) != longestLine || got[2] != "last, without an end" {
		t.Errorf("%d lines: %.40q", len(got), got)
	}
	if got := NewTail(3).Lines(); len(got) != 0 {
		t.Errorf("%q of nothing", got)
	}
	for n := range 1000 {
		writeAll(t, tail, fmt.Sprintf("\n%d", n))
	}
	if got := tail.Lines(); !slices.Equal(got, []string{"997", "998", "999"}) {
		t.Errorf("%q", got)
	}
}

func TestHead(t *testing.T) {
	h := &Head{}
	writeAll(t, h, "the ca", "use\n\n   \n", strings.Repeat("x", 5000), "\n", strings.Repeat("more\n", 20), "no end")
	if h.Lines != 22 || len(h.First) != keptFirst || h.First[0] != "the cause" || len(h.First[1]) != longestFirst || h.First[2] != "more" {
		t.Errorf("%d lines, %.40q", h.Lines, h.First)
	}
}

func TestBuffer(t *testing.T) {
	b := &Buffer{Limit: 5}
	writeAll(t, b, "1234")
	if n, err := b.Write([]byte("567")); n != 1 || !errors.Is(err, ErrTooMuch) || b.String() != "12345" {
		t.Errorf("%d, %v, %q", n, err, b)
	}
	b = &Buffer{Limit: 5, Forget: true}
	writeAll(t, b, "1234", "567", "89")
	if string(b.Bytes()) != "12345" {
		t.Errorf("%q", b)
	}
}
