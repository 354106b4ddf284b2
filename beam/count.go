package beam

import (
	"time"

	"beam/beam/source"
	"beam/capture"
	"beam/capture/video"
	"beam/capture/x11"
)

// tally is what has been counted at an instant.
type tally struct {
	At       capture.Time
	segment  *segment
	video    video.Counts
	left     int // frames that left the queue
	waits    time.Duration
	delay    time.Duration // of a screencast's frames
	distinct int           // new frames of all segments
	grabber  *x11.Grabber
	painted  int // frames that the page painted, by the grabber
}

// counter counts what a recording has captured so far.
type counter struct {
	source   *source.Source
	router   *source.Router
	timeline *timeline
	late     *source.Lateness
}

func (t *counter) count(now capture.Time) tally {
	c := tally{At: now}
	// While the engine changes, the frames go to a segment that is not there yet.
	if to, _ := t.router.To(); to != nil && to.Engine == t.timeline.last().engine {
		s := t.timeline.last()
		c.segment, c.video, c.left, c.waits = s, s.video.Counts(), s.queue.Left(), s.queue.Waits(now)
	}
	for _, s := range t.timeline.all() {
		if s.video != nil {
			c.distinct += s.video.Counts().Distinct
		}
	}
	c.delay = t.late.Delay()
	if _, grab := t.source.Display(); grab != nil {
		stats := grab.Stats()
		c.grabber, c.painted = grab, stats.Paints-stats.Same
	}
	return c
}
