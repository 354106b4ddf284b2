package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"
)

// console prints what people read, to standard error. Messages are lower case,
// without a full stop, with a prefix that tells who speaks. On a terminal the
// last line is rewritten in place to show how a recording stands; anything
// else printed goes above it.
type console struct {
	w        io.Writer
	terminal bool

	mu   sync.Mutex
	live bool // the cursor stands behind a live line
}

func newConsole(w io.Writer) *console {
	c := &console{w: w}
	if f, ok := w.(*os.File); ok {
		c.terminal = term.IsTerminal(int(f.Fd()))
	}
	return c
}

func (c *console) say(format string, args ...any)  { c.print("beam: "+format+"\n", args...) }
func (c *console) warn(format string, args ...any) { c.print("beam: warning: "+format+"\n", args...) }

// fault prints an error and, where it has one, the hint what to do.
func (c *console) fault(err error) {
	var degraded *errDegraded
	if errors.As(err, &degraded) {
		return // the summary has told
	}
	c.print("beam: error: %v\n", err)
	var f faulty
	if errors.As(err, &f) && f.FaultHint() != "" {
		c.print("beam: hint: %s\n", f.FaultHint())
	}
}

func (c *console) print(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	fmt.Fprintf(c.w, format, args...)
}

// status rewrites the live line; without a terminal it prints nothing.
func (c *console) status(line string) {
	if !c.terminal {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(c.w, "\r\x1b[K%s", line)
	c.live = true
}

// end leaves the cursor at the beginning of a line.
func (c *console) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
}

func (c *console) clear() {
	if c.live {
		fmt.Fprint(c.w, "\r\x1b[K")
		c.live = false
	}
}
