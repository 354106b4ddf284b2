package report

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Secrets are texts that no output may repeat: what a page writes, what a server
// answers and what an error quotes may hold them. Its methods may be called from
// any goroutine; nil has no secrets, and hides only what looks like one.
type Secrets struct {
	mu    sync.RWMutex
	texts []string // as they were given
	forms []string // their spellings, the longest first
	whole *strings.Replacer
	short *regexp.Regexp // secrets that are hidden as words only; nil for none
}

const (
	mask = "(secret)"
	// shortestSecret is the length of the shortest text that is hidden wherever it
	// stands, bytes: shorter ones are in any text, so those are hidden as words only.
	shortestSecret = 5
	shortestWord   = 3
	// shortestPart is how much of a secret has to be in the middle of a text, bytes,
	// to be taken for a piece of it: texts are cut before they come here.
	shortestPart = 12
)

// NewSecrets returns the texts as secrets.
func NewSecrets(texts ...string) *Secrets {
	s := &Secrets{}
	s.Add(texts...)
	return s
}

// Add adds further secrets, as soon as they are known.
func (s *Secrets) Add(texts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var words []string
	for _, t := range texts {
		if t != "" && !slices.Contains(s.texts, t) {
			s.texts = append(s.texts, t)
		}
	}
	s.forms = nil
	for _, t := range s.texts {
		switch {
		case len(t) >= shortestSecret:
			s.forms = append(s.forms, spellings(t)...)
		case len(t) >= shortestWord:
			words = append(words, regexp.QuoteMeta(t))
		}
	}
	// One secret may be part of another.
	slices.SortStableFunc(s.forms, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(s.forms))
	for _, f := range s.forms {
		pairs = append(pairs, f, mask)
	}
	s.whole, s.short = strings.NewReplacer(pairs...), nil
	if len(words) > 0 {
		s.short = regexp.MustCompile(`\b(?:` + strings.Join(words, "|") + `)\b`)
	}
}

// Hide returns a text without the secrets, in whatever spelling, without pieces of
// them that a cut left, and without what looks like a secret: logins in URLs, tokens
// in queries and JSON Web Tokens.
func (s *Secrets) Hide(text string) string {
	if s != nil {
		s.mu.RLock()
		defer s.mu.RUnlock()
		if s.whole != nil {
			text = s.whole.Replace(text)
		}
		for _, f := range s.forms {
			text = hidePieces(text, f)
		}
		if s.short != nil {
			text = s.short.ReplaceAllLiteralString(text, mask)
		}
	}
	return hideLookalikes(text)
}

// hidePieces hides the beginning and the end of a secret where a text was cut: at
// its ends, and within it where enough of the secret is left to tell.
func hidePieces(text, secret string) string {
	for n := min(len(secret)-1, len(text), shortestPart); n >= shortestSecret; n-- {
		if strings.HasSuffix(text, secret[:n]) {
			text = text[:len(text)-n] + mask
			break
		}
	}
	for n := min(len(secret)-1, len(text), shortestPart); n >= shortestSecret; n-- {
		if strings.HasPrefix(text, secret[len(secret)-n:]) {
			text = mask + text[n:]
			break
		}
	}
	if len(secret) <= shortestPart || strings.Contains(secret[:shortestPart], "://") {
		return text
	}
	return hideTails(hideHeads(text, secret), secret)
}

// hideHeads hides wherever a secret begins and then ends too early.
func hideHeads(text, secret string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, secret[:shortestPart])
		b.WriteString(before)
		if !found {
			return b.String()
		}
		n := shortestPart
		for n < len(secret) && after != "" && after[0] == secret[n] {
			after, n = after[1:], n+1
		}
		b.WriteString(mask)
		text = after
	}
}

// hideTails hides wherever a secret ends that has begun too late.
func hideTails(text, secret string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, secret[len(secret)-shortestPart:])
		if !found {
			b.WriteString(text)
			return b.String()
		}
		for n := len(secret) - shortestPart - 1; n >= 0 && strings.HasSuffix(before, secret[n:n+1]); n-- {
			before = before[:len(before)-1]
		}
		b.WriteString(before + mask)
		text = after
	}
}

// What looks like a secret, whoever it belongs to: a page's requests hold tokens
// that nobody told Beam of.
var (
	urlLogin   = regexp.MustCompile(`(\b[a-zA-Z][a-zA-Z0-9+.-]*://)[^\s/?#@"'<>]+@`)
	queryToken = regexp.MustCompile(`(?i)([?&#;][\w.%-]*` + secretWords + `[\w.%-]*=)[^&\s"'<>#]+`)
	webToken   = regexp.MustCompile(`\beyJ[\w-]{10,}(?:\.[\w-]+){1,4}`)
	authScheme = regexp.MustCompile(`(?i)\b(authorization["']?\s*[:=]\s*["']?(?:bearer|basic|digest)\s+)[^\s"',]+`)
)

func hideLookalikes(text string) string {
	if strings.Contains(text, "@") {
		text = urlLogin.ReplaceAllString(text, "${1}"+mask+"@")
	}
	if strings.Contains(text, "=") {
		text = queryToken.ReplaceAllString(text, "${1}"+mask)
	}
	text = webToken.ReplaceAllLiteralString(text, mask)
	return authScheme.ReplaceAllString(text, "${1}"+mask)
}

// secretWords are in names that stand before a secret: of a header, a cookie, a
// form's field, a variable or a part of a query.
const secretWords = `(?:auth|cookie|token|jwt|secret|passw|passcode|pwd|credential|session|api[-_]?key|signature|ticket)`

var secretName = regexp.MustCompile(`(?i)` + secretWords)

// SecretName tells whether a name says that its value is a secret.
func SecretName(name string) bool { return secretName.MatchString(name) }

// HideError returns an error whose text has no secrets; what it wraps is the same.
func (s *Secrets) HideError(err error) error {
	if err == nil {
		return nil
	}
	if text := s.Hide(err.Error()); text != err.Error() {
		return &hiddenError{err, text}
	}
	return err
}

type hiddenError struct {
	error
	text string
}

func (e *hiddenError) Error() string { return e.text }
func (e *hiddenError) Unwrap() error { return e.error }
