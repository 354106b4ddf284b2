//go:build e2e

package stage_test

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"beam/layout"
	"beam/layout/stage"
	"beam/layout/stage/stagetest"
)

// A still meeting is a still page: no picture is made, whatever moves behind the
// stage.
func TestStillRoom(t *testing.T) {
	v := open(t, hd, room(t)+"?people=3&camera=0", stage.Facts{Layout: stage.Grid}, roomPlatform)
	v.eventually("three people", func() bool {
		all := v.told("people")
		return len(all) > 0 && len(all[len(all)-1].People) == 3
	})
	v.run(`(() => {
	const box = document.body.appendChild(document.createElement('div'));
	window.steps = 0;
	(function step() { box.style.cssText = 'position:fixed;inset:0;z-index:9;background:' + (window.steps++ % 2 ? 'red' : 'blue'); requestAnimationFrame(step); })();
})()`)
	c := v.record(0)
	v.eventually("the first picture", func() bool { return c.count() > 0 })
	// Once the transitions are over.
	var before int
	v.eventually("no picture, while the page behind the stage makes 60", func() bool {
		before = c.count()
		until := eval[int](v, "steps") + 60
		v.eventually("the page moves", func() bool { return eval[int](v, "steps") >= until })
		return c.count() == before
	})
	v.room("speak('p2', true)")
	v.eventually("speech is a picture", func() bool { return c.count() > before })
	// The page does move, and would cost as much as if it were seen.
	v.run("document.adoptedStyleSheets[0].replaceSync('')")
	before = c.count()
	v.eventually("a page that is only covered makes pictures", func() bool { return c.count() > before+20 })
	c.stop()
}

// Joining, leaving, sharing and switching never show an empty tile, a black one
// or somebody's picture in another one's tile.
func TestChangesAreClean(t *testing.T) {
	v := openPatient(t, hd, room(t)+"?people=3", stage.Facts{Layout: stage.Grid}, roomPlatform)
	v.ready()
	v.shows("p1", "p2", "p3")
	c := v.record(15)
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() { v.room("join('p4')") }, "p1 p2 p3 p4"},
		{func() { v.do(stage.Speaker) }, "p1 p2 p3 p4"},
		{func() { v.room("share('p1')") }, "p1 p2 p3 p4 screen"},
		{func() { v.do(stage.Grid) }, "p1 p2 p3 p4 screen"},
		{func() { v.room("unshare('p1')") }, "p1 p2 p3 p4"},
		{func() { v.room("leave('p2')") }, "p1 p3 p4"},
	} {
		before := c.count()
		step.do()
		// And some more, on the tiles' ways.
		v.eventually("pictures of "+step.want, func() bool {
			img := c.latest(before + 5)
			return img != nil && strings.Join(slices.Sorted(maps.Keys(colours(img, 10))), " ") == step.want
		})
	}
	ground := color.RGBA{14, 17, 22, 255} // and black is near it
	people := stagetest.People(4)
	n := c.each(90, func(i int, img *image.RGBA) {
		if got := share(img, img.Rect, ground); got > 0.6 {
			t.Errorf("picture %d: %.0f %% are empty", i, 100*got)
		}
		shown := 0.
		for _, p := range people {
			shown += share(img, img.Rect, p.Color)
		}
		shown += share(img, img.Rect, stagetest.ScreenColor())
		if shown < 0.3 {
			t.Errorf("picture %d: only %.0f %% are people", i, 100*shown)
		}
	})
	if n < 30 { // six of each step at least
		t.Errorf("%d pictures", n)
	}
}

