package main

import "fmt"

// kind is one row of the table: how what is recorded.
type kind struct {
	engine string // page, page-x11: nothing is recorded; screencast, x11; ffmpeg: the baseline
	upload bool   // to an S3 server on this machine, meanwhile
	size   string // 720p, 1080p
	layout string // "" for the page's own interface
	page   string // timing, still, room-calm, room-busy, lipsync
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
	return how
}

// alone returns the row of the same page without a recording.
func (k kind) alone() kind {
	a := k
	a.engine, a.upload, a.layout = "page", false, ""
	if k.engine == "x11" || k.engine == "ffmpeg" {
		a.engine = "page-x11"
	}
	return a
}

func (k kind) width() int {
	if k.size == "1080p" {
		return 1920
	}
	return 1280
}

func (k kind) height() int { return k.width() * 9 / 16 }

// kinds lists the rows, those that belong together next to each other: the
// machine's speed drifts.
func kinds() []kind {
	var out []kind
	for _, size := range []string{"720p", "1080p"} {
		for _, page := range []string{"timing", "room-calm", "room-busy"} {
			for _, engine := range []string{"page", "page-x11", "screencast", "x11", "ffmpeg"} {
				out = append(out, kind{engine: engine, size: size, page: page})
			}
		}
		for _, engine := range []string{"screencast", "x11", "ffmpeg"} {
			out = append(out, kind{engine: engine, size: size, page: "lipsync"})
		}
	}
	for _, engine := range []string{"screencast", "x11"} {
		out = append(out, kind{engine: engine, size: "1080p", page: "room-busy", upload: true})
	}
	for _, layout := range []string{"", "grid", "speaker"} {
		out = append(out, kind{engine: "x11", size: "720p", page: "room-four", layout: layout})
	}
	for _, layout := range []string{"", "grid"} {
		out = append(out, kind{engine: "x11", size: "1080p", page: "room-sixteen", layout: layout})
	}
	return append(out, kind{engine: "page", size: "1080p", page: "still"}, kind{engine: "screencast", size: "1080p", page: "still"})
}
