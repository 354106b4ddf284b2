package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	quoted   = regexp.MustCompile("`([a-z0-9/]+)`")
	ownerRow = regexp.MustCompile("(?m)^\\| `((?:cmd|beam|capture|layout|upload)[a-z0-9/]*)`[^|]*\\|[^|]+\\|[^|]*\\|$")
)

// The architecture names every package, and every package in its table is there.
// Helpers of tests and generators need no place in it.
func TestArchitectureNamesThePackages(t *testing.T) {
	text, err := os.ReadFile("architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, m := range quoted.FindAllStringSubmatch(string(text), -1) {
		named[m[1]] = true
	}
	for _, top := range []string{"cmd", "beam", "capture", "layout", "upload"} {
		err := filepath.WalkDir(filepath.Join("..", top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			name := d.Name()
			if name == "testdata" || name == "node_modules" || name == "asm" || strings.HasSuffix(name, "test") {
				return filepath.SkipDir
			}
			files, err := filepath.Glob(filepath.Join(path, "*.go"))
			if pkg := filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator))); len(files) > 0 && !named[pkg] && !named[name] {
				t.Errorf("architecture.md does not name %s", pkg)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	rows := ownerRow.FindAllStringSubmatch(string(text), -1)
	if len(rows) < 20 {
		t.Fatalf("only %d packages have a row", len(rows))
	}
	for _, row := range rows {
		if info, err := os.Stat(filepath.Join("..", filepath.FromSlash(row[1]))); err != nil || !info.IsDir() {
			t.Errorf("architecture.md has a row for %s, which is not there", row[1])
		}
	}
}
