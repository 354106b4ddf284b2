package hls

import (
	"bytes"
	"fmt"
	"math"
	"time"

	"beam/capture/mp4"
)

// Resource is a file, or a part of one, that a playlist names.
type Resource struct {
	URI          string // as it stands in the playlist, see Reference
	Offset, Size int64  // bytes; Size 0 means the whole file
}

// Segment is one media segment.
type Segment struct {
	Resource
	Duration time.Duration
	Map      Resource // its media initialisation section
	// Discontinuity says that what the segment holds does not go on from the one
	// before (clause 4.3.2.3). A segment with another Map has it anyway.
	Discontinuity bool
}

// Media is a media playlist.
type Media struct {
	Segments []Segment
	// Target is the least target duration: that of a playlist which grows must
	// not change (clause 6.2.1). It becomes longer where a segment is.
	Target time.Duration
	// Live says that more segments may follow, and that none is ever taken away.
	Live bool
	// Independent says that each segment can be decoded without any other.
	Independent bool
}

// version is that of the protocol: EXT-X-MAP before ordinary segments asks for 6
// (clause 7), and players that tell by it want 7 for fragmented MP4.
const version = 7

// OfFile returns the playlist of a file's fragments, as byte ranges of the file at
// uri. The error is mp4.ErrNoMedia when there are no fragments, as in a file that
// was written compactly.
func OfFile(ix *mp4.Index, uri string) (Media, error) {
	m := Media{Independent: true}
	for _, s := range ix.Segments() {
		init := ix.Inits()[s.Init]
		m.Segments = append(m.Segments, Segment{
			Resource: Resource{URI: uri, Offset: s.Offset, Size: s.Size}, Duration: s.Duration,
			Map: Resource{URI: uri, Offset: init.Offset, Size: init.Size},
		})
		m.Independent = m.Independent && s.Sync
	}
	if len(m.Segments) == 0 {
		return m, mp4.ErrNoMedia
	}
	return m, nil
}

// Text returns the playlist as it goes into a file.
func (m Media) Text() []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("#EXTM3U")
	line("#EXT-X-VERSION:%d", version)
	line("#EXT-X-TARGETDURATION:%d", m.target())
	line("#EXT-X-MEDIA-SEQUENCE:0")
	if m.Live {
		line("#EXT-X-PLAYLIST-TYPE:EVENT")
	} else {
		line("#EXT-X-PLAYLIST-TYPE:VOD")
	}
	if m.Independent {
		line("#EXT-X-INDEPENDENT-SEGMENTS")
	}
	for i, s := range m.Segments {
		if i == 0 || s.Map != m.Segments[i-1].Map {
			if i > 0 {
				line("#EXT-X-DISCONTINUITY")
			}
			line(`#EXT-X-MAP:URI="%s"%s`, s.Map.URI, s.Map.attribute())
		} else if s.Discontinuity {
			line("#EXT-X-DISCONTINUITY")
		}
		line("#EXTINF:%.6f,", s.Duration.Seconds())
		if s.Size > 0 {
			line("#EXT-X-BYTERANGE:%d@%d", s.Size, s.Offset)
		}
		line("%s", s.URI)
	}
	if !m.Live {
		line("#EXT-X-ENDLIST")
	}
	return b.Bytes()
}

func (r Resource) attribute() string {
	if r.Size == 0 {
		return ""
	}
	return fmt.Sprintf(`,BYTERANGE="%d@%d"`, r.Size, r.Offset)
}

// target returns the target duration in whole seconds: no segment, rounded to the
// nearest second, is longer (clause 4.3.3.1).
func (m Media) target() int {
	longest := m.Target
	for _, s := range m.Segments {
		longest = max(longest, s.Duration)
	}
	return max(int(math.Ceil(longest.Seconds())), 1)
}

// Duration returns how long all segments are together.
func (m Media) Duration() (all time.Duration) {
	for _, s := range m.Segments {
		all += s.Duration
	}
	return all
}

// Rates returns the highest and the average bit rate, bits a second. The highest is
// that of any run of segments which lasts from half to one and a half of the target
// duration (clause 4.3.4.2); where no run does, of any one segment. Segments have to
// have a size.
func (m Media) Rates() (peak, average int) {
	target := time.Duration(m.target()) * time.Second
	var bytes, single float64
	var highest float64
	for i, s := range m.Segments {
		bytes += float64(s.Size)
		single = max(single, rate(float64(s.Size), s.Duration))
		var run float64
		var length time.Duration
		for _, next := range m.Segments[i:] {
			run += float64(next.Size)
			if length += next.Duration; 2*length > 3*target {
				break
			}
			if 2*length >= target {
				highest = max(highest, rate(run, length))
			}
		}
	}
	if highest == 0 {
		highest = single
	}
	return int(math.Ceil(highest)), int(math.Ceil(rate(bytes, m.Duration())))
}

// rate returns bits a second.
func rate(bytes float64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return 8 * bytes / d.Seconds()
}
