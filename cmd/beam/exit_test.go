package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"beam/capture"
	"beam/upload"
)

// classesInSource finds the classes of faults that any package declares: the
// constants whose names begin with Class.
func classesInSource(t *testing.T) map[string]string {
	t.Helper()
	classes := map[string]string{} // by where they are declared
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != len(spec.Names) {
				return true
			}
			for i, name := range spec.Names {
				literal, ok := spec.Values[i].(*ast.BasicLit)
				if !ok || literal.Kind != token.STRING || !regexp.MustCompile(`^(Class|class[A-Z])`).MatchString(name.Name) {
					continue
				}
				class, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Errorf("%s: %v", path, err)
				}
				classes[fmt.Sprintf("%s %s", path, name.Name)] = class
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return classes
}

// Every class that a package can return has its exit code, and the table has no
// class that none returns.
func TestExitClasses(t *testing.T) {
	inTable := map[string]int{}
	codes := map[int]bool{}
	for _, e := range exits {
		if _, twice := inTable[e.class]; twice || codes[e.code] {
			t.Errorf("class %q or code %d is twice in the table", e.class, e.code)
		}
		inTable[e.class] = e.code
		codes[e.code] = true
	}
	declared := classesInSource(t)
	if len(declared) < 10 {
		t.Fatalf("only %d classes found: %v", len(declared), declared)
	}
	found := map[string]bool{"": true}
	for where, class := range declared {
		found[class] = true
		if _, known := inTable[class]; !known {
			t.Errorf("%s: class %q has no exit code", where, class)
		}
	}
	for class := range inTable {
		if !found[class] {
			t.Errorf("class %q of the table is declared nowhere", class)
		}
	}
}

func TestExitCode(t *testing.T) {
	for _, test := range []struct {
		err  error
		want int
	}{
		{nil, exitComplete},
		{errors.New("anything"), exitInternal},
		{usagef("no such flag"), exitUsage},
		{&errDegraded{why: []string{"slow"}}, exitDegraded},
		{fmt.Errorf("record: %w", &capture.Fault{Class: capture.ClassBrowser}), exitBrowser},
		{errors.Join(errors.New("first"), &upload.Error{Class: upload.ClassUpload}), exitUpload},
		{&capture.Fault{Class: "internal"}, exitInternal},
		{&capture.Fault{Class: "never heard of"}, exitInternal},
		{&capture.Fault{}, exitInternal},
	} {
		if got := exitCode(test.err); got != test.want {
			t.Errorf("exitCode(%v) = %d, want %d", test.err, got, test.want)
		}
	}
}

// Each code is what a recording, or a command, of the built program ends with in some
// test: of package e2e, or of the scripts.
func TestEachCodeHasATest(t *testing.T) {
	constants, err := os.ReadFile("e2e/exit_test.go")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{} // the codes that scripts expect, and the names that e2e tests do
	for pattern, use := range map[string]*regexp.Regexp{
		"testdata/script/*.txt": regexp.MustCompile(`(?m)^code (\d+)`),
		"e2e/*_test.go":         regexp.MustCompile(`\b(exit[A-Z]\w*)\b`),
	} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "e2e/exit_test.go") {
				continue
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range use.FindAllStringSubmatch(string(text), -1) {
				used[m[1]] = true
			}
		}
	}
	for _, e := range exits {
		name := regexp.MustCompile(fmt.Sprintf(`(?m)^\s(exit\w+)\s*= %d$`, e.code)).FindSubmatch(constants)
		if name == nil {
			t.Errorf("e2e/exit_test.go does not have code %d", e.code)
		} else if !used[string(name[1])] && !used[strconv.Itoa(e.code)] {
			t.Errorf("no test ends with code %d", e.code)
		}
	}
}

// --help and the page on exit codes name each code with its class.
func TestExitCodesAreTold(t *testing.T) {
	help := exitHelp()
	page, err := os.ReadFile("../../docs/exit-codes.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range exits {
		if !regexp.MustCompile(fmt.Sprintf(`(?m)^ +%d +%s$`, e.code, regexp.QuoteMeta(e.means))).MatchString(help) {
			t.Errorf("the help does not tell of code %d", e.code)
		}
		class := e.class
		if class == "" {
			class = "none"
		}
		if !strings.Contains(string(page), fmt.Sprintf("\n| %d | %s | ", e.code, class)) {
			t.Errorf("docs/exit-codes.md has no row for code %d, class %s", e.code, class)
		}
	}
}
