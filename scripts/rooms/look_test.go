//go:build rooms

package rooms

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"beam/capture"
	"beam/capture/inspect"
	"beam/capture/inspect/avsync"
	"beam/capture/inspect/testpattern"
)

const (
	lookWidth = 427 // of the pictures that are looked at: a third of 720p
	tolerance = 40
	smallest  = 400   // pixels of a tile; in a strip it has 76x43
	loud      = -45.0 // dBFS; everybody's tone has -24 or -12 at its source
	gone      = -60.0 // of a tone that nobody makes
	tick      = 100 * time.Millisecond
)

// background is what the stage has where there is no tile.
var background = color.RGBA{14, 17, 22, 255}

// picture is what is in a picture of a file.
type picture struct {
	at      time.Duration
	size    image.Rectangle
	tiles   [][]testpattern.Region // by person
	corners []testpattern.Region   // of the shared screen
	other   float64                // share that is neither background nor in a tile
}

// film is what is seen and heard in a file.
type film struct {
	pictures []picture
	sound    []testpattern.ToneWindow
}

func look(t *testing.T, path string) film {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var f film
	opt := inspect.PictureOptions{Scale: capture.Size{Width: lookWidth}, Format: inspect.RGB}
	err := inspect.Tools{}.Pictures(ctx, path, opt, func(p inspect.Picture) error {
		f.pictures = append(f.pictures, lookAt(testpattern.NewRGB(p.Pix, p.W, p.H), p.PTS))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var tones []float64
	for _, p := range people {
		tones = append(tones, p.hz)
	}
	if f.sound, err = avsync.Tones(ctx, inspect.Tools{}, path, tones, tick); err != nil {
		t.Fatal(err)
	}
	return f
}

func lookAt(p *testpattern.RGB, at time.Duration) picture {
	out := picture{at: at, size: p.Rect, corners: testpattern.Regions(p, cornerColour, tolerance, 4*4)}
	rest := testpattern.Share(p, p.Rect, background, 24)
	area := float64(p.Rect.Dx() * p.Rect.Dy())
	for _, one := range people {
		// What is thin is of the ring around who speaks.
		tiles := slices.DeleteFunc(testpattern.Regions(p, one.colour, tolerance, smallest), func(r testpattern.Region) bool {
			return min(r.Bounds.Dx(), r.Bounds.Dy()) < 10
		})
		out.tiles = append(out.tiles, tiles)
		for _, tile := range tiles {
			// The ring around who speaks, and round corners, belong to the tile.
			with := tile.Bounds.Inset(-3).Intersect(p.Rect)
			rest += float64(with.Dx()*with.Dy()) / area * (1 - testpattern.Share(p, with, background, 24))
		}
	}
	out.other = 1 - rest
	return out
}

// between returns what is seen and heard in an interval.
func (f film) between(from, to time.Duration) film {
	var out film
	for _, p := range f.pictures {
		if p.at >= from && p.at < to {
			out.pictures = append(out.pictures, p)
		}
	}
	for _, w := range f.sound {
		if w.At >= from && w.At+tick <= to {
			out.sound = append(out.sound, w)
		}
	}
	return out
}

// heard returns when somebody is first heard after from, or an hour.
func (f film) heard(who int, from time.Duration) time.Duration {
	for _, w := range f.sound {
		if w.At >= from && w.LevelsDBFS[who] > loud {
			return w.At
		}
	}
	return time.Hour
}

// shows checks that each picture has one tile for each of the people who are
// there, of the colour of theirs, and nothing else; and that each of them is
// heard, and nobody else.
func (f film) shows(t *testing.T, there ...int) {
	t.Helper()
	if len(f.pictures) == 0 || len(f.sound) == 0 {
		t.Fatalf("%d pictures, %d windows of sound", len(f.pictures), len(f.sound))
	}
	is := map[int]bool{}
	for _, i := range there {
		is[i] = true
	}
	for i, one := range people {
		wrong, sounds := 0, 0
		first := f.pictures[0]
		for _, p := range f.pictures {
			if n := len(p.tiles[i]); (n == 1) != is[i] || n > 1 {
				if wrong == 0 {
					first = p
				}
				wrong++
			}
		}
		if wrong > 0 {
			t.Errorf("%s, who is there: %t: wrong in %d of %d pictures, first at %v: %v", one.name, is[i], wrong, len(f.pictures), first.at, first.tiles[i])
		}
		for _, w := range f.sound {
			if w.LevelsDBFS[i] > loud {
				sounds++
			}
		}
		// On a busy machine Chrome itself drops a little of what it plays; the edges of
		// such a hole have something of all tones.
		if is[i] && sounds < len(f.sound)*9/10 || !is[i] && sounds > len(f.sound)/10 {
			t.Errorf("%s, who is there: %t: heard in %d of %d windows", one.name, is[i], sounds, len(f.sound))
		}
	}
}

// nothingElse checks that there is nothing but the tiles of people.
func (f film) nothingElse(t *testing.T) {
	t.Helper()
	for _, p := range f.pictures {
		if p.other > 0.02 {
			t.Errorf("at %v %.1f %% of the picture is nobody's", p.at, 100*p.other)
			return
		}
	}
}

// large checks that one person has by far the most of each picture.
func (f film) large(t *testing.T, who int) {
	t.Helper()
	for _, p := range f.pictures {
		for i, tiles := range p.tiles {
			for _, tile := range tiles {
				if w := tile.Bounds.Dx(); (w > p.size.Dx()/2) != (i == who) {
					t.Errorf("at %v the tile of %s is %d of %d wide; %s speaks", p.at, people[i].name, w, p.size.Dx(), people[who].name)
					return
				}
			}
		}
	}
}

// screen checks that the shared screen has most of each picture and is whole: all
// corners are seen, and it has its shape.
func (f film) screen(t *testing.T) {
	t.Helper()
	for _, p := range f.pictures {
		var all image.Rectangle
		for _, c := range p.corners {
			all = all.Union(c.Bounds)
		}
		side := float64(cornerSide) * float64(all.Dx()) / screenWidth
		whole := len(p.corners) == 4 && 4*all.Dx() > 3*p.size.Dx() && math.Abs(float64(all.Dx())/float64(all.Dy())*screenHeight/screenWidth-1) < 0.03
		for _, c := range p.corners {
			whole = whole && math.Abs(float64(c.Bounds.Dx())-side) < 4 && math.Abs(float64(c.Bounds.Dy())-side) < 4
		}
		if !whole {
			t.Errorf("at %v of a screen with corners of %.0f pixels there is %v", p.at, side, p.corners)
			return
		}
	}
}

// nobodyBut checks that no picture and no window has anything of anybody else. who is
// the loudest; what is 15 dB below that is of holes in the sound, see shows.
func (f film) nobodyBut(t *testing.T, who int) {
	t.Helper()
	for _, p := range f.pictures {
		for i, tiles := range p.tiles {
			if i != who && len(tiles) > 0 || len(p.corners) > 0 {
				t.Errorf("%s is seen at %v, or a screen: %v", people[i].name, p.at, p.corners)
				return
			}
		}
	}
	for _, w := range f.sound {
		for i, level := range w.LevelsDBFS {
			if i != who && level > loud && level > w.LevelsDBFS[who]-15 {
				t.Errorf("%s is heard at %v: %.0f dBFS", people[i].name, w.At, level)
				return
			}
		}
	}
}

// tell logs when each person, and the shared screen, was seen and heard.
func (f film) tell(t *testing.T) {
	t.Helper()
	spans := func(n int, at func(int) time.Duration, is func(int) bool) (out []string) {
		for i := range n {
			switch {
			case is(i) && (i == 0 || !is(i-1)):
				out = append(out, fmt.Sprintf("%.2f to the end", at(i).Seconds()))
			case !is(i) && i > 0 && is(i-1):
				out[len(out)-1] = strings.ReplaceAll(out[len(out)-1], "the end", fmt.Sprintf("%.2f", at(i).Seconds()))
			}
		}
		return out
	}
	picture := func(i int) time.Duration { return f.pictures[i].at }
	for i, one := range people {
		t.Logf("%s: seen from %v, heard from %v", one.name,
			spans(len(f.pictures), picture, func(k int) bool { return len(f.pictures[k].tiles[i]) > 0 }),
			spans(len(f.sound), func(k int) time.Duration { return f.sound[k].At }, func(k int) bool { return f.sound[k].LevelsDBFS[i] > loud }))
	}
	t.Logf("screen: from %v", spans(len(f.pictures), picture, func(k int) bool { return len(f.pictures[k].corners) == 4 }))
}
