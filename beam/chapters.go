package beam

import (
	"slices"
	"strings"
	"time"

	"beam/beam/fault"
	"beam/capture/mp4"
)

// chapterKinds says which instants become chapters. A mark of the user always
// does.
type chapterKinds struct{ pause, layout, share, speaker bool }

// The words of --chapters.
const (
	ChaptersPause   = "pause"
	ChaptersLayout  = "layout"
	ChaptersShare   = "share"
	ChaptersSpeaker = "speaker"
	ChaptersNone    = "none"
)

// ChapterWords lists the words of --chapters.
func ChapterWords() []string {
	return []string{ChaptersPause, ChaptersLayout, ChaptersShare, ChaptersSpeaker, ChaptersNone}
}

func chapterKindsOf(words []string) (chapterKinds, error) {
	var k chapterKinds
	for _, w := range words {
		switch strings.TrimSpace(w) {
		case ChaptersPause:
			k.pause = true
		case ChaptersLayout:
			k.layout = true
		case ChaptersShare:
			k.share = true
		case ChaptersSpeaker:
			k.speaker = true
		case ChaptersNone:
			if len(words) > 1 {
				return k, fault.Refuse("", "--chapters: %s goes with nothing else", ChaptersNone)
			}
		default:
			return k, fault.Refuse("", "--chapters holds %q; it can hold %s", w, strings.Join(ChapterWords(), ", "))
		}
	}
	return k, nil
}

// mostChapters is how many chapters an MP4 file can list.
const mostChapters = 255

// ChapterReport is a chapter of a recording.
type ChapterReport struct {
	At   float64 `json:"at_seconds"`
	Text string  `json:"text"`
}

// listChapters returns the chapters of marks, position being where an instant
// is in the recording. The first begins with the recording, as players expect.
func listChapters(marks []mark, position func(Time) time.Duration) []ChapterReport {
	var out []ChapterReport
	for _, m := range marks {
		out = append(out, ChapterReport{At: round(position(m.at).Seconds(), 3), Text: m.text})
	}
	slices.SortStableFunc(out, func(a, b ChapterReport) int {
		switch {
		case a.At < b.At:
			return -1
		case a.At > b.At:
			return 1
		}
		return 0
	})
	if len(out) > 0 && out[0].At > 0 {
		out = append([]ChapterReport{{At: 0, Text: "Start"}}, out...)
	}
	return out
}

// fileChapters returns those that fit into the file.
func fileChapters(list []ChapterReport) []mp4.Chapter {
	var out []mp4.Chapter
	for _, c := range list[:min(len(list), mostChapters)] {
		out = append(out, mp4.Chapter{At: time.Duration(c.At * float64(time.Second)), Title: c.Text})
	}
	return out
}
