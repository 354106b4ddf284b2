package roster

import (
	"slices"
	"strings"
	"time"

	"beam/beam/fault"
	"beam/beam/report"
	"beam/capture"
)

// ChapterKinds says which instants become chapters. A mark of the user always
// does.
type ChapterKinds struct{ pause, layout, share, speaker bool }

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

// ParseChapters reads the words of --chapters. Its error is a fault of ClassUsage.
func ParseChapters(words []string) (ChapterKinds, error) {
	var k ChapterKinds
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

// Chapters returns the chapters of marks, position being where an instant
// is in the recording. The first begins with the recording, as players expect.
func Chapters(marks []Mark, position func(capture.Time) time.Duration) []report.Chapter {
	var out []report.Chapter
	for _, m := range marks {
		out = append(out, report.Chapter{At: report.Round(position(m.at).Seconds(), 3), Text: m.text})
	}
	slices.SortStableFunc(out, func(a, b report.Chapter) int {
		switch {
		case a.At < b.At:
			return -1
		case a.At > b.At:
			return 1
		}
		return 0
	})
	if len(out) > 0 && out[0].At > 0 {
		out = append([]report.Chapter{{At: 0, Text: "Start"}}, out...)
	}
	return out
}
