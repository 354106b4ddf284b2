package mp4

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// minSegment is the shortest segment of a playlist: fragments are joined until
// one comes that can be decoded on its own and this much is there.
const minSegment = time.Second

// segment is a run of fragments that begins with a picture that can be decoded
// on its own.
type segment struct {
	Range
	duration time.Duration
	init     int
	sync     bool
}

// Playlist returns a media playlist (RFC 8216) of the recording's fragments as
// byte ranges of the file at uri, for the file in its fragmented and in its
// finished state alike. The error is ErrNoMedia when there are no fragments, as
// in a file that was written compactly.
func (ix *Index) Playlist(uri string) (string, error) {
	if len(ix.fragments) == 0 {
		return "", fault("write the playlist", ErrNoMedia)
	}
	// A quoted string must not hold a line feed, a carriage return or a quote
	// (clause 4.2); in a URI none of them stands for itself.
	uri = strings.NewReplacer("\n", "%0A", "\r", "%0D", `"`, "%22").Replace(uri)
	segments := ix.segments()
	target, independent := time.Duration(0), true
	for _, s := range segments {
		target = max(target, s.duration)
		independent = independent && s.sync
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("#EXTM3U")
	line("#EXT-X-VERSION:7")
	line("#EXT-X-TARGETDURATION:%d", max(int(math.Ceil(target.Seconds())), 1))
	line("#EXT-X-MEDIA-SEQUENCE:0")
	line("#EXT-X-PLAYLIST-TYPE:VOD")
	if independent {
		line("#EXT-X-INDEPENDENT-SEGMENTS")
	}
	for i, s := range segments {
		if i == 0 || s.init != segments[i-1].init {
			if i > 0 {
				line("#EXT-X-DISCONTINUITY")
			}
			r := ix.inits[s.init]
			line(`#EXT-X-MAP:URI="%s",BYTERANGE="%d@%d"`, uri, r.Size, r.Offset)
		}
		line("#EXTINF:%.6f,", s.duration.Seconds())
		line("#EXT-X-BYTERANGE:%d@%d", s.Size, s.Offset)
		line("%s", uri)
	}
	line("#EXT-X-ENDLIST")
	return b.String(), nil
}

func (ix *Index) segments() (segments []segment) {
	for i, f := range ix.fragments {
		// Until the next fragment begins, so that a pause counts as well.
		duration := f.Duration
		if i+1 < len(ix.fragments) && ix.fragments[i+1].Start > f.Start {
			duration = ix.fragments[i+1].Start - f.Start
		}
		n := len(segments) - 1
		if n < 0 || f.Init != segments[n].init || f.Sync && segments[n].duration >= minSegment {
			segments = append(segments, segment{Range: f.Range, duration: duration, init: f.Init, sync: f.Sync})
			continue
		}
		segments[n].Size = f.Offset + f.Size - segments[n].Offset
		segments[n].duration += duration
	}
	return segments
}
