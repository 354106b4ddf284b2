package main

import (
	"fmt"
	"time"
)

// kind is one row of the table: how what is recorded.
type kind struct {
	engine string        // page, page-x11: nothing is recorded; screencast, x11, auto; ffmpeg: the baseline
	size   string        // 720p, 1080p
	page   string        // timing, still, room-calm, room-busy, room-four, room-sixteen, lipsync, demo
	layout string        // "" for the page's own interface
	upload bool          // to an S3 server on this machine, meanwhile
	noXvfb bool          // as if Xvfb were not installed: Chrome runs headless
	busy   bool          // another process keeps one core busy meanwhile
	fps    int           // 0: the usual 30
	length time.Duration // 0: as -seconds says
}

func (k kind) name() string { return fmt.Sprintf("%s %s %s", k.size, k.page, k.how()) }

func (k kind) how() string {
	how := k.engine
	if k.layout != "" {
		how += ", " + k.layout
	}
	if k.upload {
		how += ", upload"
	}
	if k.noXvfb {
		how += ", no Xvfb"
	}
	if k.busy {
		how += ", busy neighbour"
	}
	if k.fps != 0 {
		how += fmt.Sprintf(", %d fps", k.fps)
	}
	if k.length != 0 {
		how += ", " + k.length.String()
	}
	return how
}

// ours tells whether Beam records.
func (k kind) ours() bool { return k.engine == "screencast" || k.engine == "x11" || k.engine == "auto" }

// plain tells whether a row is of the ordinary case: nothing beside it, nothing
// taken away, the usual rate and length.
func (k kind) plain() bool {
	return k == kind{engine: k.engine, size: k.size, page: k.page}
}

// alone returns the row of the same page without a recording, in the same kind
// of window.
func (k kind) alone() kind {
	a := kind{engine: "page-x11", size: k.size, page: k.page}
	if k.noXvfb || k.engine == "page" {
		a.engine = "page"
	}
	return a
}

// baseline returns the row of the plain grab of the same page.
func (k kind) baseline() kind { return kind{engine: "ffmpeg", size: k.size, page: k.page} }

// seconds returns how long a recording takes, where -seconds says usual.
func (k kind) seconds(usual int) time.Duration {
	if k.length != 0 {
		return k.length
	}
	return time.Duration(usual) * time.Second
}

// lasting tells recordings that are long enough for what changes slowly.
func (k kind) lasting() bool { return k.length >= time.Minute }

func (k kind) width() int {
	if k.size == "1080p" {
		return 1920
	}
	return 1280
}

func (k kind) height() int { return k.width() * 9 / 16 }

// group is some rows that are compared with each other. They are measured in
// turns, one of each kind a round: the machine's speed drifts.
type group struct {
	kinds     []kind
	runs      int  // unless -runs says otherwise; 0: the usual three
	together  bool // all at the same time
	onRequest bool // only when -only names it
}

// rungs are the constant rates, in pictures a second, among which the best is
// sought by hand. The usual 30 is the governed row itself.
var rungs = []int{8, 10, 12, 15, 20, 24}

// governRow is the recording that its machine may not carry: without Xvfb all
// of it goes through Chrome's own JPEG encoder.
func governRow(busy bool) kind {
	return kind{engine: "screencast", size: "720p", page: "timing", noXvfb: true, busy: busy}
}

// groups lists the rows. The plain grab comes after x11, whose preset it takes.
func groups() []group {
	var out []group
	for _, size := range []string{"720p", "1080p"} {
		out = append(out, group{kinds: engines(size, "timing", "page-x11", "x11", "ffmpeg", "screencast")})
	}
	out = append(out,
		group{kinds: engines("1080p", "still", "page-x11", "x11", "screencast")},
		group{kinds: append(engines("720p", "room-busy", "x11", "screencast"), engines("1080p", "room-busy", "x11")...), runs: 1},
		group{kinds: engines("720p", "lipsync", "x11", "screencast"), runs: 5},
		group{kinds: []kind{
			{engine: "auto", size: "720p", page: "demo"},
			{engine: "auto", size: "720p", page: "demo", busy: true},
			{engine: "x11", size: "720p", page: "timing", busy: true},
			{engine: "x11", size: "720p", page: "lipsync", busy: true},
		}, runs: 1},
	)
	for _, busy := range []bool{false, true} {
		g := group{kinds: []kind{governRow(busy)}, runs: 1}
		for _, fps := range rungs {
			k := governRow(busy)
			k.fps = fps
			g.kinds = append(g.kinds, k)
		}
		out = append(out, g)
	}
	return append(out, requested()...)
}

// requested lists the rows that are not of the usual run.
func requested() []group {
	var out []group
	for _, size := range []string{"720p", "1080p"} {
		for _, page := range []string{"room-calm", "room-busy"} {
			out = append(out, group{kinds: engines(size, page, "page-x11", "ffmpeg"), onRequest: true})
		}
		out = append(out, group{kinds: engines(size, "room-calm", "x11", "screencast"), onRequest: true},
			group{kinds: engines(size, "lipsync", "ffmpeg"), onRequest: true})
	}
	upload := []kind{{engine: "x11", size: "1080p", page: "room-busy", upload: true}, {engine: "screencast", size: "1080p", page: "room-busy", upload: true}}
	four := []kind{{engine: "x11", size: "720p", page: "room-four"}}
	for _, layout := range []string{"grid", "speaker"} {
		four = append(four, kind{engine: "x11", size: "720p", page: "room-four", layout: layout})
	}
	sixteen := []kind{{engine: "x11", size: "1080p", page: "room-sixteen"}, {engine: "x11", size: "1080p", page: "room-sixteen", layout: "grid"}}
	for _, kinds := range [][]kind{upload, four, sixteen} {
		out = append(out, group{kinds: kinds, onRequest: true})
	}
	return out
}

func engines(size, page string, names ...string) []kind {
	var out []kind
	for _, name := range names {
		out = append(out, kind{engine: name, size: size, page: page})
	}
	return out
}

// longGroups lists the rows of five minutes that tell how often the governor
// changes its mind.
func longGroups() []group {
	var out []group
	for _, busy := range []bool{false, true} {
		k := governRow(busy)
		k.length = 5 * time.Minute
		out = append(out, group{kinds: []kind{k}, runs: 1})
	}
	return out
}

// driftGroups lists the rows of some length that tell drift, steadiness and
// memory.
func driftGroups(length time.Duration, together bool) []group {
	g := group{runs: 1, together: together}
	for _, k := range engines("720p", "timing", "x11", "screencast") {
		k.length = length
		g.kinds = append(g.kinds, k)
	}
	return []group{g}
}

// pointless tells of a row of a constant rate that its measuring would tell
// nothing: the governed row lost nothing, or already has more than that rate, or
// two lower rates were more than the machine carries.
func pointless(k kind, rows table) bool {
	if !k.noXvfb || k.fps == 0 {
		return false
	}
	governed := rows.of(governRow(k.busy))
	if governed == nil {
		return false // asked for by itself
	}
	if governed.median.distinct >= 0.97*usualFPS || float64(k.fps) < 0.75*governed.median.distinct {
		return true
	}
	missed := 0
	for _, r := range rows {
		if r.kind.noXvfb && r.kind.busy == k.busy && r.kind.fps != 0 && r.kind.fps < k.fps && r.median.distinct < 0.85*float64(r.kind.fps) {
			missed++
		}
	}
	return missed >= 2
}

// usualFPS is the rate of a recording for which none is asked.
const usualFPS = 30
