package layout

import (
	"math"
	"slices"
	"time"
)

// Interval is what a page did between two askings.
type Interval struct {
	// Length is on the page's clock; 0 when the two are not of the same loading of
	// the page, and then only Videos and Unseen are known.
	Length time.Duration
	Tapped bool // whether anything is known of audio
	Videos int  // that are to be seen and play, at the end
	Unseen int  // visible frames (iframe) of other origins, at the end, of which nothing is known

	// Of the video with the most new frames; one that came within the interval
	// does not count yet.
	Presented int     // frames that it presented
	Dropped   int     // frames that it decoded and did not present
	FPS       float64 // Presented a second

	// How late audio is played against the video of the same person: positive is
	// late. Chromium tells it for what comes in one stream, some 6 s after that began,
	// and from then on delays the earlier of the two by up to 80 ms a second (Synced).
	// For the other people it is the difference of the times that each waits in
	// Chromium, without what was lost or gained before: 60 to 90 ms are usual there.
	People     int // whose audio and video could be compared
	Synced     int // of them by what Chromium tells
	WorstSkew  time.Duration
	MedianSkew time.Duration

	AudioBuffer time.Duration // the longest mean time of one person's audio in the jitter buffer
	VideoBuffer time.Duration // the same of video
	Playout     time.Duration // mean time from there to the audio device; the longest of the page's frames
	Synthesized time.Duration // audio that the device asked for, and got made up; the same
	Concealed   time.Duration // one person's audio that came too late or not at all, and was made up; the worst
}

// Bounds of what a page can tell of an interval.
const (
	fastestVideo = 1000             // frames a second
	longestDelay = 10 * time.Second // of a jitter buffer; Chromium's own bound
	worstSkew    = 60 * time.Second // beyond, the sender's clocks are not one
)

// Since returns what happened since an earlier asking.
func (s Stats) Since(before Stats) Interval {
	i := Interval{Tapped: s.Tapped, Videos: len(s.Videos), Unseen: s.Unseen}
	if s.Page != before.Page || s.At-before.At < 1 {
		return i
	}
	i.Length = milliseconds(s.At-before.At, math.MaxInt64)
	i.paint(s.Videos, before.Videos)
	delays := i.receive(s.Receivers, before.Receivers)
	i.play(s.Playouts, before.Playouts)
	i.compare(s.Receivers, delays)
	return i
}

// paint finds the video with the most new frames.
func (i *Interval) paint(now, before []VideoStats) {
	old := map[string]VideoStats{}
	for _, v := range before {
		old[v.ID] = v
	}
	most := fastestVideo * i.Length.Seconds()
	found := false
	for _, v := range now {
		b, known := old[v.ID]
		if !known || v.Presented < b.Presented || v.Dropped < b.Dropped {
			continue
		}
		if presented := int(min(v.Presented-b.Presented, most)); !found || presented > i.Presented {
			i.Presented, i.Dropped, found = presented, int(min(v.Dropped-b.Dropped, most)), true
		}
	}
	i.FPS = float64(i.Presented) / i.Length.Seconds()
}

// receive returns the mean time in the jitter buffer of each receiver that gave
// out something.
func (i *Interval) receive(now, before []ReceiverStats) map[string]time.Duration {
	old := map[string]ReceiverStats{}
	for _, r := range before {
		old[r.ID] = r
	}
	delays := map[string]time.Duration{}
	for _, r := range now {
		b, known := old[r.ID]
		if !known || b.Audio != r.Audio || r.Emitted <= b.Emitted || r.Delay < b.Delay {
			continue
		}
		delay := milliseconds(1000*(r.Delay-b.Delay)/(r.Emitted-b.Emitted), longestDelay)
		delays[r.ID] = delay
		if !r.Audio {
			i.VideoBuffer = max(i.VideoBuffer, delay)
			continue
		}
		i.AudioBuffer = max(i.AudioBuffer, delay)
		samples, duration := r.Samples-b.Samples, r.Duration-b.Duration
		audible := (r.Concealed - b.Concealed) - (r.Silent - b.Silent)
		if samples > 0 && duration > 0 && audible > 0 {
			i.Concealed = max(i.Concealed, milliseconds(1000*duration*min(1, audible/samples), i.Length))
		}
	}
	return delays
}

func (i *Interval) play(now, before []PlayoutStats) {
	old := map[string]PlayoutStats{}
	for _, p := range before {
		old[p.ID] = p
	}
	for _, p := range now {
		b, known := old[p.ID]
		if !known {
			continue
		}
		if p.Samples > b.Samples && p.Delay >= b.Delay {
			i.Playout = max(i.Playout, milliseconds(1000*(p.Delay-b.Delay)/(p.Samples-b.Samples), longestDelay))
		}
		if p.Synthesized > b.Synthesized {
			i.Synthesized = max(i.Synthesized, milliseconds(1000*(p.Synthesized-b.Synthesized), i.Length))
		}
	}
}

// compare finds how late each person's audio is. delays are those of the
// receivers that gave out something: what stands still says nothing.
func (i *Interval) compare(now []ReceiverStats, delays map[string]time.Duration) {
	type pair struct{ audio, video *ReceiverStats }
	pairs := map[int]pair{}
	for n := range now {
		r := &now[n]
		if _, flows := delays[r.ID]; !flows || r.Pair == 0 {
			continue
		}
		p := pairs[r.Pair]
		if r.Audio {
			p.audio = r
		} else {
			p.video = r
		}
		pairs[r.Pair] = p
	}
	var skews []time.Duration
	for _, p := range pairs {
		if p.audio == nil || p.video == nil {
			continue
		}
		skew := delays[p.audio.ID] + i.Playout - delays[p.video.ID]
		synced := p.audio.Playing > 0 && p.video.Playing > 0
		if synced {
			// What is played late was sent early.
			late := p.video.Playing - p.audio.Playing
			if math.Abs(late) > float64(worstSkew/time.Millisecond) {
				continue
			}
			skew = time.Duration(late * float64(time.Millisecond))
			i.Synced++
		}
		skews = append(skews, skew)
	}
	i.People = len(skews)
	if i.People == 0 {
		return
	}
	slices.Sort(skews)
	i.MedianSkew = (skews[(len(skews)-1)/2] + skews[len(skews)/2]) / 2
	i.WorstSkew = skews[len(skews)-1]
	if -skews[0] > i.WorstSkew {
		i.WorstSkew = skews[0]
	}
}

// milliseconds returns ms as a duration of at most most.
func milliseconds(ms float64, most time.Duration) time.Duration {
	if !(ms*float64(time.Millisecond) < float64(most)) {
		return most
	}
	return time.Duration(ms * float64(time.Millisecond))
}
