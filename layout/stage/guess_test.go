//go:build e2e

package stage_test

import (
	"encoding/json"
	"fmt"
	"testing"
)

// line is an m= section with a remote track.
type line struct {
	Peer     int    `json:"peerId"`
	Line     int    `json:"line"`
	Kind     string `json:"kind"`
	StreamID string `json:"streamId"`
	Spare    bool   `json:"spare"`   // nothing was ever sent on it
	Left     bool   `json:"left"`    // its sender stopped it
	Dropped  bool   `json:"dropped"` // the page put it away
	Screen   bool   `json:"screen"`
	Since    int    `json:"since"` // when it came, among the others
	W, H     int
}

// both are the lines of somebody's sound and picture, in one stream.
func both(peer, at int, stream string) []line {
	return []line{{Peer: peer, Line: at, Kind: "audio", StreamID: stream}, {Peer: peer, Line: at + 1, Kind: "video", StreamID: stream}}
}

func lines(lists ...[]line) []line {
	var all []line
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// Who is there by what is received alone, as servers and meshes of many makes send
// it: "id: microphone camera, id: ...".
func TestGuessPeople(t *testing.T) {
	v := pure(t)
	v.run(`(globalThis.guess = (lines) => {
	const peers = {};
	return pure.guessPeople(lines.map((one, i) => ({
		...one, peer: peers[one.peerId] ??= { n: one.peerId }, trackId: 't' + i, first: one.streamId, streams: [one.streamId],
		streamId: one.left ? '' : one.streamId,
		track: { kind: one.kind, contentHint: '', label: '', readyState: 'live' },
		connected: true, receiving: !one.left, carried: !one.spare, muted: one.spare || one.left,
		content: one.kind === 'video' ? { type: one.screen ? 'screenshare' : '', width: one.W || 640, height: one.H || 360 } : undefined,
	}))).map((p) => p.id + (p.faceless ? '*' : '') + ': ' + p.media.map((m) => m.kind + (m.muted ? ' off' : '')).join(' ')).join(', ');
}, 0)`)
	spare := func(at int, kind string) line { return line{Peer: 1, Line: at, Kind: kind, StreamID: "x", Spare: true} }
	for _, c := range []struct {
		name  string
		lines []line
		want  string
	}{
		{"a stream each", lines(both(1, 0, "a"), both(1, 2, "b"), both(1, 4, "c")), "a: microphone camera, b: microphone camera, c: microphone camera"},
		{"a screen on a line that somebody left", []line{{Peer: 1, Kind: "audio", StreamID: "b", Since: 2}, {Peer: 1, Line: 1, Kind: "video", StreamID: "b", Since: 5},
			{Peer: 1, Line: 2, Kind: "audio", StreamID: "c", Since: 4}, {Peer: 1, Line: 3, Kind: "video", StreamID: "b", Since: 3, W: 400, H: 300}}, "b: microphone camera screen, c: microphone"},
		{"sounds only", []line{{Peer: 1, Kind: "audio", StreamID: "a"}, {Peer: 1, Line: 1, Kind: "audio", StreamID: "b"}}, "a: microphone, b: microphone"},
		{"no streams, a connection each", lines(both(1, 0, ""), both(2, 0, "")), "peer 1: microphone camera, peer 2: microphone camera"},
		{"one name for all streams", lines(both(1, 0, "janus"), both(1, 2, "janus"), both(1, 4, "janus")),
			"janus 0: microphone camera, janus 2: microphone camera, janus 4: microphone camera"},
		{"one name, a camera off", lines([]line{{Peer: 1, Kind: "audio", StreamID: "janus"}, {Peer: 1, Line: 1, Kind: "video", StreamID: "janus", Left: true}}, both(1, 2, "janus")),
			"janus 0: microphone, janus 2: microphone camera"},
		{"a stream for each track", []line{
			{Peer: 1, Kind: "audio", StreamID: "PA_a|1"}, {Peer: 1, Line: 1, Kind: "audio", StreamID: "PA_b|2"},
			{Peer: 1, Line: 2, Kind: "video", StreamID: "PA_a|3"}, {Peer: 1, Line: 3, Kind: "video", StreamID: "PA_b|4"},
			spare(4, "audio"), spare(5, "video"),
		}, "PA_a: microphone camera, PA_b: microphone camera"},
		{"neighbours", []line{
			{Peer: 1, Kind: "audio", StreamID: "remote-audio-1"}, {Peer: 1, Line: 1, Kind: "video", StreamID: "remote-video-7"},
			{Peer: 1, Line: 2, Kind: "audio", StreamID: "remote-audio-2"}, {Peer: 1, Line: 3, Kind: "video", StreamID: "remote-video-8"},
		}, "remote-audio-1: microphone camera, remote-audio-2: microphone camera"},
		{"spare lines are nobody", []line{spare(0, "audio"), spare(1, "audio"), spare(2, "audio"), spare(3, "video"), spare(4, "video"), spare(5, "video")}, ""},
		{"mixed sound is nobody", []line{{Peer: 1, Kind: "audio", StreamID: "m"}, {Peer: 2, Kind: "video", StreamID: "a"}, {Peer: 3, Kind: "video", StreamID: "b"}}, "a: camera, b: camera"},
		{"sound apart", []line{{Peer: 1, Kind: "audio", StreamID: "m"}, {Peer: 2, Kind: "video", StreamID: "a"}}, "a: camera microphone"},
		{"everybody is muted", []line{
			{Peer: 1, Kind: "audio", StreamID: "a", Spare: true}, {Peer: 1, Line: 1, Kind: "video", StreamID: "a", Spare: true}, {Peer: 2, Kind: "audio", StreamID: "b", Spare: true},
		}, "a: microphone off camera off, b: microphone off"},
		{"cameras that went off", lines(both(1, 0, "a"), []line{{Peer: 2, Kind: "audio", StreamID: "b"}, {Peer: 2, Line: 1, Kind: "video", StreamID: "b", Left: true}}),
			"a: microphone camera, b: microphone"},
		{"somebody left a room of many", []line{{Peer: 1, Kind: "audio", StreamID: "a", Left: true}, {Peer: 1, Line: 1, Kind: "video", StreamID: "a", Left: true}}, ""},
		{"somebody whom the page has put away", lines(both(1, 0, "a"), []line{
			{Peer: 1, Line: 2, Kind: "audio", StreamID: "b", Dropped: true}, {Peer: 1, Line: 3, Kind: "video", StreamID: "b", Dropped: true},
		}), "a: microphone camera"},
		{"a camera that the page has put away", []line{{Peer: 1, Kind: "audio", StreamID: "a"}, {Peer: 1, Line: 1, Kind: "video", StreamID: "a", Dropped: true}}, "a: microphone"},
		{"the last one in a room of many", lines([]line{
			{Peer: 1, Kind: "audio", StreamID: "a", Left: true}, {Peer: 1, Line: 1, Kind: "video", StreamID: "a", Left: true},
		}, both(1, 2, "b")), "b: microphone camera"},
		{"a screen by its shape", lines(both(1, 0, "a"), []line{{Peer: 1, Line: 2, Kind: "video", StreamID: "zz", W: 1680, H: 720}}), "a: microphone camera screen"},
		{"a screen by its sender", lines(both(1, 0, "a"), []line{{Peer: 2, Kind: "video", StreamID: "zz", Screen: true}}, both(3, 0, "b")),
			"a: microphone camera, zz*: screen, b: microphone camera"},
		{"a screen by its name", lines(both(1, 0, "a"), both(1, 2, "b"), []line{{Peer: 1, Line: 4, Kind: "video", StreamID: "a-share"}}), "a: microphone camera screen, b: microphone camera"},
		{"a second picture in a mesh", lines(both(1, 0, "a"), []line{{Peer: 1, Line: 2, Kind: "video", StreamID: "zz"}}, both(2, 0, "b")), "a: microphone camera screen, b: microphone camera"},
		{"a screen with its sound in a mesh", lines(both(1, 0, "a"), both(1, 2, "zz"), both(2, 0, "b"), both(3, 0, "c")),
			"a: microphone camera screen-audio screen, b: microphone camera, c: microphone camera"},
		{"the screen came first", lines([]line{{Peer: 1, Kind: "video", StreamID: "a", W: 1440, H: 900}, {Peer: 1, Line: 1, Kind: "video", StreamID: "a"}}, both(2, 0, "b")),
			"a: screen camera, b: microphone camera"},
	} {
		data, err := json.Marshal(c.lines)
		if err != nil {
			t.Fatal(err)
		}
		if got := eval[string](v, fmt.Sprintf("guess(%s)", data)); got != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.name, got, c.want)
		}
	}
}

// Names are compared as people read them, and each value is one pattern.
func TestGlobs(t *testing.T) {
	v := pure(t)
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"Doe, Jane", "doe,  jane", true}, {"Doe", "Doe, Jane", false}, {"Jos\u00e9 Garc\u00eda", "Jose\u0301 Garci\u0301a", true},
		{"straße", "STRASSE", true}, {"Stra?e", "straße", true}, {`a\*b`, "a*b", true}, {`a\*b`, "axb", false}, {`a\?`, "a?", true}, {`a\?`, "ab", false},
		{`DOMAIN\user`, `domain\User`, true}, {`a\\*`, `a\zz`, true}, {"x.y", "xzy", false}, {"*", "", true}, {"Ana*", "ana lima", true},
		{"(a)[b]{c}|^$+-/", "(a)[b]{c}|^$+-/", true}, {"A\u200bna", "Ana", true}, {"Ana Lima", "Ana\u00a0Lima", true},
	} {
		if got := eval[bool](v, fmt.Sprintf("pure.glob(%q)(%q)", c.pattern, c.text)); got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.text, got)
		}
	}
}
