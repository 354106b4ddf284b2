package layout

import (
	"encoding/json"
	"fmt"
	"math"

	"beam/layout/stage"
)

// StatsExpression returns the expression for the page's main frame whose value,
// once awaited, ParseStats reads. It is to be evaluated about once a second while
// recording, and changes nothing in the page. It answers when the page's main
// thread has time, and one second after that at the latest.
//
// It works by what the script of a plan keeps to itself, in each layout, native
// too. In a page without that script it counts the videos only.
func StatsExpression() string { return stage.StatsExpression() }

// Stats is what a page has shown and played up to a moment: counters, whose
// differences Since makes.
type Stats struct {
	// Page tells one loading of a page from the next; ms since 1970.
	Page float64
	At   float64 // ms since the page was loaded
	// Tapped is false where the page was loaded without the script of a plan: then
	// nothing is known of Receivers and Playouts.
	Tapped bool
	// Videos are those that are to be seen and play, in the page or on the stage;
	// without canvases, whose frames nobody can count.
	Videos []VideoStats
	// Unseen is how many visible frames (iframe) are of another origin, so that
	// their videos are not among Videos nor their audio in Receivers.
	Unseen    int
	Receivers []ReceiverStats
	Playouts  []PlayoutStats
}

// VideoStats counts the frames of a video element.
type VideoStats struct {
	ID        string
	Presented float64 // handed to the compositor
	Dropped   float64 // decoded, and replaced before they could be presented
}

// ReceiverStats is of one received track: RTCInboundRtpStreamStats of W3C's
// Identifiers for WebRTC's Statistics API.
type ReceiverStats struct {
	ID    string
	Audio bool // or video
	Pair  int  // the same number for the audio and the video of a person; 0 for none
	// Playing is when what is played now was sent (estimatedPlayoutTimestamp), ms on
	// the sender's clock; 0 when that is not known. Chromium knows it for audio and
	// video of one stream, some 6 s after they began.
	Playing   float64
	Delay     float64 // jitterBufferDelay, s, summed over Emitted
	Emitted   float64 // jitterBufferEmittedCount: samples, or frames
	Samples   float64 // totalSamplesReceived, of audio
	Duration  float64 // totalSamplesDuration, s
	Concealed float64 // concealedSamples: made up, because none came in time
	Silent    float64 // silentConcealedSamples: those of them that are silence
}

// PlayoutStats is of the audio device that one frame plays through:
// RTCAudioPlayoutStats.
type PlayoutStats struct {
	ID          string
	Synthesized float64 // synthesizedSamplesDuration, s: the device asked, and nothing was there
	Delay       float64 // totalPlayoutDelay, s, summed over Samples
	Samples     float64 // totalSamplesCount
}

// What is taken from a page, which can answer anything.
const (
	longestStats  = 1 << 20 // bytes
	longestStatID = 80      // bytes
	mostVideos    = 100
	mostReceivers = 300
	mostPlayouts  = 50
	mostUnseen    = 1000
	mostCounted   = 1e15 // of a counter, and of ms since 1970
)

// ParseStats reads the value of StatsExpression. A page can replace anything, so
// that what is not of the right type is an error, and what is out of range or too
// much is cut.
func ParseStats(data []byte) (Stats, error) {
	if len(data) > longestStats {
		return Stats{}, fmt.Errorf("read statistics of the page: %d bytes are too many", len(data))
	}
	var raw *struct {
		Origin, At float64
		Tapped     bool
		Videos     []VideoStats
		Unseen     float64
		Receivers  []ReceiverStats
		Playouts   []PlayoutStats
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return Stats{}, fmt.Errorf("read statistics of the page: %w", err)
	}
	if raw == nil {
		return Stats{}, fmt.Errorf("read statistics of the page: there are none")
	}
	s := Stats{
		Page: counted(raw.Origin), At: counted(raw.At), Tapped: raw.Tapped, Unseen: int(min(counted(raw.Unseen), mostUnseen)),
		Videos: first(raw.Videos, mostVideos), Receivers: first(raw.Receivers, mostReceivers), Playouts: first(raw.Playouts, mostPlayouts),
	}
	for i := range s.Videos {
		v := &s.Videos[i]
		v.ID = cut(v.ID, longestStatID)
		clamp(&v.Presented, &v.Dropped)
	}
	for i := range s.Receivers {
		r := &s.Receivers[i]
		r.ID = cut(r.ID, longestStatID)
		if r.Pair < 0 || r.Pair > mostReceivers {
			r.Pair = 0
		}
		clamp(&r.Playing, &r.Delay, &r.Emitted, &r.Samples, &r.Duration, &r.Concealed, &r.Silent)
	}
	for i := range s.Playouts {
		p := &s.Playouts[i]
		p.ID = cut(p.ID, longestStatID)
		clamp(&p.Synthesized, &p.Delay, &p.Samples)
	}
	return s, nil
}

func first[T any](list []T, n int) []T { return list[:min(len(list), n)] }

// counted returns a counter within bounds; 0 for what is no number.
func counted(n float64) float64 {
	if math.IsNaN(n) || n < 0 {
		return 0
	}
	return min(n, mostCounted)
}

func clamp(counters ...*float64) {
	for _, n := range counters {
		*n = counted(*n)
	}
}
