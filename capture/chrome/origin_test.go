package chrome

import (
	"testing"
)

func TestOriginOf(t *testing.T) {
	for raw, want := range map[string]string{
		"http://127.0.0.1:3000/a?b#c":      "http://127.0.0.1:3000",
		"https://Room.Example:443/":        "https://room.example",
		"https://ada:secret@room.example/": "https://room.example",
		"http://[::1]:80/":                 "http://[::1]",
		"http://[::1]:81/":                 "http://[::1]:81",
		"https://room.example:80":          "https://room.example:80",
		"about:blank":                      "",
		"file:///tmp/a":                    "",
		"http://%zz/":                      "",
	} {
		if got := originOf(raw); got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}

func TestAccessCheck(t *testing.T) {
	for _, test := range []struct {
		access Access
		want   string
	}{
		{Access{Headers: []Field{{"X-Key", "v"}}, Cookies: []Field{{"sid", "a=b"}}}, ""},
		{Access{Headers: []Field{{"X Key", "secret"}}}, `"X Key" is no name of a header`},
		{Access{Headers: []Field{{"", "secret"}}}, `"" is no name of a header`},
		{Access{Headers: []Field{{"Host", "secret"}}}, "the header Host is the browser's own"},
		{Access{Headers: []Field{{"X", "secret\r\nY: z"}}}, "the value of the header X has a line break"},
		{Access{Cookies: []Field{{"a;b", "secret"}}}, `"a;b" is no name of a cookie`},
		{Access{Cookies: []Field{{"a", "secret; Path=/"}}}, "the value of the cookie a has a semicolon or a line break"},
	} {
		got := ""
		if err := test.access.Check(); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
