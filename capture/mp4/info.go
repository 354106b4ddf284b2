package mp4

import "time"

// Info describes a recording, for a report.
type Info struct {
	Finished  bool          // an ordinary MP4 already
	Size      int64         // of the file up to the last whole fragment, bytes
	Duration  time.Duration // of the movie, pauses included
	Fragments int           // 0 for a finished file that was written compactly
	Encoders  int           // initialisation segments kept; more than 1 after an encoder restarted with other parameters
	Tracks    []TrackInfo   // those that have samples
}

// TrackInfo describes a track.
type TrackInfo struct {
	Kind    string // "video", "audio" or the four characters of the handler
	Codec   string // the four characters of the sample entry, such as "avc1"
	Samples int    // pictures, or packets of sound
	Syncs   int    // of them sync samples
	Bytes   int64  // of media data
	Start   time.Duration
	End     time.Duration // Start and End: where it is presented, since the movie's start
	// Longest is the longest time from one sample to the next, and LongestAt
	// where it begins, since the track's first sample: how long a picture
	// stood, or a hole in the sound.
	Longest   time.Duration
	LongestAt time.Duration
	// Skipped counts samples left out of the index: pictures before the first
	// that can be decoded, and samples from before the end of what was there,
	// as a restarted encoder may send them.
	Skipped int
}

// Info describes the recording.
func (ix *Index) Info() Info {
	info := Info{
		Finished: ix.finished, Size: ix.end,
		Fragments: len(ix.fragments), Encoders: len(ix.inits),
	}
	tracks := ix.used()
	var plans []shown
	if !ix.finished {
		plans, _ = ix.plan(tracks)
	}
	for i, t := range tracks {
		at := t.shown
		if at == nil {
			at = &plans[i]
		}
		info.Duration = max(info.Duration, at.end)
		info.Tracks = append(info.Tracks, TrackInfo{
			Kind: kind(t.box.handler), Codec: t.box.codec(),
			Samples: t.len(), Syncs: len(t.syncs), Bytes: t.bytes,
			Start: at.start, End: at.end,
			Longest:   ticksToTime(int64(t.longest), t.box.timescale),
			LongestAt: ticksToTime(t.longestAt-t.first, t.box.timescale),
			Skipped:   t.skipped,
		})
	}
	return info
}

// Fragments returns the fragments in the order of the file.
func (ix *Index) Fragments() []Fragment { return ix.fragments }

// Inits returns the initialisation segments, each a ftyp and a moov box. The
// first one is that of the recording's start.
func (ix *Index) Inits() []Range { return ix.inits }

func kind(handler string) string {
	switch handler {
	case "vide":
		return "video"
	case "soun":
		return "audio"
	}
	return handler
}
