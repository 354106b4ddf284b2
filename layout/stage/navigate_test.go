//go:build e2e

package stage_test

import (
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"
	"time"

	"beam/layout"
	"beam/layout/stage"
)

func rgba(c [4]uint8) color.RGBA { return color.RGBA{c[0], c[1], c[2], c[3]} }

func rect(x0, y0, x1, y1 int) image.Rectangle { return image.Rect(x0, y0, x1, y1) }

// A document says that it is another than the one before, with whom all have left.
func TestNextDocument(t *testing.T) {
	url := room(t)
	v := open(t, hd, url+"?people=2", stage.Facts{Layout: stage.Grid}, "")
	v.shows("p1", "p2")
	v.run(fmt.Sprintf("(location.href = %q, 0)", url+"/people.json"))
	v.eventually("another document", func() bool { return len(v.told("opened")) == 2 })
	v.eventually("nobody is left", func() bool {
		all := v.told("people")
		return len(all[len(all)-1].People) == 0
	})
	// One that is loaded again has the layout that it began with, until it is told.
	v.run(fmt.Sprintf("(location.href = %q, 0)", url+"?people=2"))
	v.eventually("a third one", func() bool { return len(v.told("opened")) == 3 })
	v.shows("p1", "p2")
	v.do(stage.Spotlight)
	v.eventually("one alone", func() bool { return len(colours(v.shot("spotlight"), 10)) == 1 })
}

// Who is recorded can be changed while recording: at once, for all that is there and
// for all that comes, and back again.
func TestFilterChanges(t *testing.T) {
	v := open(t, hd, room(t)+"?people=3&speak=all", stage.Facts{Layout: stage.Grid}, roomPlatform)
	v.ready()
	v.shows("p1", "p2", "p3")
	if src := eval[bool](v, "/native code/.test(Object.getOwnPropertyDescriptor(MediaStreamTrack.prototype, 'enabled').set)"); !src {
		t.Error("without a filter, tracks are touched")
	}
	set := func(f layout.Filter) {
		t.Helper()
		if got := eval[string](v, layout.FilterCommand(f)); got != "ok" {
			t.Fatalf("filter: %s", got)
		}
	}
	set(layout.Filter{ExcludeParticipants: []string{"ben OKAFOR", ""}})
	v.eventually("it is told who is left out", func() bool {
		all := v.told("people")
		last := all[len(all)-1].People
		return len(last) == 3 && last[0].Shown && !last[1].Shown && last[2].Shown
	})
	v.shows("p1", "p3")
	if v.heard("p2") > 0 {
		t.Error("p2 is heard")
	}
	v.room("join('p4')")
	v.shows("p1", "p3", "p4")
	set(layout.Filter{Roles: []string{"guest"}})
	v.shows("p2", "p3")
	v.hears("p2")
	if v.heard("p1") > 0 {
		t.Error("p1 is heard")
	}
	set(layout.Filter{})
	v.shows("p1", "p2", "p3", "p4")
	v.hears("p1")
}

// A frame of another origin says that it has media, for as long as it has, and
// nothing else; the page around it waits for that, and says so.
func TestRoomInAFrame(t *testing.T) {
	url := room(t)
	inner := strings.Replace(url, "127.0.0.1", "localhost", 1)
	v := open(t, hd, serve(t, fmt.Sprintf(`<!doctype html><title>outer</title><script>onmessage = (e) => { globalThis.heard = e.data; }</script><iframe allow="autoplay; camera; microphone" style="width:900px;height:600px" src="%s/people.json"></iframe>`, inner)),
		stage.Facts{Layout: stage.Native}, "")
	v.eventually("the frame is noticed", func() bool { return len(v.told("notice")) == 1 && len(v.told("loaded")) == 1 })
	if len(v.told("ready")) > 0 {
		t.Errorf("ready: %s", v.told("ready")[0].Text)
	}
	v.run(fmt.Sprintf(`(document.querySelector('iframe').src = %q, 0)`, inner+"/?people=2&speak=all"))
	v.eventually("it has media, again and again", func() bool { return len(v.told("ready")) >= 3 })
	v.byMedia(v.told("ready")[0].Text)
	// Who is recorded can be changed there too: nobody can tell who is who, so with a
	// filter there is nobody.
	each := func(expression string) {
		t.Helper()
		if err := v.page.EachOtherFrame(t.Context(), expression); err != nil {
			t.Fatal(err)
		}
	}
	loud := func(want bool) {
		t.Helper()
		v.eventually(fmt.Sprintf("the frame is heard: %v", want), func() bool {
			each(levels + `("p1").then((levels) => parent.postMessage(levels, "*"))`)
			return eval[bool](v, fmt.Sprintf("globalThis.heard?.every((level) => level > 0.001 === %v)", want))
		})
	}
	loud(true)
	each(layout.FilterCommand(layout.Filter{ExcludeParticipants: []string{"Ana"}}))
	loud(false)
	each(layout.FilterCommand(layout.Filter{}))
	loud(true)
	v.run(`(document.querySelector('iframe').remove(), 0)`)
	for _, m := range v.told("people") {
		if len(m.People) > 0 {
			t.Errorf("people of another origin are told: %+v", m.People)
		}
	}
}

// The text of div.error on a layout page is its failure; on another page it is not.
func TestErrorOfALayoutPage(t *testing.T) {
	url := serve(t, `<!doctype html><title>error</title><div class="error"> the token
is wrong </div>`)
	v := open(t, hd, url, stage.Facts{Layout: stage.Native, Contract: true, Custom: true}, "")
	v.eventually("the failure is told", func() bool { return len(v.told("fail")) == 1 })
	if got := v.told("fail")[0].Text; got != "the token is wrong" {
		t.Errorf("failed: %q", got)
	}
	v.close()
	v = open(t, hd, url, stage.Facts{Layout: stage.Native}, "")
	v.ready()
	if got := v.told("fail"); len(got) > 0 {
		t.Errorf("any page's div.error is believed: %s", got[0].Text)
	}
}

// While a room connects again, with connections of another kind even, the last picture
// of everybody stays; then it is what there is.
func TestReconnectKeepsPictures(t *testing.T) {
	v := open(t, hd, room(t)+"?people=2", stage.Facts{Layout: stage.Grid},
		"function (room) { window.talk = room; return ("+roomPlatform+")(room); }")
	v.ready()
	v.shows("p1", "p2")
	v.run("(talk.reconnecting(), plainRoom.near.close(), 0)")
	v.eventually("the tracks are gone", func() bool {
		return eval[bool](v, "plainRoom.near.getReceivers().every(({ track }) => track.readyState === 'ended')")
	})
	for range 8 { // longer than a camera may stand still
		time.Sleep(time.Second)
		v.shows("p1", "p2")
	}
	v.run("(talk.reconnected(), 0)")
	v.shows()
}

// A camera that stops without a word, and one that is only switched off at its sender,
// are avatars until they come back.
func TestSilentlyOff(t *testing.T) {
	v := open(t, hd, room(t)+"?people=3", stage.Facts{Layout: stage.Grid}, roomPlatform)
	v.shows("p1", "p2", "p3")
	// What never moved is no camera that stopped.
	v.eventually("they move", func() bool {
		return eval[bool](v, "['p1', 'p2'].every((id) => document.getElementById(id).getVideoPlaybackQuality().totalVideoFrames > 40)")
	})
	v.room("stop('p1', true)")
	v.room("black('p2', true)")
	v.shows("p3")
	v.room("stop('p1', false)")
	v.room("black('p2', false)")
	v.shows("p1", "p2", "p3")
}
