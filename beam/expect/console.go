package expect

import (
	"slices"
	"strings"
	"sync"

	"beam/capture"
)

// mostErrors is how many console errors are kept; all are counted.
const mostErrors = 50

// ConsoleSeen is what a page complained of.
type ConsoleSeen struct {
	Errors []string `json:"errors,omitempty"` // the first ones, each with its level before it
	Total  int      `json:"total"`
	// First is when the first one was written, where there was one.
	First capture.Time `json:"-"`
}

// Console collects the errors that a page writes to its console. It may be used
// from several goroutines.
type Console struct {
	hide func(string) string

	mu   sync.Mutex
	seen ConsoleSeen
}

// NewConsole returns a collector; hide takes secrets out of what a page repeats of
// them.
func NewConsole(hide func(string) string) *Console { return &Console{hide: hide} }

// Add takes one line of the console; level is that of the DevTools protocol's
// Runtime.consoleAPICalled, or "exception". Lines that are no errors are dropped.
func (c *Console) Add(level, text string) {
	switch level {
	case "error", "assert", "exception":
	default:
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen.Total++; c.seen.Total == 1 {
		c.seen.First = capture.Now()
	}
	if len(c.seen.Errors) < mostErrors {
		c.seen.Errors = append(c.seen.Errors, level+": "+c.hide(text))
	}
}

// Seen returns what was collected so far.
func (c *Console) Seen() ConsoleSeen {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.seen
	s.Errors = slices.Clone(s.Errors)
	return s
}

// longestLine is how many characters of an error go into an outcome.
const longestLine = 200

func firstLine(errors []string) string {
	if len(errors) == 0 {
		return ""
	}
	line, _, _ := strings.Cut(errors[0], "\n")
	return shorten(strings.TrimSpace(line), longestLine)
}

func shorten(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return strings.TrimSpace(string(r[:most])) + "…"
	}
	return s
}
