package beam

import (
	"context"
	"errors"
	"os"
	"time"

	"beam/capture"
	"beam/layout"
)

// step is what comes after a segment or a pause.
type step int

const (
	nextEnd     step = iota // the end of the recording
	nextPause               // a pause
	nextResume              // a segment
	nextEncoder             // a segment in the place of one whose encoder was lost
	nextEngine              // a segment with the frames of another engine
)

// verdict is how a segment or a pause ended.
type verdict struct {
	next  step
	end   Time
	fault error // what ended it before its time
	ask   engineRequest
}

const (
	controlTick   = 100 * time.Millisecond
	progressEvery = time.Second
)

// control waits for the end of the segment or pause, and tells of the
// recording's progress until then.
func (t *take) control(stop, hard context.Context) verdict {
	tick := time.NewTicker(controlTick)
	defer tick.Stop()
	var encoder <-chan struct{}
	var engines <-chan engineRequest
	if t.state == StateRecording {
		encoder, engines = t.segments.last().enc.Done(), t.engines
	}
	var progress Time
	for {
		now := capture.Now()
		select {
		case <-hard.Done():
			return t.over(now, ReasonAsked)
		case <-stop.Done():
			return t.over(now, ReasonAsked)
		case m := <-t.messages:
			if reason, fault := t.hear(m); reason != "" {
				v := t.over(capture.Now(), reason)
				v.fault = fault
				return v
			}
		case c := <-t.commands:
			if v, ok := t.obey(c); ok {
				return v
			}
		case err := <-t.faults:
			if pageClosed(err) {
				return t.over(capture.Now(), ReasonPageClosed)
			}
			v := t.over(capture.Now(), ReasonFailure)
			v.fault = err
			return v
		case ask := <-engines:
			if v, ok := t.engineVerdict(ask); ok {
				return v
			}
		case <-encoder:
			return t.encoderLost(capture.Now())
		case <-tick.C:
			now = capture.Now()
			if reason, ended := t.rules.decide(t.facts(now)); ended {
				v := t.over(t.limitEnd(now), reason)
				v.fault = ruleFault(reason)
				return v
			}
			t.watchFirst()
			if s := t.segments.last(); encoder != nil && s.enc.hangs(now, s.feed.waits(now)) {
				s.enc.give(errors.New("ffmpeg does not answer"))
			}
			if now.Sub(progress) >= progressEvery {
				t.tellProgress(now, now.Sub(progress))
				progress = now
			}
		}
	}
}

// over is the verdict that ends the recording.
func (t *take) over(end Time, reason string) verdict {
	t.reason = reason
	return verdict{next: nextEnd, end: end}
}

// encoderLost is the verdict on an encoder that ended by itself, also one that
// says that all is well. Where it could not write its output, another one could
// not either.
func (t *take) encoderLost(now Time) verdict {
	fault := firstOf(t.segments.last().enc.Wait(),
		&capture.Fault{Class: capture.ClassEncoder, Op: "encode", Err: errEnded("ffmpeg")})
	if t.out.failed() || !t.losses.allow(lostEncoder, now) {
		v := t.over(now, ReasonFailure)
		v.fault = fault
		return v
	}
	return verdict{next: nextEncoder, end: now, fault: fault}
}

// limitEnd is the end of a recording that a rule ends at now: not later than
// the longest it may become.
func (t *take) limitEnd(now Time) Time {
	if t.state == StatePaused {
		return now
	}
	s := t.segments.last()
	return min(now, s.start.Add(t.rules.limit()-s.offset))
}

// hear acts on a message of the page. The reason is not empty when it ends the
// recording.
func (t *take) hear(m layout.Message) (reason string, fault error) {
	switch m.Type {
	case layout.MessageStop:
		if m.Text != "" {
			return ReasonPage + ": " + m.Text, nil
		}
		return ReasonPage, nil
	case layout.MessageFail, layout.MessageRefused:
		return ReasonFailure, &Fault{Class: ClassRoom, Op: "record the room", Err: errors.New("the page says: " + m.Text)}
	case layout.MessageEnded:
		return ReasonRoomEnded, nil
	case layout.MessageKicked:
		return ReasonKicked, nil
	case layout.MessageReconnecting:
		t.notice("the room lost its connection and is connecting again")
	case layout.MessageReconnected:
		t.notice("the room is connected again")
	case layout.MessageWaiting:
		t.notice("the room put the recorder into its waiting room")
	}
	return "", nil
}

func (t *take) facts(now Time) stopFacts {
	free, err := freeSpace(t.settings.Output)
	f := stopFacts{Recorded: t.recorded(now), Elapsed: now.Sub(t.start), Free: free, FreeOK: err == nil}
	f.Empty, f.Disconnected = t.meeting.alone(now)
	heard := max(t.start, t.ear.lastHeard())
	f.Silent = now.Sub(heard)
	return f
}

// recorded returns how long the recording is at now.
func (t *take) recorded(now Time) time.Duration {
	if t.state == StatePaused {
		return t.length
	}
	return t.segments.last().at(now)
}

// ruleFault is the fault of a recording that a rule ends where that is not what
// the user asked for.
func ruleFault(reason string) error {
	switch reason {
	case ReasonDiskFull:
		return &Fault{Class: ClassEncoder, Op: "write the recording", Err: errors.New("the disk is full"),
			Hint: "what was recorded so far is kept; free some space, or set --output to another disk"}
	}
	return nil
}

// watchFirst notes when the first picture (or, without pictures, sound) came.
func (t *take) watchFirst() {
	if t.firstFrame != 0 {
		return
	}
	if s := t.segments.all()[0]; s.video != nil {
		select {
		case <-s.video.first:
		default:
			return
		}
	}
	t.firstFrame = time.Since(t.began)
}

func (t *take) tellProgress(now Time, since time.Duration) {
	p := &Progress{
		Recorded: round(t.recorded(now).Seconds(), 1), Bytes: t.out.size(), LevelDBFS: t.ear.level(),
	}
	seen := 0
	for _, s := range t.segments.all() {
		if s.video != nil {
			n := s.video.counts()
			seen += n.Captured
			p.Dropped += n.Dropped
		}
	}
	if since < time.Minute { // not the first time
		p.FPS = round(float64(seen-t.lastSeen)/since.Seconds(), 1)
	}
	t.lastSeen = seen
	p.Upload = t.watchUpload()
	t.progressed(p)
	t.tell(Event{Type: EventProgress, Progress: p})
}

func ownPID() int { return os.Getpid() }