// Names are text, whatever is in them.
func TestHostileNames(t *testing.T) {
	v := open(t, hd, room(t)+"?people=4", stage.Facts{Layout: stage.Grid}, roomPlatform)
	v.ready()
	names := map[string]string{
		"p1": `<img src=x onerror="window.bad=1"><script>window.bad=2</script>`,
		"p2": strings.Repeat("ab ", 500/3) + "\u202e",
		"p3": "שלום عبد الله \u202egnirts",
		"p4": "👩‍👩‍👧‍👦🇩🇪 李小龙 \u200b",
	}
	data, err := json.Marshal(names)
	if err != nil {
		t.Fatal(err)
	}
	v.run(fmt.Sprintf("test.names = %s", data))
	v.eventually("the names are told", func() bool {
		all := v.told("people")
		last := all[len(all)-1].People
		return len(last) == 4 && strings.HasPrefix(last[0].Name, "<img") && len([]rune(last[1].Name)) <= 200 && last[2].Name == "שלום عبد الله gnirts"
	})
	found := v.shows("p1", "p2", "p3", "p4")
	for id, r := range found {
		if r.Dx() < 550 {
			t.Errorf("%s is at %v", id, r)
		}
	}
	if eval[bool](v, "'bad' in window") {
		t.Error("a name was run")
	}
}

// The stage stays, whatever the page does to its document.
func TestPageReplacesItself(t *testing.T) {
	v := open(t, hd, room(t)+"?people=2", stage.Facts{Layout: stage.Grid}, roomPlatform)
	v.ready()
	v.shows("p1", "p2")
	for _, c := range []struct{ name, js string }{
		{"body", "document.body = document.createElement('body')"},
		{"everything", "document.documentElement.innerHTML = '<body style=\"background:red\"><h1>new</h1>'"},
		{"root", "document.replaceChild(document.createElement('html'), document.documentElement)"},
		{"write", "document.open(), document.write('<!doctype html><body style=\"background:red\"><h1>written</h1>'), document.close()"},
		{"sheets", "document.adoptedStyleSheets = []"},
		{"hostile style", "document.head.append(Object.assign(document.createElement('style'), {textContent: ':root * { opacity: 0 !important; display: none !important; transform: scale(.1) !important } body { opacity: 1 !important; z-index: 2147483647; position: fixed; inset: 0; background: red; display: block !important; transform: none !important }'}))"},
		{"dialog", "(() => { const d = document.body.appendChild(document.createElement('dialog')); d.style.cssText = 'display:block!important;opacity:1;width:100vw;height:100vh;background:red'; d.showModal() })()"},
		{"popover", "(() => { const d = document.body.appendChild(document.createElement('div')); d.popover = 'manual'; d.style.cssText = 'display:block!important;width:100vw;height:100vh;background:red'; d.showPopover() })()"},
	} {
		v.run(c.js + ", 0")
		var found map[string]image.Rectangle
		var red float64
		v.eventually(c.name+": nothing but the stage", func() bool {
			img := v.shot(c.name)
			found, red = colours(img, 10), share(img, image.Rect(0, 0, 1280, 720), color.RGBA{255, 0, 0, 255})
			return len(found) == 2 && found["p1"].Dx() >= 550 && found["p2"].Dx() >= 550 && red <= 0.001
		})
	}
}

// The page thinks it is seen: that is what rooms choose the quality by.
func TestPageBehindTheStage(t *testing.T) {
	v := open(t, hd, room(t)+"?people=2", stage.Facts{Layout: stage.Grid}, roomPlatform)
	v.ready()
	v.shows("p1", "p2")
	got := eval[struct {
		Ratio   float64
		Width   float64
		State   string
		Playing bool
	}](v, `(async () => {
	const video = document.getElementById('p1');
	const Ratio = await new Promise((done) => new IntersectionObserver(([entry]) => done(entry.intersectionRatio)).observe(video));
	return { Ratio, Width: video.getBoundingClientRect().width, State: document.visibilityState,
		Playing: !video.paused };
})()`)
	if got.Ratio != 1 || got.Width < 200 || got.State != "visible" || !got.Playing {
		t.Errorf("behind the stage: %+v", got)
	}
	v.run("(window.steps = 0, (function step() { window.steps++; requestAnimationFrame(step) })())")
	before := eval[int](v, "document.getElementById('p1').getVideoPlaybackQuality().totalVideoFrames")
	v.eventually("animation and video go on", func() bool {
		return eval[bool](v, fmt.Sprintf("window.steps >= 30 && document.getElementById('p1').getVideoPlaybackQuality().totalVideoFrames >= %d", before+10))
	})
}

