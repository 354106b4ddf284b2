package chrome

import (
	"slices"
	"testing"
)

// TestNoSandboxVariable: the sandbox is given up for root, and where it is asked
// for, and nowhere else.
func TestNoSandboxVariable(t *testing.T) {
	for value, want := range map[string]bool{"": false, "0": false, "1": true, "true": true} {
		t.Setenv(NoSandboxVariable, value)
		m := look()
		m.root = false // whoever runs the tests
		if got := slices.Contains(arguments(Options{Size: hd}, folders{}, trust{}, m), "--no-sandbox"); got != want {
			t.Errorf("%s=%q: --no-sandbox is %v, want %v", NoSandboxVariable, value, got, want)
		}
	}
}
