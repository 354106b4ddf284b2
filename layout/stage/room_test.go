//go:build e2e

package stage_test

import (
	"fmt"
	"image"
	"maps"
	"slices"
	"strings"
	"testing"

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

// byMedia tells whether a page was ready because of its media. Which of them came
// first depends on the machine; TestReadyRules has the rules.
func (v *view) byMedia(why string) {
	v.t.Helper()
	if !slices.Contains([]string{"video plays", "sound is subscribed", "media is subscribed"}, why) {
		v.t.Errorf("ready: %s", why)
	}
}

// Each layout shows each person's picture in the place that the geometry says,
// and nothing of the page.
func TestLayoutsOfARoom(t *testing.T) {
	for _, size := range []capture.Size{sizes[1], sizes[3]} {
		t.Run(size.String(), func(t *testing.T) {
			t.Parallel()
			v := openPatient(t, size, room(t)+"?people=4&speak=p1", stage.Facts{Layout: stage.Grid}, roomPlatform)
			v.byMedia(v.ready())
			places := func(layout string, n int, screen bool) (main *box, people []box) {
				v.run("globalThis.geometry ??= (() => {" + stage.Source("geometry") + "return { arrange } })(), 0")
				out := eval[struct {
					Main   *box
					People []box
				}](v, fmt.Sprintf("geometry.arrange(%q, innerWidth, innerHeight, %d, %v)", layout, n, screen))
				return out.Main, out.People
			}
			inside := func(got image.Rectangle, want box) bool {
				w := want.rect()
				// The label and the corners take some of it away.
				return got.In(w.Inset(-4)) && got.Dx()*got.Dy() >= w.Dx()*w.Dy()*8/10
			}
			everybody := []string{"p1", "p2", "p3", "p4"}

			_, people := places("grid", 4, false)
			v.eventually("grid: each in the own place", func() bool {
				found := colours(v.shot("grid"), 10)
				for i, id := range everybody {
					if !inside(found[id], people[i]) {
						return false
					}
				}
				return len(found) == len(everybody)
			})

			v.do(stage.Speaker)
			main, people := places("speaker", 4, false)
			v.eventually("p1 is large", func() bool { return inside(v.shows(everybody...)["p1"], *main) })
			v.room("speak('p1', false)")
			v.room("speak('p3', true)")
			v.eventually("p3 takes the stage, p1 the place of p3, and p2 stays", func() bool {
				found := v.shows(everybody...)
				return inside(found["p3"], *main) && inside(found["p1"], people[1]) && inside(found["p2"], people[0])
			})

			v.room("share('p2')")
			main, people = places("speaker", 4, true)
			v.eventually("the screen is large, and each person has a place of the strip", func() bool {
				found := v.shows(append(slices.Clone(everybody), "screen")...)
				if found["screen"].Dx() < main.W*8/10 && found["screen"].Dy() < main.H*8/10 {
					return false
				}
				taken := map[int]bool{}
				for _, id := range everybody {
					if i := slices.IndexFunc(people, func(b box) bool { return inside(found[id], b) }); i >= 0 {
						taken[i] = true
					}
				}
				return len(taken) == len(everybody)
			})
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
	v.byMedia(v.ready())
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
		shares := 0
		for _, p := range last {
			if p.Screen == (p.ID == "p1") {
				shares++
			}
		}
		return found["screen"].Dx() > 800 && len(last) == 3 && shares == 3
	})
	v.room("leave('p1')")
	v.shows("p2", "p3")
	// A client puts away what it has of somebody who leaves before the server takes
	// it back; who is only muted keeps the elements.
	v.run("document.getElementById('p2').srcObject.getTracks().forEach((track) => { track.enabled = false; })")
	v.run("(({ srcObject }) => { srcObject.getTracks().forEach((track) => { track.enabled = false; }); })(document.getElementById('p3')), document.getElementById('p3').remove()")
	v.eventually("p3 has left", func() bool {
		all := v.told("people")
		last := all[len(all)-1].People
		return len(last) == 1 && last[0].ID == "p2"
	})
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
	img := v.shot("ready")
	if at := img.PixOffset(v.size.Width/2, 8); img.Pix[at] > 200 { // its white header
		t.Error("at the moment of readiness the page itself is seen")
	}
	if found := colours(img, 10); len(found) == 0 {
		t.Error("at the moment of readiness nobody is seen")
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
