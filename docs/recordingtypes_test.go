package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// The tests that the page about recording types names are there.
func TestRecordingTypesAreTested(t *testing.T) {
	text, err := os.ReadFile("recording-types.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test[A-Za-z0-9]+)`, `([a-z0-9/]+)`").FindAllSubmatch(text, -1)
	if len(named) < 8 {
		t.Fatalf("only %d tests are named", len(named))
	}
	for _, m := range named {
		files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(string(m[2])), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || regexp.MustCompile(`(?m)^func `+string(m[1])+`\(`).Match(source)
		}
		if !found {
			t.Errorf("there is no %s in %s", m[1], m[2])
		}
	}
}
