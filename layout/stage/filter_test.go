//go:build e2e

package stage_test

import (
	"fmt"
	"image"
	"testing"

	"beam/capture"
	"beam/layout/stage"
	"beam/layout/stage/stagetest"
)

// levels hears what the page hears of each person's sound, through WebAudio, by
// the track itself, a clone of it and one of its stream.
const levels = `(async (id) => {
	const audio = globalThis.ear ??= new AudioContext();
	const stream = document.getElementById(id).srcObject;
	const [track] = stream.getAudioTracks();
	return Promise.all([track, track.clone(), stream.clone().getAudioTracks()[0]].map(async (one) => {
		one.enabled = true;
		Object.getOwnPropertyDescriptor(MediaStreamTrack.prototype, 'enabled').set.call(one, true);
		const analyser = new AnalyserNode(audio, { fftSize: 2048 });
		new MediaStreamAudioSourceNode(audio, { mediaStream: new MediaStream([one]) }).connect(analyser);
		// By the clock of the sound, which stands still where the machine does.
		const until = audio.currentTime + 0.4;
		while (audio.currentTime < until) await new Promise((done) => setTimeout(done, 50));
		const samples = new Float32Array(2048);
		analyser.getFloatTimeDomainData(samples);
		return Math.max(...samples.map(Math.abs));
	}));
})`

// heard returns in how many of the three a person's sound is.
func (v *view) heard(id string) int {
	v.t.Helper()
	loud := 0
	for _, level := range eval[[]float64](v, fmt.Sprintf("%s(%q)", levels, id)) {
		if level > 0.001 {
			loud++
		}
	}
	return loud
}

// hears waits until a person's sound is in all three.
func (v *view) hears(id string) {
	v.t.Helper()
	v.eventually(id+" is heard", func() bool { return v.heard(id) == 3 })
}

// What the page shows of a video, as the page itself could read it.
const brightest = `((id) => {
	const video = document.getElementById(id);
	const canvas = new OffscreenCanvas(32, 18);
	const paper = canvas.getContext('2d');
	paper.drawImage(video, 0, 0, 32, 18);
	return Math.max(...paper.getImageData(0, 2, 26, 14).data.filter((_, i) => i % 4 !== 3));
})`

// p1, p4 and p7 are hosts, the others guests.
func TestRoleFilter(t *testing.T) {
	// At two sizes, so that two browsers can do it at once.
	for layout, size := range map[string]capture.Size{stage.Grid: sizes[1], stage.Native: sizes[0]} {
		t.Run(layout, func(t *testing.T) {
			t.Parallel()
			v := open(t, size, room(t)+"?people=4&speak=all", stage.Facts{Layout: layout, Roles: []string{"host"}}, roomPlatform)
			c := v.record(6)
			v.byMedia(v.ready())
			v.shows("p1", "p4")
			v.room("join('p5')")
			v.room("join('p7')")
			v.room("speak('p5', true)")
			v.shows("p1", "p4", "p7")
			for _, id := range []string{"p2", "p3", "p5"} {
				if v.heard(id) > 0 {
					t.Errorf("%s is heard", id)
				}
				if got := eval[int](v, fmt.Sprintf("%s(%q)", brightest, id)); got > 8 {
					t.Errorf("the page sees %s", id)
				}
				// The page reads what it wants, or it would ask the room for no picture.
				if eval[bool](v, fmt.Sprintf("document.getElementById(%q).srcObject.getTracks().some((track) => !track.enabled)", id)) {
					t.Errorf("the page thinks that a track of %s is off", id)
				}
				if layout == stage.Native {
					if got := eval[string](v, fmt.Sprintf("getComputedStyle(document.getElementById(%q)).visibility", id)); got != "hidden" {
						t.Errorf("the video of %s is %s", id, got)
					}
				}
			}
			for _, id := range []string{"p1", "p4"} {
				v.hears(id)
			}
			v.room("share('p3')") // a guest's screen
			v.eventually("the page has the screen", func() bool { return eval[bool](v, "document.getElementById('p3-screen') !== null") })
			before := c.count()
			v.eventually("pictures since", func() bool { return c.count() > before+5 })
			seen := c.each(30, func(i int, img *image.RGBA) {
				for _, who := range stagetest.People(7) {
					if who.Role != "host" && share(img, img.Rect, who.Color) > 0.002 {
						t.Errorf("picture %d shows %s", i, who.ID)
					}
				}
				if share(img, img.Rect, stagetest.ScreenColor()) > 0.002 {
					t.Errorf("picture %d shows the screen of a guest", i)
				}
			})
			if seen < 5 {
				t.Errorf("%d pictures", seen)
			}

			// Roles change.
			v.run("test.roles = { p1: 'guest', p2: 'host' }")
			v.shows("p2", "p4", "p7")
			v.hears("p2")
			if v.heard("p1") > 0 {
				t.Error("p1 is heard, and is a guest now")
			}
			last := v.told("people")
			for _, p := range last[len(last)-1].People {
				if p.Shown != (p.Role == "host") {
					t.Errorf("told %+v", p)
				}
			}
		})
	}
}

// Before anybody is known, nobody is heard; and what the page wanted of a track
// is what it gets when the person passes.
func TestWithheldUntilKnown(t *testing.T) {
	v := open(t, hd, room(t)+"?people=2&speak=all", stage.Facts{Layout: stage.Grid, ExcludeParticipants: []string{"ben*"}},
		`function (room) { window.tell = (list) => { room.joined(); room.people(list); }; }`)
	v.eventually("the page has both", func() bool { return eval[bool](v, "document.querySelectorAll('video').length === 2") })
	if v.heard("p1")+v.heard("p2") > 0 {
		t.Error("somebody is heard of whom nothing is known")
	}
	v.run("(document.getElementById('p1').srcObject.getVideoTracks()[0].enabled = false)")
	v.run("tell([{ id: 'x', name: 'Ana', media: [{ kind: 'microphone', streamId: 'p1' }, { kind: 'camera', streamId: 'p1' }] }, { id: 'y', name: 'Ben', media: [{ kind: 'microphone', streamId: 'p2' }] }])")
	v.hears("p1")
	if v.heard("p2") > 0 {
		t.Error("p2 is heard")
	}
	if got := eval[[]bool](v, "document.getElementById('p1').srcObject.getTracks().map((track) => track.enabled)"); len(got) != 2 || !got[0] || got[1] {
		t.Errorf("sound and picture of p1 are enabled: %v; the page had switched the picture off", got)
	}
	// Her sound is claimed by somebody who is not to be heard.
	v.run("tell([{ id: 'x', name: 'Ana', media: [{ kind: 'microphone', streamId: 'p1' }] }, { id: 'y', name: 'Ben', media: [{ kind: 'microphone', streamId: 'p1' }] }])")
	if v.heard("p1") > 0 {
		t.Error("a track of two people is heard, one of whom is not to be")
	}
}
