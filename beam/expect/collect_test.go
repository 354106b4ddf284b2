package expect

import (
	"fmt"
	"strings"
	"testing"
)

func TestConsole(t *testing.T) {
	c := NewConsole(hideHunter)
	for _, level := range []string{"log", "info", "warning", "debug"} {
		c.Add(level, "no error")
	}
	if s := c.Seen(); s.Total != 0 || len(s.Errors) != 0 {
		t.Errorf("%+v", s)
	}
	c.Add("error", "login of ada:hunter2 failed, next")
	c.Add("assert", "b")
	c.Add("exception", "Error: c")
	for i := range 100 {
		c.Add("error", fmt.Sprint(i))
	}
	s := c.Seen()
	if s.Total != 103 || len(s.Errors) != mostErrors {
		t.Errorf("%d errors, %d kept", s.Total, len(s.Errors))
	}
	if got := strings.Join(s.Errors[:3], "|"); got != "error: login of ada:REDACTED failed, next|assert: b|exception: Error: c" {
		t.Error(got)
	}
}

func TestTexts(t *testing.T) {
	x := NewTexts([]string{"Hello  Ada", "Bye", "Bye"}, hideHunter)
	expr, ok := x.Expression()
	if !ok || !strings.HasSuffix(expr, `(["Hello Ada","Bye"])`) {
		t.Fatalf("expression ends %q", expr[max(0, len(expr)-40):])
	}
	if s := x.Seen(); s.Looks != 0 {
		t.Errorf("%+v", s)
	}
	for _, bad := range []string{``, `{}`, `{"found":[true]}`, `null`} {
		if x.Observe([]byte(bad)) == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if err := x.Observe([]byte(`{"found":[true,false],"text":"Hello Ada, hunter2"}`)); err != nil {
		t.Fatal(err)
	}
	if s := x.Seen(); !s.Seen["Hello  Ada"] || s.Seen["Bye"] || s.Last != "Hello Ada, REDACTED" || s.Looks != 1 {
		t.Errorf("%+v", s)
	}
	if expr, _ = x.Expression(); !strings.HasSuffix(expr, `(["Bye"])`) {
		t.Errorf("expression ends %q", expr[max(0, len(expr)-40):])
	}
	if err := x.Observe([]byte(`{"found":[true],"text":"Bye"}`)); err != nil {
		t.Fatal(err)
	}
	// What was seen once counts, also when it is gone.
	if s := x.Seen(); !s.Seen["Hello  Ada"] || !s.Seen["Bye"] {
		t.Errorf("%+v", s)
	}
	if _, ok := x.Expression(); ok {
		t.Error("it goes on looking")
	}
}

func FuzzObserve(f *testing.F) {
	f.Add([]byte(`{"found":[true,false],"text":"x"}`))
	f.Add([]byte(`{"found":null}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		x := NewTexts([]string{"a", "b"}, hideHunter)
		if x.Observe(answer) != nil && x.Seen().Looks > 0 {
			t.Error("an error counts as a look")
		}
		if len([]rune(x.Seen().Last)) > 121 {
			t.Errorf("%q is long", x.Seen().Last)
		}
	})
}

// hideHunter hides one secret.
func hideHunter(text string) string { return strings.ReplaceAll(text, "hunter2", "REDACTED") }
