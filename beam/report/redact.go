package report

import (
	"net/url"
	"slices"
	"strings"
)

// Secrets are texts that no output may repeat: what a page writes, what a server
// answers and what an error quotes may hold them.
type Secrets []string

// shortestSecret is the length of the shortest text that is hidden, bytes: shorter
// ones are in any text.
const shortestSecret = 5

// NewSecrets returns the texts that can be hidden, the longest first: one may be
// part of another. A secret is hidden as it stands in a URL as well.
func NewSecrets(texts ...string) Secrets {
	var s Secrets
	for _, t := range texts {
		for _, form := range []string{t, url.QueryEscape(t), url.PathEscape(t)} {
			if len(form) >= shortestSecret && !slices.Contains(s, form) {
				s = append(s, form)
			}
		}
	}
	slices.SortStableFunc(s, func(a, b string) int { return len(b) - len(a) })
	return s
}

// SecretsOf returns what is secret in a room's URL: the password, and the values of
// the query.
func SecretsOf(raw string) (secrets []string) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil
	}
	if password, ok := u.User.Password(); ok {
		secrets = append(secrets, password)
	}
	for _, values := range u.Query() {
		for _, v := range values {
			if len(v) >= longValue {
				secrets = append(secrets, v)
			}
		}
	}
	return secrets
}

// longValue is from which length on a value of a query counts as a token, bytes:
// layout=grid is none.
const longValue = 16

// Hide returns a text without the secrets. It has to come before a text is cut.
func (s Secrets) Hide(text string) string {
	for _, secret := range s {
		text = strings.ReplaceAll(text, secret, "(secret)")
	}
	return text
}

// HideError returns an error whose text has no secrets; what it wraps is the same.
func (s Secrets) HideError(err error) error {
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

// RedactURL returns a room's URL without what is secret in it: the password,
// and the values of the query and of the fragment, where rooms carry tokens.
func RedactURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "(not a URL)"
	}
	if u.User != nil {
		u.User = url.User("REDACTED")
	}
	if u.RawQuery != "" {
		query := u.Query()
		for name := range query {
			query.Set(name, "REDACTED")
		}
		u.RawQuery = query.Encode()
	}
	if u.Fragment != "" {
		u.Fragment, u.RawFragment = "REDACTED", ""
	}
	return u.String()
}
