package platform

import (
	"net/url"
	"strings"
)

// pair is a name and a value, neither of them escaped.
type pair struct{ name, value string }

// addQuery adds parameters to a URL's query unless they are there already. What
// is there stays as it is, byte for byte: rooms sign their links.
func addQuery(u *url.URL, pairs ...pair) {
	for _, p := range pairs {
		if _, has := queryValue(u.RawQuery, p.name); has {
			continue
		}
		u.RawQuery = join(u.RawQuery, p.name+"="+escape(p.value))
	}
	u.ForceQuery = false
}

// setQuery sets parameters of a URL's query; those of other names stay as they
// are.
func setQuery(u *url.URL, pairs ...pair) {
	for _, p := range pairs {
		var kept []string
		for _, field := range fields(u.RawQuery) {
			if nameOf(field) != p.name {
				kept = append(kept, field)
			}
		}
		u.RawQuery = join(strings.Join(kept, "&"), p.name+"="+escape(p.value))
	}
	u.ForceQuery = false
}

// queryValue returns the first value of a name in a query or in a fragment that
// is written like one.
func queryValue(raw, name string) (string, bool) {
	for _, field := range fields(raw) {
		if nameOf(field) != name {
			continue
		}
		_, value, _ := strings.Cut(field, "=")
		if decoded, err := url.PathUnescape(value); err == nil {
			value = decoded
		}
		return value, true
	}
	return "", false
}

func fields(raw string) []string {
	return strings.FieldsFunc(raw, func(r rune) bool { return r == '&' })
}

func nameOf(field string) string {
	name, _, _ := strings.Cut(field, "=")
	if decoded, err := url.QueryUnescape(name); err == nil {
		return decoded
	}
	return name
}

func join(raw, field string) string {
	if raw == "" {
		return field
	}
	return raw + "&" + field
}

// escape escapes a value so that it may stand in a query and in a fragment. A
// space is %20: pages that decode with decodeURIComponent keep a plus sign.
func escape(value string) string {
	return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}
