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
	hide hider

	mu   sync.Mutex
	seen ConsoleSeen
}

// NewConsole returns a collector that replaces the secrets wherever a page
// repeats them.
func NewConsole(secrets ...string) *Console { return &Console{hide: newHider(secrets)} }

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
		c.seen.Errors = append(c.seen.Errors, level+": "+c.hide.text(text))
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

// hider replaces secrets in what a page says.
type hider struct{ secrets []string }

// leastSecret is the length from which a secret is replaced: the shorter ones
// would take half of a text with them.
const leastSecret = 3

func newHider(secrets []string) hider {
	var h hider
	for _, s := range secrets {
		if len(s) >= leastSecret {
			h.secrets = append(h.secrets, s)
		}
	}
	// A secret that holds another one goes first.
	slices.SortFunc(h.secrets, func(a, b string) int { return len(b) - len(a) })
	return h
}

func (h hider) text(s string) string {
	for _, secret := range h.secrets {
		s = strings.ReplaceAll(s, secret, "REDACTED")
	}
	return s
}
