package beam

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"beam/beam/remote"
	"beam/capture"
	"beam/layout"
)

// command is a wish of the user that control carries out.
type command struct {
	pause  bool
	answer chan<- error
}

// commandLimit bounds how long a command may take.
const commandLimit = 10 * time.Second

// obey carries out a command. It returns a verdict when the segment or pause
// ends by it.
func (t *take) obey(c command) (verdict, bool) {
	now := capture.Now()
	switch {
	case c.pause && t.state == StatePaused:
		c.answer <- errors.New("it is paused already")
	case !c.pause && t.state == StateRecording:
		c.answer <- errors.New("it is not paused")
	case c.pause:
		s := t.segments.last()
		end := s.whole(now, t.settings.FPS)
		if end <= s.start {
			c.answer <- errors.New("it has only just begun")
			return verdict{}, false
		}
		c.answer <- nil
		if t.meeting.chapters.pause {
			t.meeting.note(now, "Pause")
		}
		return verdict{next: nextPause, end: end}, true
	default:
		c.answer <- nil
		return verdict{next: nextResume, end: now}, true
	}
	return verdict{}, false
}

// The recorder is what the commands of other processes act upon.
var _ remote.Recording = (*recorder)(nil)

// Status returns how the recording stands.
func (r *recorder) Status() remote.Status {
	r.sinkMu.Lock()
	s := remote.Status{
		ID: r.settings.ID, State: string(r.state), Room: RedactURL(r.settings.Room), Output: r.settings.Output,
		StartedAt: r.began.UTC().Round(time.Millisecond), Engine: r.engine,
	}
	if p := r.progress; p != nil {
		s.RecordedSeconds, s.Bytes, s.FPS, s.LevelDBFS = p.Recorded, p.Bytes, p.FPS, p.LevelDBFS
		if p.Upload != nil {
			s.Upload = p.Upload.State
			s.UploadedBytes = p.Upload.Uploaded
		}
	}
	progressed := r.progressAt
	s.Notices = slices.Clone(r.notices)
	r.sinkMu.Unlock()
	s.Layout = firstText(r.meeting.shownLayout(), r.settings.Layout)
	s.People, s.Recorded = r.meeting.count()
	// While recording, a report of progress comes each second: without one for
	// long, nothing is captured any more.
	s.Healthy = s.State != string(StateFailed) &&
		(progressed.IsZero() || s.State == string(StateStopping) || time.Since(progressed) < healthyFor)
	return s
}

// healthyFor is how long a recording may tell nothing and still counts as well.
const healthyFor = 15 * time.Second

// Stop ends the recording in order.
func (r *recorder) Stop() { r.stopNow() }

// Pause and Resume leave out what happens in between.
func (r *recorder) Pause(ctx context.Context) error { return r.order(ctx, true) }

// Resume ends a pause.
func (r *recorder) Resume(ctx context.Context) error { return r.order(ctx, false) }

func (r *recorder) order(ctx context.Context, pause bool) error {
	if err := r.underWay(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	answer := make(chan error, 1)
	select {
	case r.commands <- command{pause: pause, answer: answer}:
	case <-ctx.Done():
		return errors.New("the recording does not answer; it may be ending")
	}
	return <-answer
}

// underWay refuses what only a recording can do that has begun and not ended.
func (r *recorder) underWay() error {
	r.sinkMu.Lock()
	defer r.sinkMu.Unlock()
	switch r.state {
	case StateRecording, StatePaused:
		return nil
	case StateStarting, StateJoining:
		return errors.New("it has not joined the room yet")
	}
	return fmt.Errorf("it has ended (%s)", r.state)
}

// SetLayout changes what is on the screen.
func (r *recorder) SetLayout(ctx context.Context, name string) error {
	if err := r.underWay(); err != nil {
		return err
	}
	if !slices.Contains(layout.Names(), name) {
		return fmt.Errorf("layout %q is not known; there is: %s", name, strings.Join(layout.Names(), ", "))
	}
	return r.setLayout(ctx, name)
}

func (r *recorder) setLayout(ctx context.Context, name string) error {
	page := r.studio.current()
	if page == nil {
		return errors.New("the browser is being started again; try again in some seconds")
	}
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	value, err := page.Evaluate(ctx, layout.Command(name))
	if err != nil {
		return err
	}
	var answer string
	if err := json.Unmarshal(value, &answer); err != nil || answer != "ok" {
		return fmt.Errorf("the page did not change its layout: %s", firstText(answer, "it can't"))
	}
	r.meeting.choose(name)
	return nil
}

// Mark adds a chapter.
func (r *recorder) Mark(text string) error {
	if err := r.underWay(); err != nil {
		return err
	}
	r.meeting.note(capture.Now(), text)
	return nil
}
