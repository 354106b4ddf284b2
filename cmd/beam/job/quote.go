package job

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// literal returns s such that the kubelet hands exactly s to the program: in args
// and in the values of variables it replaces $(NAME), and takes $$ for one dollar
// sign. Doubling each one is always right, also where no name follows.
func literal(s string) string { return strings.ReplaceAll(s, "$", "$$") }

// checkText refuses what can't be carried: YAML and JSON hold text, and a
// program's arguments end at a zero byte.
func checkText(what, s string) error {
	switch {
	case !utf8.ValidString(s):
		return fmt.Errorf("%s is not UTF-8: %q", what, s)
	case strings.ContainsRune(s, 0):
		return fmt.Errorf("%s has a zero byte in it: %q", what, s)
	}
	return nil
}
