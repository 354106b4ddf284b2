package report

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// spellings returns the ways in which a secret stands in other texts: as it is, in
// a URL, in JSON and JSON within JSON, in HTML, quoted by Go, in hexadecimal and in
// base64, wherever in the encoded text it begins.
func spellings(secret string) []string {
	all := []string{secret, html.EscapeString(secret), strings.Trim(strconv.Quote(secret), `"`), hex.EncodeToString([]byte(secret))}
	for _, escaped := range []string{url.QueryEscape(secret), url.PathEscape(secret), escapeComponent(secret)} {
		all = append(all, escaped, lowerEscapes(escaped), url.QueryEscape(escaped))
	}
	inner := jsonText(secret)
	all = append(all, inner, plainJSON(secret), jsonText(inner))
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		all = append(all, encoded(encoding, secret)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// componentMarks are what JavaScript's encodeURIComponent leaves as it is and Go
// escapes (ECMA-262, 19.2.6.4).
var componentMarks = strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*")

// escapeComponent escapes as JavaScript's encodeURIComponent does.
func escapeComponent(s string) string { return componentMarks.Replace(url.QueryEscape(s)) }

// lowerEscapes writes the digits of percent-encodings in lower case.
func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], strings.ToLower(s[i+1:i+3]))
		}
	}
	return string(b)
}

// jsonText returns a text as it stands between the quotes of JSON that Go writes.
func jsonText(s string) string {
	text, err := json.Marshal(s)
	if err != nil { // a string can always be encoded
		return s
	}
	return string(text[1 : len(text)-1])
}

// plainJSON is jsonText without the escapes that only Go writes, for HTML.
func plainJSON(s string) string {
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(jsonText(s))
}

// encoded returns what a secret becomes within a longer text in base64, which
// depends on where in a group of three bytes it begins. Characters that hold bits
// of its neighbours too are left out.
func encoded(e *base64.Encoding, secret string) (all []string) {
	for before := range 3 {
		text := e.EncodeToString([]byte(strings.Repeat("\x00", before) + secret))
		first := (before*8 + 5) / 6
		last := (before + len(secret)) * 8 / 6
		if first < last {
			all = append(all, text[first:last])
		}
	}
	return all
}
