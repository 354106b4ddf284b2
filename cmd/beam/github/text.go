package github

import (
	"fmt"
	"strings"
	"unicode"
)

// longest is how many characters of one text are told: the report has all of it.
const longest = 500

// plain returns a text as one line of what can be seen, and not endless: control
// characters, line breaks and those that change the direction of writing become
// spaces.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > longest {
		text = string(r[:longest]) + "…"
	}
	return text
}

// harmless are the marks that mean nothing to Markdown inside a line.
const harmless = " ,-()'/+=%?;"

// markdown returns a text that a page may have written as Markdown that shows it,
// whatever it holds: each mark that could begin something (CommonMark 0.31, clause
// 2.5, and GitHub's tables, links, mentions, shortcodes and formulas) becomes a
// reference to the character.
func markdown(text string) string {
	var b strings.Builder
	for _, r := range plain(text) {
		switch {
		case r >= 0x80, r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', strings.ContainsRune(harmless, r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "&#%d;", r)
		}
	}
	return b.String()
}

var (
	// What a workflow command's message can't hold, and what its properties can't.
	messageEscapes  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// command returns a workflow command, one line: an error or a warning with a title.
func command(kind, title, message string) string {
	return fmt.Sprintf("::%s title=%s::%s\n", kind, propertyEscapes.Replace(plain(title)), messageEscapes.Replace(plain(message)))
}
