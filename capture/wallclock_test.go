package capture_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Setting the machine's clock must do nothing to a recording, so the wall clock
// has no part in the way of frames and samples. A test can't set the clock of the
// machine that it runs on, and no namespace of Linux has one of its own for
// CLOCK_REALTIME (time_namespaces(7)); so this looks at what is called where.

// onTheWay is where frames and samples pass: all of capture, and these of beam.
var onTheWay = []string{
	"../beam/loop.go", "../beam/rate.go", "../beam/segment.go", "../beam/timeline.go", "../beam/verdict.go",
	"../beam/source/frames.go", "../beam/source/keeper.go", "../beam/source/losses.go", "../beam/source/pacer.go", "../beam/source/repair.go",
	"../beam/source/router.go", "../beam/source/servers.go",
}

// allowed is where the wall clock is read all the same.
var allowed = []string{
	"chrome/screencast.go take", // for a Chrome that tells nothing else; see captured
	"mp4/writer.go boxEnd",      // when to flush to the disk, by the monotonic part
	"x11/grab_conn.go dial",     // a deadline, which Go keeps on the monotonic clock
}

// capturedAt is where a frame or samples get their capture time.
var capturedAt = []string{
	"audio/pcm.go finish",       // of a block, by the samples before it
	"audio/tap.go Take",         // --audio-offset
	"chrome/screencast.go pass", // Chrome's time of the swap
	"pulse/record.go loop",      // the sink's time of playing
	"x11/grab_run.go grab",      // the X server's time of painting
}

// wall are the names that read the wall clock, or turn a time into one.
var wall = map[string][]string{
	"time":    {"Now"},
	"unix":    {"CLOCK_REALTIME", "CLOCK_REALTIME_COARSE", "CLOCK_TAI", "Gettimeofday", "Time"},
	"syscall": {"Gettimeofday", "Time"},
}

func TestWallClock(t *testing.T) {
	files := slices.Clone(onTheWay)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			files = append(files, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	read, stamped := map[string]bool{}, map[string]bool{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			where := path
			if f, ok := d.(*ast.FuncDecl); ok {
				where = fmt.Sprintf("%s %s", path, f.Name.Name)
			}
			ast.Inspect(d, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.SelectorExpr:
					if from, ok := n.X.(*ast.Ident); ok && slices.Contains(wall[from.Name], n.Sel.Name) {
						read[where] = true
					}
				case *ast.CompositeLit:
					if stamps(n) {
						stamped[where] = true
					}
				}
				return true
			})
		}
	}
	same(t, "the wall clock is read in", read, allowed)
	same(t, "capture times are set in", stamped, capturedAt)
}

// stamps tells whether a literal is a capture.Frame or capture.Samples with a
// time.
func stamps(c *ast.CompositeLit) bool {
	name, ok := c.Type.(*ast.SelectorExpr)
	if !ok || name.Sel.Name != "Frame" && name.Sel.Name != "Samples" {
		return false
	}
	if from, ok := name.X.(*ast.Ident); !ok || from.Name != "capture" {
		return false
	}
	return slices.ContainsFunc(c.Elts, func(e ast.Expr) bool {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return true // without names they are all there
		}
		key, ok := pair.Key.(*ast.Ident)
		return ok && key.Name == "At"
	})
}

func same(t *testing.T, what string, found map[string]bool, want []string) {
	t.Helper()
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("%s\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
