package beam

import (
	"time"

	"beam/beam/report"
	"beam/beam/storage"
	"beam/capture"
	"beam/capture/audio"
	"beam/capture/encode"
)

// firstFrame notes when the first frame (or, without frames, audio) came. It is
// used by one goroutine.
type firstFrame struct {
	began time.Time     // when Record was called
	took  time.Duration // 0 before it came
}

// look looks at the first segment.
func (f *firstFrame) look(s *segment) {
	if f.took != 0 {
		return
	}
	if s.video != nil {
		select {
		case <-s.video.First:
		default:
			return
		}
	}
	f.took = time.Since(f.began)
}

// progressTeller tells how a recording stands. It is used by one goroutine.
type progressTeller struct {
	timeline *timeline
	output   *encode.Output
	tap      *audio.Tap
	transfer *storage.Transfer
	events   *announcer
	captured int // frames, when it was told last
}

// tell tells how the recording stands at now; no segment means a pause.
func (t *progressTeller) tell(now capture.Time, since time.Duration, s live) {
	recorded := t.timeline.recorded()
	if s != nil {
		recorded = s.from().at(now)
	}
	p := &Progress{Recorded: report.Round(recorded.Seconds(), 1), Bytes: t.output.Size(), LevelDBFS: report.Decibels(float64(t.tap.Level()))}
	captured := 0
	for _, s := range t.timeline.all() {
		if s.video != nil {
			n := s.video.Counts()
			captured += n.Captured
			p.Dropped += n.Dropped
		}
	}
	if since < time.Minute { // not the first time
		p.FPS = report.Round(float64(captured-t.captured)/since.Seconds(), 1)
	}
	t.captured = captured
	p.Upload = t.upload()
	t.events.progressed(p)
}

// tellUpload tells how the upload of a finished file stands.
func (t *progressTeller) tellUpload(size int64, seconds float64) {
	t.events.emit(Event{Type: EventProgress, Progress: &Progress{Recorded: seconds, Bytes: size, LevelDBFS: report.SilenceDBFS, Upload: t.upload()}})
}

// upload returns the progress of the upload, and tells the user what is worth a
// notice.
func (t *progressTeller) upload() *storage.Progress {
	p := t.transfer.Progress()
	if p != nil {
		if text := t.transfer.Notice(p); text != "" {
			t.events.notice("%s", text)
		}
	}
	return p
}