// People in a frame of the page's own origin are drawn too. Those in a frame of
// another origin are seen there, and with a filter not at all: nobody can tell
// who they are.
func TestFrames(t *testing.T) {
	url := room(t)
	v := open(t, hd, url+"/people.json?", stage.Facts{Layout: stage.Grid}, "")
	v.run(fmt.Sprintf("document.body.innerHTML = '<iframe style=\"width:900px;height:600px\" src=\"%s/?people=2\"></iframe>', 0", url))
	v.shows("p1", "p2")
	found := v.shows("p1", "p2")
	if found["p1"].Dx() < 550 {
		t.Errorf("p1 is at %v", found["p1"])
	}
	if why := v.ready(); why != "the page has loaded" {
		v.byMedia(why)
	}
	nobody := func() bool {
		all := v.told("people")
		return len(all[len(all)-1].People) == 0
	}
	v.run("document.querySelector('iframe').remove()")
	v.eventually("nobody", nobody)
	// A script that touches a frame's empty document gives its window to the next.
	v.run(fmt.Sprintf(`(() => {
	const frame = document.createElement('iframe');
	frame.style.cssText = 'width:900px;height:600px';
	frame.src = '%s/?people=2';
	document.body.append(frame);
	frame.contentWindow.early = true;
})()`, url))
	v.shows("p1", "p2")
	if !eval[bool](v, "frames[0].early === true") {
		t.Error("the frame has a window of its own, so that this shows nothing")
	}
	v.interval("its videos count", func(i layout.Interval) bool { return i.Videos == 2 && i.People == 2 })
	v.run("document.querySelector('iframe').remove()")
	v.eventually("nobody", nobody)
	v.close()

	other := serve(t, fmt.Sprintf(`<!doctype html><iframe style="width:900px;height:600px" src="%s/?people=2"></iframe>`, strings.Replace(url, "127.0.0.1", "localhost", 1)))
	v = open(t, hd, other, stage.Facts{Layout: stage.Native}, "")
	v.ready()
	v.shows("p1", "p2")
	v.close()
	v = open(t, hd, other, stage.Facts{Layout: stage.Native, Participants: []string{"*"}}, "")
	v.ready()
	for range 10 {
		time.Sleep(200 * time.Millisecond)
		if found := colours(v.shot("other"), 10); len(found) > 0 {
			t.Fatalf("with a filter, the frame of another origin shows %v", found)
		}
	}
}

