package stage_test

import (
	"testing"

	"beam/layout/stage"
)

func TestDrawings(t *testing.T) {
	for _, name := range append(stage.Names(), stage.Native) {
		for _, portrait := range []bool{false, true} {
			if d := stage.Drawing(name, portrait); len(d) < 40 {
				t.Errorf("%s: %q", name, d)
			}
		}
	}
	if stage.Drawing("mosaic", false) != "" {
		t.Error("an unknown layout has a drawing")
	}
}
