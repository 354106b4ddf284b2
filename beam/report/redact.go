package report

import "net/url"

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
