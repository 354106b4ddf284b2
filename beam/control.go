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
)

// verdict is how a segment or a pause ended.
type verdict struct {
	next  step
	end   Time
	fault error // what ended it before its time
}

const (
	controlTick   = 50 * time.Millisecond
	progressEvery = time.Second
	memoryEvery   = 5 * time.Second
)

// control waits for the end of the segment or pause, and tells of the
// recording's progress until then.
func (t *take) control(stop, hard context.Context) verdict {
	tick := time.NewTicker(controlTick)
	defer tick.Stop()
	var encoder <-chan struct{}
	if t.state == StateRecording {
		encoder = t.current().enc.Done()
	}
	var progress, memory Time
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
			if now.Sub(progress) >= progressEvery {
				t.meter.Sample(now.Sub(memory) >= memoryEvery)
				if now.Sub(memory) >= memoryEvery {
					memory = now
				}
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

// encoderLost is the verdict on an encoder that ended by itself. Where it could
// not write its output, another one could not either.
func (t *take) encoderLost(now Time) verdict {
	fault := t.current().enc.Wait()
	if t.out.failed() || t.encoders >= mostLost || fault == nil {
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
	s := t.current()
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
	return t.current().at(now)
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
	s := t.segments[0]
	switch {
	case s.video != nil:
		select {
		case <-s.video.first:
		default:
			return
		}
	case !t.settings.AudioOnly && s.enc.Progress().Frames == 0:
		return
	}
	t.firstFrame = time.Since(t.began)
}

func (t *take) tellProgress(now Time, since time.Duration) {
	p := &Progress{
		Recorded: round(t.recorded(now).Seconds(), 1), Bytes: t.out.size(), LevelDBFS: t.ear.level(),
	}
	seen := 0
	for _, s := range t.segments {
		if s.video == nil {
			seen += s.enc.Progress().Frames
			continue
		}
		captured, dropped := s.video.counts()
		seen += captured
		p.Dropped += dropped
	}
	if since < time.Minute { // not the first time
		p.FPS = round(float64(seen-t.lastSeen)/since.Seconds(), 1)
	}
	t.lastSeen = seen
	if step := t.stall.look(); step != 0 && t.engine == EngineX11 {
		t.notice("the machine's clock was set by %v; the picture moves against the sound by that much", step)
	}
	p.Upload = t.watchUpload()
	t.progressed(p)
	t.tell(Event{Type: EventProgress, Progress: p})
}

func ownPID() int { return os.Getpid() }
