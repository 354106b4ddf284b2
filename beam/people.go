package beam

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"beam/layout"
)

// people is who is recorded, as far as that was asked for. Its methods may be called
// from any goroutine.
type people struct {
	mu     sync.Mutex
	filter layout.Filter
}

func newPeople(f layout.Filter) *people { return &people{filter: f} }

// now returns the filter that the page has.
func (p *people) now() layout.Filter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.filter
}

// set notes the filter that the page has now.
func (p *people) set(f layout.Filter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.filter = f
}

// without returns the filter that leaves out somebody more.
func without(f layout.Filter, names []string) layout.Filter {
	f.Participants = less(f.Participants, names)
	f.ExcludeParticipants = append(less(f.ExcludeParticipants, names), names...)
	return f
}

// with returns the filter that records somebody again, or too where only some are
// recorded.
func with(f layout.Filter, names []string) layout.Filter {
	f.ExcludeParticipants = less(f.ExcludeParticipants, names)
	if len(f.Participants) > 0 {
		f.Participants = append(less(f.Participants, names), names...)
	}
	return f
}

// less returns a list without some names, as people read them.
func less(list, names []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(have string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return sameName(have, name) })
	})
}

// sameName tells whether two names are the same to who reads them: composed or not
// (Unicode Standard Annex 15, NFC), in whatever case.
func sameName(a, b string) bool {
	fold := cases.Fold()
	return fold.String(norm.NFC.String(strings.TrimSpace(a))) == fold.String(norm.NFC.String(strings.TrimSpace(b)))
}
