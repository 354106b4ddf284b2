package beam

import (
	"context"
	"errors"
	"os"
	"time"

	"beam/capture"
	"beam/capture/chrome"
	"beam/layout"
)

// control waits for the end of the recording, and tells of its progress until
// then. It returns the instant at which the recording ends, and the fault that
// ended it, if one did.
func (t *take) control(stop, hard context.Context) (end Time, fault error) {
	tick := time.NewTicker(controlTick)
	defer tick.Stop()
	var progress, memory Time
	for {
		now := capture.Now()
		select {
		case <-hard.Done():
			t.reason = ReasonAsked
			return now, nil
		case <-stop.Done():
			t.reason = ReasonAsked
			return now, nil
		case m := <-t.messages:
			if reason, fault, ended := t.hear(m); ended {
				t.reason = reason
				return capture.Now(), fault
			}
		case err := <-t.faults:
			if errors.Is(err, chrome.ErrPageClosed) {
				t.reason = ReasonPageClosed
				return capture.Now(), nil
			}
			t.reason = ReasonFailure
			return capture.Now(), err
		case <-t.enc.Done():
			// It ends by itself only by a fault, which Wait tells.
			t.reason = ReasonFailure
			return capture.Now(), t.enc.Wait()
		case <-tick.C:
			now = capture.Now()
			if reason, ended := t.rules.decide(t.facts(now)); ended {
				t.reason = reason
				return min(now, t.start.Add(t.rules.limit())), t.diskFault(reason)
			}
			t.watchFirst(now)
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

// hear acts on a message of the page.
func (t *take) hear(m layout.Message) (reason string, fault error, ended bool) {
	switch m.Type {
	case layout.MessageStop:
		if m.Text != "" {
			return ReasonPage + ": " + m.Text, nil, true
		}
		return ReasonPage, nil, true
	case layout.MessageFail:
		return ReasonFailure, &Fault{Class: ClassRoom, Op: "record the room", Err: errors.New("the page says: " + m.Text)}, true
	}
	return "", nil, false
}

func (t *take) facts(now Time) stopFacts {
	free, err := freeSpace(t.settings.Output)
	return stopFacts{Recorded: now.Sub(t.start), Free: free, FreeOK: err == nil}
}

// diskFault is the fault of a recording that ends because the disk is full.
func (t *take) diskFault(reason string) error {
	if reason != ReasonDiskFull {
		return nil
	}
	return &Fault{Class: ClassEncoder, Op: "write the recording", Err: errors.New("the disk is full"),
		Hint: "what was recorded so far is kept; free some space, or set --output to another disk"}
}

// watchFirst notes when the first picture (or, without pictures, sound) came.
func (t *take) watchFirst(Time) {
	if t.firstFrame != 0 {
		return
	}
	switch {
	case t.video != nil:
		select {
		case <-t.video.first:
		default:
			return
		}
	case !t.settings.AudioOnly && t.enc.Progress().Frames == 0:
		return
	}
	t.firstFrame = time.Since(t.began)
}

func (t *take) tellProgress(now Time, since time.Duration) {
	p := &Progress{
		Recorded: round(now.Sub(t.start).Seconds(), 1), Bytes: t.out.size(), LevelDBFS: t.sound.level(),
	}
	seen := t.enc.Progress().Frames
	if t.video != nil {
		seen, p.Dropped = t.video.counts()
	}
	if since < time.Minute { // not the first time
		p.FPS = round(float64(seen-t.lastSeen)/since.Seconds(), 1)
	}
	t.lastSeen = seen
	if step := t.stall.look(); step != 0 && t.engine == EngineX11 {
		t.notice("the machine's clock was set by %v; the picture moves against the sound by that much", step)
	}
	p.Upload = t.watchUpload()
	t.tell(Event{Type: EventProgress, Progress: p})
}

func ownPID() int { return os.Getpid() }
