//go:build e2e

package stage_test

import (
	"fmt"
	"image"
	"math"
	"slices"
	"testing"

	"beam/layout/stage"
)

// pure is a page to evaluate the script's pure functions in.
func pure(t *testing.T) *view {
	t.Helper()
	v := open(t, hd, serve(t, "<!doctype html><title>pure</title>"), stage.Facts{Layout: stage.Native}, "")
	v.run("globalThis.pure = (() => {" + stage.Source("geometry", "seats", "speech", "filter", "roster", "guess", "tile", "ready") +
		"return { arrange, fillsTile, seatPeople, newVoice, hear, nobody, chooseSpeaker, newFilter, glob, plainText, readPeople, guessPeople, initialsOf, hueOf, decideReady } })(), 0")
	return v
}

type box struct{ X, Y, W, H int }

func (b box) rect() image.Rectangle { return image.Rect(b.X, b.Y, b.X+b.W, b.Y+b.H) }

// Whatever the layout, the size and the number of people: nothing overlaps or
// leaves the viewport, all people's tiles are of one size and near 16:9, and
// nobody is left out who has room.
func TestArrange(t *testing.T) {
	v := pure(t)
	type result struct {
		Layout string
		W, H   int
		N      int
		Screen bool
		Out    struct {
			Main   *box
			People []box
		}
	}
	all := eval[[]result](v, `(() => {
	const out = [];
	for (const layout of ['grid', 'speaker', 'spotlight']) {
		for (const [W, H] of [[1920, 1080], [1280, 720], [854, 480], [1080, 1920], [720, 1280], [500, 480], [640, 1137], [1000, 1000], [1919, 1079]]) {
			for (let N = 0; N <= 40; N++) for (const Screen of [false, true]) out.push({ layout, W, H, N, Screen, Out: pure.arrange(layout, W, H, N, Screen) });
		}
	}
	return out;
})()`)
	if len(all) != 3*9*41*2 {
		t.Fatalf("%d results", len(all))
	}
	for _, r := range all {
		name := fmt.Sprintf("%s %dx%d, %d people, screen %v", r.Layout, r.W, r.H, r.N, r.Screen)
		viewport := image.Rect(0, 0, r.W, r.H)
		var rects []image.Rectangle
		if r.Out.Main != nil {
			rects = append(rects, r.Out.Main.rect())
		}
		for _, p := range r.Out.People {
			rects = append(rects, p.rect())
			if p.W != r.Out.People[0].W || p.H != r.Out.People[0].H {
				t.Errorf("%s: tiles of %dx%d and %dx%d", name, p.W, p.H, r.Out.People[0].W, r.Out.People[0].H)
			}
			if aspect := float64(p.W) / float64(p.H); aspect < 0.98 || aspect > 1.80 {
				t.Errorf("%s: a tile of %dx%d", name, p.W, p.H)
			}
		}
		for i, a := range rects {
			if a.Empty() || !a.In(viewport) {
				t.Errorf("%s: %v in a viewport of %v", name, a, viewport)
			}
			for _, b := range rects[:i] {
				if a.Overlaps(b) {
					t.Errorf("%s: %v and %v overlap", name, a, b)
				}
			}
		}
		main, strip := 0, r.N
		if r.Screen || r.N > 0 && r.Layout != stage.Grid {
			main = 1
		}
		switch {
		case r.Layout == stage.Spotlight:
			strip = 0
		case r.Screen:
		case r.Layout == stage.Speaker:
			strip = max(0, r.N-1)
		default:
			strip = min(r.N, 25)
		}
		if got := len(rects) - len(r.Out.People); got != main {
			t.Errorf("%s: %d large tiles, not %d", name, got, main)
		}
		if got := len(r.Out.People); got > strip || got < min(strip, 3) || r.Layout == stage.Grid && !r.Screen && got != strip {
			t.Errorf("%s: %d tiles of %d", name, got, strip)
		}
		if main == 1 && r.Layout != stage.Spotlight {
			for _, p := range r.Out.People {
				if m := r.Out.Main; p.W*p.H > m.W*m.H*3/2 {
					t.Errorf("%s: the strip's tiles of %dx%d beside a stage of %dx%d", name, p.W, p.H, m.W, m.H)
				}
			}
			if len(r.Out.People) > 0 {
				m, p := r.Out.Main.rect(), r.Out.People[0].rect()
				if r.W >= r.H && p.Min.X < m.Max.X || r.W < r.H && p.Min.Y < m.Max.Y {
					t.Errorf("%s: strip at %v, stage at %v", name, p, m)
				}
			}
		}
	}
}

