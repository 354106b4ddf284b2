//go:build e2e

package stage_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"beam/layout"
	"beam/layout/stage"
)

// latePlatform tells that one person sends both streams of the page.
const latePlatform = `function (room) {
	const look = () => {
		const { audio, video } = window.late?.streams ?? {};
		if (!audio || !video) return;
		room.joined();
		room.people([{ id: 'a', name: 'Ana', media: [{ kind: 'microphone', streamId: audio }, { kind: 'camera', streamId: video }] }]);
	};
	setInterval(look, 50);
}`

// late serves the page of somebody whose audio can be made late.
func late(t *testing.T) string {
	t.Helper()
	html, err := os.ReadFile("testdata/late.html")
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, string(html))
}

func (v *view) stats() layout.Stats {
	v.t.Helper()
	s, err := layout.ParseStats(v.run(layout.StatsExpression()))
	if err != nil {
		v.t.Fatal(err)
	}
	return s
}

// interval waits until what happened since the last asking is as is says; the
// askings are a second apart, as in a recording.
func (v *view) interval(what string, is func(layout.Interval) bool) layout.Interval {
	v.t.Helper()
	var got layout.Interval
	before := v.stats()
	defer func() { v.t.Logf("%s: %+v", what, got) }()
	v.eventually(what, func() bool {
		time.Sleep(time.Second)
		now := v.stats()
		got, before = now.Since(before), now
		return is(got)
	})
	return got
}

// The frames of the one video that is seen, deep in shadow roots, are those of the
// browser's own callback, less those that the machine had no time for, whatever the page did to the browser's functions.
func TestStatsOfVideo(t *testing.T) {
	v := open(t, hd, late(t), stage.Facts{Layout: stage.Native}, "")
	v.eventually("the video is found", func() bool { return len(v.stats().Videos) == 1 })
	presented := func() int { return eval[int](v, "late.presented") }
	count := func() (least, most int, s layout.Stats) {
		least = presented()
		s = v.stats()
		return least, presented(), s
	}
	least, most, before := count()
	v.eventually("50 frames more", func() bool { return presented() >= most+50 })
	later, latest, now := count()
	// A frame may be counted a moment before it is presented, or after.
	const slack = 4
	got := now.Since(before)
	if got.Presented+got.Dropped < later-most-slack || got.Presented > latest-least+slack || got.Presented == 0 {
		t.Errorf("%d frames, %d dropped; the browser's callback counted %d to %d", got.Presented, got.Dropped, later-most, latest-least)
	}
	if got.Videos != 1 || got.Unseen != 0 || !got.Tapped || got.FPS <= 0 {
		t.Errorf("%+v", got)
	}
	t.Logf("%+v, the browser %d to %d", got, later-most, latest-least)

	// A page that hangs for a while answers afterwards, and goes on.
	v.run("setTimeout(() => { const until = performance.now() + 300; while (performance.now() < until); late.hung = true; }), 0")
	hung := v.stats()
	if !eval[bool](v, "late.hung") {
		t.Error("the page answered before it hung")
	}
	if hung.At <= now.At {
		t.Errorf("the clock went from %v to %v", now.At, hung.At)
	}
	v.interval("frames after the page hung", func(i layout.Interval) bool { return i.Presented > 5 })
}

// Audio and video in streams of their own are not kept in sync by Chromium, so
// that audio that waits 400 ms longer is 400 ms late.
func TestStatsOfLateAudio(t *testing.T) {
	v := open(t, hd, late(t)+"/?apart=1", stage.Facts{Layout: stage.Native}, latePlatform)
	v.eventually("up", func() bool { return eval[bool](v, "late.up === true") })
	first := v.interval("a person's audio and video flow", func(i layout.Interval) bool { return i.People == 1 })
	if first.Synced != 0 || first.Playout <= 0 || first.AudioBuffer <= 0 {
		t.Errorf("%+v", first)
	}
	v.run("(late.receivers.audio.jitterBufferTarget = 400, 0)")
	got := v.interval("late audio", func(i layout.Interval) bool { return i.People == 1 && i.AudioBuffer > 300*time.Millisecond })
	for what, d := range map[string]time.Duration{"worst": got.WorstSkew, "median": got.MedianSkew} {
		if d < 200*time.Millisecond || d > 800*time.Millisecond {
			t.Errorf("%s skew %v", what, d)
		}
	}
}

