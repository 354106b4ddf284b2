package child

import (
	"bytes"
	"errors"
)

// ErrTooMuch is the error of a Buffer that is full.
var ErrTooMuch = errors.New("too much output")

// Buffer keeps what a program writes, up to a limit.
type Buffer struct {
	// Limit is how many bytes are kept. Beyond it Write fails with ErrTooMuch,
	// which ends the copying and with it, by a broken pipe, most programs.
	Limit int
	// Forget makes Write take what is beyond the limit and drop it.
	Forget bool

	kept bytes.Buffer
}

// Write implements io.Writer.
func (b *Buffer) Write(p []byte) (int, error) {
	fits := min(len(p), b.Limit-b.kept.Len())
	b.kept.Write(p[:fits])
	if fits < len(p) && !b.Forget {
		return fits, ErrTooMuch
	}
	return len(p), nil
}

// Bytes returns what was kept, without a copy. Only after the program's end.
func (b *Buffer) Bytes() []byte { return b.kept.Bytes() }

// String returns what was kept. Only after the program's end.
func (b *Buffer) String() string { return b.kept.String() }

// Head counts the lines that a program writes and keeps the first ones: of
// errors the first is the cause, the others are what follows from it. Its fields
// are valid after the program's end.
type Head struct {
	Lines int      // those that are not empty
	First []string // at most 8, of at most 300 bytes

	open []byte // the line that has no end yet
}

const (
	keptFirst    = 8
	longestFirst = 300
)

// Write takes any cut of the text; it never fails.
func (h *Head) Write(p []byte) (int, error) {
	n := len(p)
	for {
		line, rest, ended := bytes.Cut(p, []byte("\n"))
		h.open = append(h.open, line[:min(len(line), longestLine-len(h.open))]...)
		if !ended {
			return n, nil
		}
		h.add(bytes.TrimSpace(h.open))
		h.open, p = h.open[:0], rest
	}
}

func (h *Head) add(line []byte) {
	if len(line) == 0 {
		return
	}
	h.Lines++
	if len(h.First) < keptFirst {
		h.First = append(h.First, string(line[:min(len(line), longestFirst)]))
	}
}
