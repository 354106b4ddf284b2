package expect

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
)

//go:embed texts.js
var textScript string

// TextsSeen tells which of the wanted texts a page showed.
type TextsSeen struct {
	Seen  map[string]bool // by the text as it was wanted
	Looks int             // how often the page answered
	Last  string          // how the page's text began at the last look, where texts were missing
}

// Texts looks for texts on a page, again and again while it is recorded. It may
// be used from several goroutines.
type Texts struct {
	wanted []string
	hide   func(string) string

	mu      sync.Mutex
	missing []string // not seen yet
	asked   []string // by the last Expression
	seen    TextsSeen
}

// NewTexts returns a search for the texts; hide takes secrets out of what is shown
// of the page.
func NewTexts(wanted []string, hide func(string) string) *Texts {
	t := &Texts{wanted: wanted, hide: hide, seen: TextsSeen{Seen: map[string]bool{}}}
	for _, w := range wanted {
		if _, known := t.seen.Seen[w]; !known {
			t.seen.Seen[w] = false
			t.missing = append(t.missing, w)
		}
	}
	t.asked = t.missing
	return t
}

// Expression returns what the page has to evaluate for the next look, and false
// when there is nothing left to look for.
func (t *Texts) Expression() (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.missing) == 0 {
		return "", false
	}
	plain := make([]string, len(t.missing))
	for i, w := range t.missing {
		plain[i] = squeeze(w)
	}
	arg, err := json.Marshal(plain)
	if err != nil { // strings can always be encoded
		return "", false
	}
	t.asked = t.missing
	return "(" + textScript + ")(" + string(arg) + ")", true
}

// Observe takes the JSON that the page returned for the last Expression.
func (t *Texts) Observe(answer []byte) error {
	var a struct {
		Found []bool `json:"found"`
		Text  string `json:"text"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return fmt.Errorf("look for texts: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(a.Found) != len(t.asked) {
		return fmt.Errorf("look for texts: %d answers to %d questions", len(a.Found), len(t.asked))
	}
	t.seen.Looks++
	t.seen.Last = shorten(t.hide(squeeze(a.Text)), 120)
	var missing []string
	for i, w := range t.asked {
		if a.Found[i] {
			t.seen.Seen[w] = true
		} else {
			missing = append(missing, w)
		}
	}
	t.missing, t.asked = missing, missing
	return nil
}

// Seen returns what was found so far.
func (t *Texts) Seen() TextsSeen {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.seen
	s.Seen = maps.Clone(s.Seen)
	return s
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }
