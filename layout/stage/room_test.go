package stage_test

import (
	"fmt"
	"image"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"beam/capture"
	"beam/layout/stage"
	"beam/layout/stage/stagetest"
)

// roomPlatform tells who is in the plain room, with names and roles, as a
// platform's script would. window.test changes what it tells.
const roomPlatform = `function (room) {
	window.test = { roles: {}, names: {}, hold: false };
	const look = () => {
		const page = window.plainRoom;
		if (!page || window.test.hold) return;
		room.joined();
		room.people(page.people().map(({ id, name, role, sharing }) => ({
			id, name: window.test.names[id] ?? name, role: window.test.roles[id] ?? role,
			media: [
				{ kind: 'camera', streamId: id }, { kind: 'microphone', streamId: id },
				...(sharing ? [{ kind: 'screen', streamId: id + '-screen' }] : []),
			],
		})));
	};
	setInterval(look, 50);
	room.tap.onchange(look);
}`

// shows waits until exactly these people's colours (and "screen") are to be
// seen, of the first ten people, and returns where.
func (v *view) shows(want ...string) map[string]image.Rectangle {
	v.t.Helper()
	slices.Sort(want)
	var found map[string]image.Rectangle
	v.eventually("shows "+strings.Join(want, " "), func() bool {
		found = colours(v.shot("shows"), 10)
		return slices.Equal(slices.Sorted(maps.Keys(found)), want)
	})
	return found
}

// do runs something in the room.
func (v *view) room(call string) {
	v.t.Helper()
	v.run("plainRoom." + call)
}

func (v *view) ready() string {
	v.t.Helper()
	v.eventually("ready", func() bool { return len(v.told("ready")) > 0 })
	return v.told("ready")[0].Text
}

// Each layout shows each person's picture in the place that the geometry says,
// and nothing of the page.
func TestLayoutsOfARoom(t *testing.T) {
	for _, size := range []capture.Size{sizes[1], sizes[3]} {
		t.Run(size.String(), func(t *testing.T) {
			t.Parallel()
			v := open(t, size, room(t)+"?people=4&speak=p1", stage.Facts{Layout: stage.Grid}, roomPlatform)
			if why := v.ready(); why != "video plays" {
				t.Errorf("ready: %s", why)
			}
			places := func(layout string, n int, screen bool) (main *box, people []box) {
				v.run("globalThis.geometry ??= (() => {" + stage.Source("geometry") + "return { arrange } })(), 0")
				out := eval[struct {
					Main   *box
					People []box
				}](v, fmt.Sprintf("geometry.arrange(%q, innerWidth, innerHeight, %d, %v)", layout, n, screen))
				return out.Main, out.People
			}
			inside := func(what string, got image.Rectangle, want box) {
				t.Helper()
				w := want.rect()
				// The label and the corners take some of it away.
				if !got.In(w.Inset(-4)) || got.Dx()*got.Dy() < w.Dx()*w.Dy()*8/10 {
					t.Errorf("%s at %s: %v, not %v", what, v.size, got, w)
				}
			}

			found := v.shows("p1", "p2", "p3", "p4")
			_, people := places("grid", 4, false)
			for i, id := range []string{"p1", "p2", "p3", "p4"} {
				inside("grid: "+id, found[id], people[i])
			}

			v.do(stage.Speaker)
			v.eventually("p1 is large", func() bool {
				main, _ := places("speaker", 4, false)
				found = v.shows("p1", "p2", "p3", "p4")
				return found["p1"].Dx() > main.W*8/10
			})
			v.room("speak('p1', false)")
			v.room("speak('p3', true)")
			v.eventually("p3 takes the stage", func() bool {
				main, _ := places("speaker", 4, false)
				found = v.shows("p1", "p2", "p3", "p4")
				return found["p3"].Dx() > main.W*8/10
			})
			time.Sleep(400 * time.Millisecond) // on their ways
			found = v.shows("p1", "p2", "p3", "p4")
			main, people := places("speaker", 4, false)
			inside("speaker: p3", found["p3"], *main)
			inside("speaker: p1, in the place of p3", found["p1"], people[1])
			inside("speaker: p2", found["p2"], people[0])

			v.room("share('p2')")
			found = v.shows("p1", "p2", "p3", "p4", "screen")
			v.eventually("the screen is large", func() bool {
				found = v.shows("p1", "p2", "p3", "p4", "screen")
				return found["screen"].Dx() > 3*found["p1"].Dx()/2
			})
			time.Sleep(400 * time.Millisecond)
			found = v.shows("p1", "p2", "p3", "p4", "screen")
			_, people = places("speaker", 4, true)
			var strip []box
			for _, id := range []string{"p1", "p2", "p3", "p4"} {
				i := slices.IndexFunc(people, func(b box) bool { return found[id].In(b.rect().Inset(-4)) })
				if i < 0 {
					t.Fatalf("share: %s at %v is not in the strip %v", id, found[id], people)
				}
				inside("share: "+id, found[id], people[i])
				if slices.Contains(strip, people[i]) {
					t.Errorf("share: two people at %v", people[i])
				}
				strip = append(strip, people[i])
			}
			v.do(stage.Spotlight)
			v.shows("screen")
			v.room("unshare('p2')")
			v.shows("p3")
			v.do(stage.Grid)
			v.shows("p1", "p2", "p3", "p4")
			v.room("leave('p4')")
			v.shows("p1", "p2", "p3")
			v.room("join('p5')")
			v.shows("p1", "p2", "p3", "p5")

			v.do(stage.Native)
			v.eventually("the page itself", func() bool {
				img := v.shot("native")
				at := img.PixOffset(v.size.Width/2, 8) // its white header
				return img.Pix[at] == 255 && img.Pix[at+1] == 255 && img.Pix[at+2] == 255
			})
			v.do(stage.Grid)
			v.shows("p1", "p2", "p3", "p5")
			var layouts []string
			for _, m := range v.told("layout") {
				layouts = append(layouts, m.Layout)
			}
			if want := []string{"speaker", "spotlight", "grid", "native", "grid"}; !slices.Equal(layouts, want) {
				t.Errorf("told layouts %v, want %v", layouts, want)
			}
		})
	}
}

// Without a platform's script, and on a page that knows nothing of Beam, one
// media stream is one person.
func TestPlainPage(t *testing.T) {
	v := open(t, hd, room(t)+"?people=3&speak=p2", stage.Facts{Layout: stage.Speaker}, "")
	if why := v.ready(); why != "video plays" {
		t.Errorf("ready: %s", why)
	}
	v.eventually("p2 is large", func() bool {
		found := v.shows("p1", "p2", "p3")
		return found["p2"].Dx() > 800
	})
	v.eventually("p2 is told to speak", func() bool {
		said := v.told("speaking")
		return len(said) > 0 && said[0].ID == "p2" && said[0].On
	})
	v.room("share('p1')")
	v.eventually("the screen is large, and no person", func() bool {
		found := v.shows("p1", "p2", "p3", "screen")
		all := v.told("people")
		last := all[len(all)-1].People
		return found["screen"].Dx() > 800 && len(last) == 3 && last[0].ID == "p1" && last[0].Screen
	})
	v.room("leave('p1')")
	v.shows("p2", "p3")
	v.room("near.close()")
	v.eventually("nobody", func() bool {
		all := v.told("people")
		return len(all[len(all)-1].People) == 0 && len(colours(v.shot("closed"), 10)) == 0
	})
}

// A script that tells nothing leaves it at the media, after a moment.
func TestSilentPlatform(t *testing.T) {
	v := open(t, hd, room(t)+"?people=2", stage.Facts{Layout: stage.Grid}, "function () {}")
	v.ready()
	// What is ready is on the stage, not still the page.
	found := colours(v.shot("ready"), 10)
	if r := found["p1"].Union(found["p2"]); r.Dx() < 550 || r.Dy() > 600 {
		t.Errorf("at the moment of readiness there are %v", found)
	}
	v.shows("p1", "p2")
}

// native leaves the page as it is.
func TestNative(t *testing.T) {
	v := open(t, hd, room(t)+"?people=2", stage.Facts{Layout: stage.Native}, "")
	v.ready()
	if got := eval[string](v, "document.documentElement.outerHTML"); strings.Contains(got, "beam") {
		t.Errorf("the page holds %.300s", got)
	}
	if n := eval[int](v, "document.adoptedStyleSheets.length"); n != 0 {
		t.Errorf("%d style sheets", n)
	}
	if src := eval[bool](v, "/native code/.test(Object.getOwnPropertyDescriptor(MediaStreamTrack.prototype, 'enabled').set)"); !src {
		t.Error("without a filter, tracks are touched")
	}
	if n := len(stagetest.People(30)); n != 30 {
		t.Errorf("%d people", n)
	}
}

// People without a picture have an avatar, and a camera that is switched on has
// its picture in the place.
func TestCameraOff(t *testing.T) {
	v := open(t, hd, room(t)+"?people=2", stage.Facts{Layout: stage.Grid}, roomPlatform)
	v.shows("p1", "p2")
	v.room("camera('p1', false)")
	v.shows("p2")
	v.room("camera('p1', true)")
	v.shows("p1", "p2")
}

func TestSoundOnly(t *testing.T) {
	v := open(t, hd, room(t)+"?people=3&camera=0&speak=p2", stage.Facts{Layout: stage.Grid}, roomPlatform)
	if why := v.ready(); why != "sound is subscribed" {
		t.Errorf("ready: %s", why)
	}
	v.eventually("three people who send sound", func() bool {
		all := v.told("people")
		return len(all) > 0 && len(all[len(all)-1].People) == 3 && all[len(all)-1].People[2].Microphone
	})
}
