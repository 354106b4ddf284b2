package chrome

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretIsNotPrinted(t *testing.T) {
	s := Step{Kind: StepFill, Selector: "#password", Value: "hunter2"}
	a := Access{Headers: []Field{{"Authorization", "hunter2"}}, User: "ada", Password: "hunter2"}
	var out strings.Builder
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "step", s, "value", s.Value, "access", a)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "step", s, "value", s.Value, "access", a)
	fmt.Fprintf(&out, "%v %+v %#v %s %q %v %+v %#v", s, s, s, s, s, a, a, a)
	if strings.Contains(out.String(), "hunter2") {
		t.Error(out.String())
	}
}
