package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/term"

	"beam/beam/report"
)

// console prints what people read, to standard error. Messages are lower case,
// without a full stop, with a prefix that tells who speaks. On a terminal the
// last line is rewritten in place to show how a recording stands; anything
// else printed goes above it.
type console struct {
	w        io.Writer
	terminal bool

	lines *slog.Logger // of JSON; nil for lines that people read

	hide func(string) string // takes secrets out of a text; set before anything is told

	mu   sync.Mutex
	live bool // the cursor stands behind a live line
}

func newConsole(w io.Writer) *console {
	c := &console{w: w, hide: (*report.Secrets)(nil).Hide}
	if f, ok := w.(*os.File); ok {
		c.terminal = term.IsTerminal(int(f.Fd()))
	}
	return c
}

// asJSON makes every message a line of JSON, as those of the log are, for what
// collects the logs of containers. It is called before anything is told.
func (c *console) asJSON() {
	c.terminal = false // no live line
	c.lines = slog.New(handler(logJSON, lineWriter{c}, slog.LevelInfo))
}

func (c *console) say(format string, args ...any) {
	c.tell(slog.LevelInfo, fmt.Sprintf(format, args...))
}

func (c *console) warn(format string, args ...any) {
	c.tell(slog.LevelWarn, fmt.Sprintf(format, args...))
}

// prefixes tell who speaks, and how urgently.
var prefixes = map[slog.Level]string{slog.LevelInfo: "beam: ", slog.LevelWarn: "beam: warning: ", slog.LevelError: "beam: error: "}

func (c *console) tell(level slog.Level, text string) {
	switch {
	case c.lines == nil:
		c.print(prefixes[level] + harmless(text) + "\n")
	case level == slog.LevelInfo:
		c.lines.Info(text)
	case level == slog.LevelWarn:
		c.lines.Warn(text)
	default:
		c.lines.Error(text)
	}
}

// harmless returns a text without what a terminal or a pipeline would obey, which
// pages and stores may have put into it: control characters (C0 and C1), and lines that
// begin as they like (::error::, or a message that seems to be Beam's).
func harmless(text string) string {
	text = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	return strings.ReplaceAll(text, "\n", "\n      | ")
}

// fault prints an error and, where it has one, the hint what to do.
func (c *console) fault(err error) {
	var degraded *errDegraded
	if errors.As(err, &degraded) {
		return // the summary has told
	}
	class, hint := "internal", ""
	var f faulty
	if errors.As(err, &f) {
		class, hint = f.FaultClass(), f.FaultHint()
	}
	if c.lines != nil {
		c.lines.Error(err.Error(), "class", class, "hint", hint)
		return
	}
	c.tell(slog.LevelError, err.Error())
	if hint != "" {
		c.print("beam: hint: " + harmless(hint) + "\n")
	}
}

// print prints a text above the live line.
func (c *console) print(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	fmt.Fprint(c.w, c.hide(text))
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
