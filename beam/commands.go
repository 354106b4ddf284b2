package beam

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"beam/beam/control"
	"beam/beam/roster"
	"beam/capture"
	"beam/layout"
)

// command is a request of the user that the loop carries out.
type command struct {
	pause  bool // else resume
	answer chan<- error
}

// commandLimit bounds how long a command may take.
const commandLimit = 10 * time.Second

// commander carries out what other processes ask of the recording. Its methods
// may be called from any goroutine.
type commander struct {
	about     control.Status // what does not change
	events    *announcer
	engines   *engineSwitch
	roster    *roster.Roster
	stop      func()                                       // ends the recording in order
	setLayout func(ctx context.Context, name string) error // of the page that is recorded
	setFilter func(ctx context.Context, f layout.Filter) error
	people    *people
	requests  chan command // for the loop
}

var _ control.Recording = (*commander)(nil)

// Status returns how the recording stands.
func (c *commander) Status() control.Status {
	s, now := c.about, c.events.standing()
	s.State, s.Notices, s.Engine = string(now.state), now.notices, c.engines.current()
	if p := now.progress; p != nil {
		s.RecordedSeconds, s.Bytes, s.FPS, s.LevelDBFS = p.Recorded, p.Bytes, p.FPS, p.LevelDBFS
		if p.Upload != nil {
			s.Upload = p.Upload.State
			s.UploadedBytes = p.Upload.Uploaded
		}
	}
	s.Layout = cmp.Or(c.roster.ShownLayout(), s.Layout)
	s.People, s.Recorded = c.roster.Count()
	s.Healthy = healthy(now, time.Now())
	return s
}

// healthyFor is how long a recording may tell nothing and still counts as
// healthy.
const healthyFor = 15 * time.Second

// healthy tells whether a recording does what it should: while recording,
// progress is told each second, and without it for long nothing is captured any
// more.
func healthy(s standing, now time.Time) bool {
	return s.state != StateFailed && (s.at.IsZero() || s.state == StateStopping || now.Sub(s.at) < healthyFor)
}

// Stop ends the recording in order.
func (c *commander) Stop() { c.stop() }

// Pause leaves out what happens from now on.
func (c *commander) Pause(ctx context.Context) error { return c.request(ctx, true) }

// Resume ends a pause.
func (c *commander) Resume(ctx context.Context) error { return c.request(ctx, false) }

func (c *commander) request(ctx context.Context, pause bool) error {
	if err := underWay(c.events.current()); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	answer := make(chan error, 1)
	select {
	case c.requests <- command{pause: pause, answer: answer}:
	case <-ctx.Done():
		return errors.New("the recording does not answer; it may be ending")
	}
	return <-answer
}

// underWay refuses what only a recording can do that has begun and not ended.
func underWay(s State) error {
	switch s {
	case StateRecording, StatePaused:
		return nil
	case StateStarting, StateJoining:
		return errors.New("it has not joined the room yet")
	}
	return fmt.Errorf("it has ended (%s)", s)
}

// SetLayout changes what is on the screen.
func (c *commander) SetLayout(ctx context.Context, name string) error {
	if err := underWay(c.events.current()); err != nil {
		return err
	}
	if !slices.Contains(layout.Names(), name) {
		return fmt.Errorf("layout %q is not known; there is: %s", name, strings.Join(layout.Names(), ", "))
	}
	return c.setLayout(ctx, name)
}

// Exclude leaves people out from now on.
func (c *commander) Exclude(ctx context.Context, names []string) error {
	return c.filter(ctx, without, names, "left out")
}

// Include records people who were left out.
func (c *commander) Include(ctx context.Context, names []string) error {
	return c.filter(ctx, with, names, "recorded")
}

func (c *commander) filter(ctx context.Context, change func(layout.Filter, []string) layout.Filter, names []string, what string) error {
	if err := underWay(c.events.current()); err != nil {
		return err
	}
	if err := c.setFilter(ctx, change(c.people.now(), names)); err != nil {
		return err
	}
	var at float64
	if p := c.events.standing().progress; p != nil {
		at = p.Recorded
	}
	c.events.notice("%s: %s from second %.0f on", strings.Join(names, ", "), what, at)
	return nil
}

// Mark adds a chapter.
func (c *commander) Mark(text string) error {
	if err := underWay(c.events.current()); err != nil {
		return err
	}
	c.roster.AddChapter(capture.Now(), text)
	return nil
}