// Audio and video of one stream: Chromium tells how late the audio is, and makes
// the video as late, little by little.
func TestStatsOfSyncedAudio(t *testing.T) {
	v := open(t, hd, late(t), stage.Facts{Layout: stage.Native}, "")
	v.eventually("up", func() bool { return eval[bool](v, "late.up === true") })
	v.run("(late.receivers.audio.jitterBufferTarget = 400, 0)")
	got := v.interval("Chromium compares", func(i layout.Interval) bool { return i.Synced == 1 })
	if got.People != 1 || got.WorstSkew < 200*time.Millisecond || got.WorstSkew > 800*time.Millisecond {
		t.Errorf("%+v", got)
	}
	v.interval("the video follows", func(i layout.Interval) bool {
		return i.Synced == 1 && i.WorstSkew.Abs() < 150*time.Millisecond && i.VideoBuffer > 150*time.Millisecond
	})
}

// On the stage, its own videos count, not those of the page behind it.
func TestStatsOfTheStage(t *testing.T) {
	v := open(t, hd, room(t)+"?people=3", stage.Facts{Layout: stage.Grid}, roomPlatform)
	v.shows("p1", "p2", "p3")
	v.interval("three people", func(i layout.Interval) bool { return i.Videos == 3 && i.People == 3 && i.Presented > 0 })
	v.do(stage.Spotlight)
	v.interval("one of them", func(i layout.Interval) bool { return i.Videos == 1 && i.Presented > 0 })
	v.do(stage.Native)
	v.interval("the page's own three", func(i layout.Interval) bool { return i.Videos == 3 && i.Presented > 0 })
}

// Who is left out does not count.
func TestStatsWithAFilter(t *testing.T) {
	v := open(t, hd, room(t)+"?people=3", stage.Facts{Layout: stage.Native, Roles: []string{"host"}}, roomPlatform)
	v.shows("p1")
	v.interval("one host", func(i layout.Interval) bool { return i.Videos == 1 && i.People == 1 && i.Presented > 0 })
	if n := len(v.stats().Receivers); n != 2 {
		t.Errorf("%d receivers of one person", n)
	}
}

// Frames of the page's own origin are looked into, those of another one are told.
func TestStatsOfFrames(t *testing.T) {
	url := room(t)
	frame := func(url string) string {
		return fmt.Sprintf(`<iframe style="width:600px;height:500px" src="%s/?people=2"></iframe>`, url)
	}
	v := open(t, hd, url+"/people.json?", stage.Facts{Layout: stage.Native}, "")
	v.run(fmt.Sprintf("document.body.innerHTML = %q, 0", frame(url)+frame(strings.Replace(url, "127.0.0.1", "localhost", 1))))
	v.interval("two videos and an unknown frame", func(i layout.Interval) bool {
		return i.Videos == 2 && i.Unseen == 1 && i.People == 2 && i.Presented > 0
	})
}

// A page that was loaded without the script: its videos, and nothing of audio.
func TestStatsWithoutTheScript(t *testing.T) {
	v := openWith(t, hd, room(t)+"?people=2", "")
	names := func() []string { return eval[[]string](v, "Object.getOwnPropertyNames(window)") }
	before := names()
	got := v.interval("two videos", func(i layout.Interval) bool { return i.Videos == 2 && i.Presented > 0 })
	if got.Tapped || got.People != 0 || got.AudioBuffer != 0 {
		t.Errorf("%+v", got)
	}
	for _, name := range names() {
		// plainRoom is the page's own, which it makes when everybody is there.
		if !slices.Contains(before, name) && name != "plainRoom" {
			t.Errorf("the page has %s since", name)
		}
	}
}