// What a script of a platform says goes to Beam; what Beam asks for is answered.
func TestMessages(t *testing.T) {
	v := open(t, hd, serve(t, "<!doctype html><title>empty</title>"), stage.Facts{
		Layout: stage.Grid, Extra: map[string]any{"token": "top-secret"}, Name: "Recorder", Platform: "test",
	}, `function (room) {
	window.leak = JSON.stringify(window.beam ?? '') + Object.getOwnPropertyNames(window).filter((key) => /beam/i.test(key));
	const token = room.facts.extra.token;
	room.waiting('knock, knock'); room.waiting('knock, knock');
	window.enter = () => {
		room.joined(); room.joined();
		room.people([{ id: 'me', name: 'Me', self: true }, { id: 'a', name: 'Ana', role: 'host' }, { name: 'no id' }, { id: 'a', name: 'twice' }, null]);
		room.people([{ id: 'me', name: 'Me', self: true }, { id: 'a', name: 'Ana', role: 'host' }]);
		room.reconnecting(); room.reconnected();
		room.chat({ id: 'c', senderId: 'a', senderName: 'Ana', roles: ['host'], sentAt: 5, text: 'hello ' + token.length });
	};
	window.end = () => { room.refused('r'); room.kicked('k'); room.ended('e'); };
	return { layout(name) { window.switched = (window.switched ?? '') + name + ' '; return true; } };
}`)
	time.Sleep(1500 * time.Millisecond)
	if len(v.told("ready")) > 0 {
		t.Error("ready in the waiting room")
	}
	v.run("enter()")
	if why := v.ready(); why != "joined; nobody sends anything yet" {
		t.Errorf("ready: %s", why)
	}
	v.run("end()")
	v.eventually("the end is told", func() bool { return len(v.told("ended")) > 0 })
	for kind, n := range map[string]int{"waiting": 1, "joined": 1, "reconnecting": 1, "reconnected": 1, "chat": 1, "refused": 1, "kicked": 1, "ended": 1, "ready": 1} {
		if got := v.told(kind); len(got) != n {
			t.Errorf("%s was told %d times", kind, len(got))
		}
	}
	people := v.told("people")
	if last := people[len(people)-1].People; len(last) != 1 || last[0].ID != "a" || last[0].Role != "host" || !last[0].Shown {
		t.Errorf("people %+v", last)
	}
	if chat := string(v.told("chat")[0].Chat); !strings.Contains(chat, `"text":"hello 10"`) || !strings.Contains(chat, `"sentAt":5`) {
		t.Errorf("chat %s", chat)
	}
	if leak := eval[string](v, "leak"); leak != `""` {
		t.Errorf("the page sees %s", leak)
	}
	if got := eval[string](v, layout.Command("mosaic")); !strings.Contains(got, `layout "mosaic" is not known`) {
		t.Error(got)
	}
	if got := eval[string](v, stage.CommandExpression("{do: 'dance'}")); got == "ok" {
		t.Error("dances")
	}
	if got := eval[string](v, stage.CommandExpression("")); got == "ok" {
		t.Error("does nothing, and says ok")
	}
	v.do(stage.Native)
	v.do(stage.Native)
	if got := eval[string](v, "switched"); got != "native " {
		t.Errorf("the page's layout was switched to %s", got)
	}
}

// The page's own interface to Beam.
func TestContract(t *testing.T) {
	v := open(t, hd, serve(t, "<!doctype html><title>contract</title>"), stage.Facts{Layout: stage.Native, Roles: []string{"host"}, Contract: true}, "")
	got := eval[map[string]any](v, "({...beam})")
	if got["layout"] != "native" || got["orientation"] != "landscape" || got["width"] != 1280. || got["height"] != 720. || fmt.Sprint(got["roles"]) != "[host]" {
		t.Errorf("window.beam is %v", got)
	}
	v.run("beam.ready(), beam.ready(), beam.stop('over'), beam.fail('broken'), 0")
	v.eventually("all is told", func() bool { return len(v.told("fail")) > 0 })
	if r, s, f := v.told("ready"), v.told("stop"), v.told("fail"); len(r) != 1 || r[0].Text != "the page said so" || s[0].Text != "over" || f[0].Text != "broken" {
		t.Errorf("%v %v %v", r, s, f)
	}
}

// Theme, style sheet and logo of the user.
func TestTheme(t *testing.T) {
	v := open(t, hd, serve(t, stage.PreviewPage())+"/?people=1", stage.Facts{
		Layout: stage.Grid, Theme: map[string]string{"background": "rgb(0 90 0)", "accent": "rgb(250 0 250)"},
		CSS:  ":root { --tile: rgb(0 0 120) } .name { display: none } .picture { visibility: hidden }",
		Logo: "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 30'><rect width='100' height='30' fill='red'/></svg>",
	}, stage.PreviewPlatform())
	v.eventually("the theme", func() bool {
		img := v.shot("theme")
		return share(img, image.Rect(0, 0, 8, 720), color.RGBA{0, 90, 0, 255}) > 0.9 &&
			share(img, image.Rect(200, 200, 1000, 500), color.RGBA{0, 0, 120, 255}) > 0.9 &&
			share(img, image.Rect(1090, 26, 1250, 60), color.RGBA{255, 0, 0, 255}) > 0.9 &&
			share(img, image.Rect(0, 11, 1280, 13), color.RGBA{250, 0, 250, 255}) > 0.5
	})
}
