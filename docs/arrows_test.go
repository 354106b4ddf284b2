package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The files of package beam use each other one way: what a file uses never leads back
// to it. Types of other packages are left unresolved: only what is declared here counts.
func TestFilesOfBeamPointOneWay(t *testing.T) {
	uses := usesBetweenFiles(t, filepath.Join("..", "beam"))
	if len(uses) < 20 {
		t.Fatalf("only %d files use others", len(uses))
	}
	// From here on each file's way back to itself, if there is one.
	for _, from := range slices.Sorted(maps.Keys(uses)) {
		if way := wayTo(uses, from, from, map[string]bool{}); way != nil {
			t.Errorf("a circle: %s; %s uses %v of %s", strings.Join(way, " <- "), way[1], slices.Sorted(maps.Keys(uses[way[1]][way[0]])), way[0])
		}
	}
}

// wayTo returns the files by which one uses another, the last one first; nil for none.
func wayTo(uses map[string]map[string]map[string]bool, from, to string, seen map[string]bool) []string {
	for next := range uses[from] {
		if next == to {
			return []string{to, from}
		}
		if !seen[next] {
			seen[next] = true
			if way := wayTo(uses, next, to, seen); way != nil {
				return append(way, from)
			}
		}
	}
	return nil
}

// usesBetweenFiles returns the names that each file of a package uses of each other
// file.
func usesBetweenFiles(t *testing.T, dir string) map[string]map[string]map[string]bool {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	var files []*ast.File
	for _, p := range paths {
		if strings.HasSuffix(p, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, p, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: hollow{}, Error: func(error) {}}
	pkg, _ := config.Check("beam/beam", set, files, info) // what is not resolved is an error, and expected
	uses := map[string]map[string]map[string]bool{}
	for id, used := range info.Uses {
		from, to := filepath.Base(set.Position(id.Pos()).Filename), filepath.Base(set.Position(used.Pos()).Filename)
		if used.Pkg() != pkg || !used.Pos().IsValid() || from == to {
			continue
		}
		if uses[from] == nil {
			uses[from] = map[string]map[string]bool{}
		}
		if uses[from][to] == nil {
			uses[from][to] = map[string]bool{}
		}
		uses[from][to][used.Name()] = true
	}
	return uses
}

// hollow gives packages with nothing in them.
type hollow struct{}

func (hollow) Import(name string) (*types.Package, error) {
	p := types.NewPackage(name, path.Base(name))
	p.MarkComplete()
	return p, nil
}