// The grid's tiles are as large as any number of columns allows.
func TestGridIsLargest(t *testing.T) {
	v := pure(t)
	for _, size := range sizes {
		for n := 1; n <= 25; n++ {
			got := eval[[]box](v, fmt.Sprintf("pure.arrange('grid', %d, %d, %d, false).people", size.Width, size.Height, n))
			gap := float64(max(6, int(math.Round(float64(min(size.Width, size.Height))/72))))
			tallest := 4. / 3
			if size.Width < size.Height {
				tallest = 1
			}
			best := 0.
			for columns := 1; columns <= n; columns++ {
				rows := (n + columns - 1) / columns
				w := (float64(size.Width) - gap*float64(columns+1)) / float64(columns)
				h := (float64(size.Height) - gap*float64(rows+1)) / float64(rows)
				w = min(w, h*16/9)
				best = max(best, w*min(h, w/tallest))
			}
			if area := float64(got[0].W * got[0].H); area < best*0.985 {
				t.Errorf("%d people at %s: tiles of %.0f pixels, %.0f are possible", n, size, area, best)
			}
		}
	}
}

func TestFillsTile(t *testing.T) {
	v := pure(t)
	for _, c := range []struct {
		picture, tile string
		screen, want  bool
	}{
		{"{w: 640, h: 360}", "{w: 640, h: 360}", false, true},
		{"{w: 640, h: 360}", "{w: 400, h: 300}", false, true},
		{"{w: 640, h: 480}", "{w: 640, h: 360}", false, true},
		{"{w: 640, h: 360}", "{w: 400, h: 400}", false, true},
		{"{w: 360, h: 640}", "{w: 640, h: 360}", false, false}, // a telephone, upright
		{"{w: 640, h: 360}", "{w: 360, h: 640}", false, false},
		{"{w: 640, h: 360}", "{w: 640, h: 360}", true, false},
		{"{w: 0, h: 0}", "{w: 640, h: 360}", false, false},
		{"{w: 1680, h: 720}", "{w: 640, h: 360}", false, false}, // no camera is that wide
		{"{w: 1680, h: 720}", "{w: 640, h: 274}", false, true},
	} {
		if got := eval[bool](v, fmt.Sprintf("pure.fillsTile(%s, %s, %v)", c.picture, c.tile, c.screen)); got != c.want {
			t.Errorf("%s in %s, screen %v: %v", c.picture, c.tile, c.screen, got)
		}
	}
}

func TestSeats(t *testing.T) {
	v := pure(t)
	for _, c := range []struct {
		name, before, everybody string
		seats                   int
		spoke, first            string
		want                    []string
	}{
		{"from nothing", `[]`, `['a','b','c']`, 3, `[]`, "undefined", []string{"a", "b", "c"}},
		{"one leaves", `['a','b','c']`, `['a','c']`, 2, `[]`, "undefined", []string{"a", "c"}},
		{"one joins", `['a','b']`, `['a','b','c']`, 3, `[['a',9]]`, "undefined", []string{"a", "b", "c"}},
		{"no room", `['a','b']`, `['a','b','c']`, 2, `[]`, "undefined", []string{"a", "b"}},
		{"the one without room speaks", `['a','b']`, `['a','b','c']`, 2, `[['a',5],['b',4],['c',6]]`, "undefined", []string{"a", "c"}},
		{"spoke before those who sit", `['a','b']`, `['a','b','c']`, 2, `[['a',5],['b',4],['c',3]]`, "undefined", []string{"a", "b"}},
		{"who never spoke goes first", `['a','b']`, `['a','b','c']`, 2, `[['a',5],['c',3]]`, "undefined", []string{"a", "c"}},
		{"fewer seats: the silent leave", `['a','b','c']`, `['a','b','c']`, 2, `[['c',3],['a',2]]`, "undefined", []string{"a", "c"}},
		{"a new speaker swaps", `['a','b','c']`, `['a','b','c']`, 3, `[['c',3]]`, "'c'", []string{"c", "b", "a"}},
		{"a new speaker from outside", `['a','b']`, `['a','b','c']`, 2, `[['c',3],['b',1]]`, "'c'", []string{"c", "b"}},
		{"the speaker stays however silent", `['a','b']`, `['a','b','c']`, 2, `[['b',4],['c',3]]`, "'a'", []string{"a", "b"}},
		{"nobody", `['a']`, `[]`, 0, `[]`, "undefined", []string{}},
		{"spotlight", `['a','b']`, `['a','b']`, 1, `[]`, "'b'", []string{"b"}},
	} {
		expr := fmt.Sprintf("pure.seatPeople(%s, %s, %d, new Map(%s), %s)", c.before, c.everybody, c.seats, c.spoke, c.first)
		if got := eval[[]string](v, expr); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
