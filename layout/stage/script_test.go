package stage_test

import (
	"strings"
	"testing"

	"beam/layout/stage"
)

func TestScript(t *testing.T) {
	facts := stage.Facts{Layout: stage.Grid, Theme: map[string]string{"a": "1", "b": "2", "c": "3"}, Extra: map[string]any{"x": 1, "y": 2}}
	first, err := stage.Script(facts, "")
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if again, err := stage.Script(facts, " "); err != nil || again != first {
			t.Fatal("the same facts gave another script")
		}
	}
	if _, err := stage.Script(stage.Facts{Layout: "mosaic"}, ""); err == nil || !strings.Contains(err.Error(), "grid, speaker, spotlight") {
		t.Errorf("mosaic: %v", err)
	}
	if _, err := stage.Script(stage.Facts{Layout: stage.Native, Extra: map[string]any{"f": func() {}}}, ""); err == nil {
		t.Error("a function is no fact")
	}
}
