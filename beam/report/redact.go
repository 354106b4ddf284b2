package report

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

const redacted = "REDACTED"

// longValue is from which length on a value of a query counts as a token, bytes:
// layout=grid is none.
const longValue = 16

// SecretsOf returns what is secret in a URL: the login, the values of the query and
// the fragment that are long or whose name says so, and tokens in the path.
func SecretsOf(raw string) (secrets []string) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil
	}
	if password, ok := u.User.Password(); ok {
		secrets = append(secrets, password, u.User.Username()+":"+password)
	} else if u.User != nil {
		secrets = append(secrets, u.User.Username()) // a token in a user's place
	}
	_, inFragment, found := strings.Cut(u.EscapedFragment(), "?")
	if !found {
		inFragment = u.EscapedFragment()
	}
	for _, pairs := range []string{u.RawQuery, inFragment} {
		for pair := range strings.FieldsFuncSeq(pairs, func(r rune) bool { return r == '&' || r == ';' }) {
			name, value, found := strings.Cut(pair, "=")
			if !found {
				name, value = "", name
			}
			if value != "" && (len(value) >= longValue || SecretName(name)) {
				secrets = append(secrets, bothSpellings(value)...)
			}
		}
	}
	for _, segment := range tokensIn(u) {
		secrets = append(secrets, bothSpellings(segment)...)
	}
	return secrets
}

// bothSpellings returns a part of a URL as it stands there, and unescaped.
func bothSpellings(part string) []string {
	if plain, err := url.QueryUnescape(part); err == nil && plain != part {
		return []string{part, plain, strings.Trim(plain, `"`)}
	}
	return []string{part}
}

// HasSecret tells whether a URL holds something that nobody but the room should
// read: a login, a value whose name says that it is a secret, a token in the path.
func HasSecret(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	if _, has := u.User.Password(); has || len(tokensIn(u)) > 0 {
		return true
	}
	for _, pairs := range []string{u.RawQuery, u.EscapedFragment()} {
		for pair := range strings.FieldsFuncSeq(pairs, func(r rune) bool { return strings.ContainsRune("&;?", r) }) {
			if name, value, _ := strings.Cut(pair, "="); value != "" && SecretName(name) {
				return true
			}
		}
	}
	return false
}

// RedactURL returns a room's URL without what is secret in it: the login, the
// values of the query and the fragment, where rooms carry tokens, and tokens in the
// path.
func RedactURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "(not a URL)"
	}
	if u.User != nil {
		u.User = url.User(redacted)
	}
	if tokens := tokensIn(u); len(tokens) > 0 {
		u.Path = u.EscapedPath()
		for _, segment := range tokens {
			u.Path = strings.ReplaceAll(u.Path, segment, redacted)
		}
		u.RawPath = u.Path
		if plain, err := url.PathUnescape(u.RawPath); err == nil {
			u.Path = plain
		}
	}
	if u.RawQuery != "" {
		query := u.Query()
		for name := range query {
			query.Set(name, redacted)
		}
		u.RawQuery = query.Encode()
	}
	if u.Fragment != "" {
		u.Fragment, u.RawFragment = redacted, ""
	}
	return u.String()
}

// PublicRoom returns a room's URL, of which names of files and objects are made,
// without the parts of its path that are tokens. What is no URL stays as it is.
func PublicRoom(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return raw
	}
	tokens := tokensIn(u)
	if len(tokens) == 0 {
		return raw
	}
	path := u.EscapedPath()
	for _, segment := range tokens {
		path = strings.ReplaceAll(path, "/"+segment, "")
	}
	return u.Scheme + "://" + u.Host + path
}

// tokensIn returns the segments of a URL's path that are tokens, as they stand there.
func tokensIn(u *url.URL) (tokens []string) {
	before := ""
	for segment := range strings.SplitSeq(u.EscapedPath(), "/") {
		if looksRandom(segment) || webToken.MatchString(segment) || len(segment) >= shortTokenBehindName && tokenPlace.MatchString(before) {
			tokens = append(tokens, segment)
		}
		before = segment
	}
	return tokens
}

// tokenPlace is a segment that says what the next one is: /token/abc.
var tokenPlace = regexp.MustCompile(`(?i)^(?:` + secretWords + `s?|key|invite)$`)

// What a token in a path looks like. Rooms' names are words, with a number perhaps,
// or a UUID; names that only look random are left out of the report, which is no
// loss. In random letters and digits, neighbours are of another class (lower case,
// upper case, digit) in 62 % of the places, in hexadecimal digits in 47 %; in names
// made of words in a fourth.
const (
	shortTokenBehindName = 8  // bytes
	shortestRandom       = 24 // of mixed letters and digits, bytes
	shortestHex          = 32
	changesPercent       = 35
)

func looksRandom(segment string) bool {
	var lower, upper, digit, other, changes, letters int
	last := 0
	for _, r := range segment {
		var class int
		switch {
		case unicode.IsLower(r):
			lower++
			class = 1
		case unicode.IsUpper(r):
			upper++
			class = 2
		case unicode.IsDigit(r):
			digit++
			class = 3
		default:
			other++
			continue
		}
		if letters++; last != 0 && class != last {
			changes++
		}
		last = class
	}
	if 100*changes < changesPercent*letters || digit == 0 || 8*other > len(segment) {
		return false
	}
	return lower > 0 && upper > 0 && letters >= shortestRandom || other == 0 && letters >= shortestHex
}
