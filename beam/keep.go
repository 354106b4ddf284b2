package beam

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/capture"
	"beam/capture/chrome"
	"beam/capture/pulse"
	"beam/layout"
)

// How the page is watched.
const (
	heartbeatEvery = time.Second
	heartbeatLimit = time.Second      // of one heartbeat
	hungAfter      = 20 * time.Second // a page that works all that time without an answer hangs too
)

// What a recording may lose before that ends it: mostLost of a kind within
// lostWithin. A fault that comes once an hour is repaired as often as it comes.
const (
	mostLost   = 3
	lostWithin = 10 * time.Minute
)

// loss is what was lost of the source of a recording.
type loss struct {
	what  string // lostBrowser, lostDisplay or lostSound
	since Time   // when it was seen alive last; 0 for until just now
	err   error
}

func (l *loss) Error() string { return l.err.Error() }
func (l *loss) Unwrap() error { return l.err }

// What can be lost. These words are in notices and reports.
const (
	lostBrowser = "browser"
	lostDisplay = "display"
	lostSound   = "sound server"
	lostEncoder = "encoder"
)

// soundLoss is the loss of one sound server.
type soundLoss struct {
	server *pulse.Server
	since  Time // of the last sample that it gave
	err    error
}

// keep captures the page's frames and watches all that the page needs, until
// ctx ends. What is lost it replaces, one repair at a time: only this goroutine
// changes the studio once the recording has begun.
func (t *take) keep(ctx, hard context.Context) {
	page := t.studio.current()
	for {
		err := t.usePage(ctx, page)
		if ctx.Err() != nil {
			return
		}
		if pageClosed(err) {
			t.report(err)
			return
		}
		var lost *loss
		if !errors.As(err, &lost) {
			lost = &loss{what: lostBrowser, err: err}
		}
		if page, err = t.repair(ctx, hard, lost); err != nil {
			if ctx.Err() == nil {
				t.report(err)
			}
			return
		}
	}
}

// usePage captures the page's frames until the page, or something that it
// needs, is lost. It returns why: most often a *loss.
func (t *take) usePage(ctx context.Context, page *chrome.Page) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return t.awaitPage(ctx, page) })
	g.Go(func() error { return t.heartbeat(ctx, page) })
	g.Go(func() error { return t.awaitDisplay(ctx) })
	g.Go(func() error { return t.awaitSoundLoss(ctx) })
	g.Go(func() error { return t.captureFrames(ctx, page) })
	g.Go(func() error { return t.askPage(ctx) })
	return g.Wait()
}

func (t *take) awaitPage(ctx context.Context, page *chrome.Page) error {
	select {
	case <-ctx.Done():
		return nil
	case <-page.Lost():
		return &loss{what: lostBrowser, since: page.LostAt(), err: page.Err()}
	}
}

func (t *take) awaitDisplay(ctx context.Context) error {
	server, _ := t.studio.display()
	if server == nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return nil
	case <-server.Done():
		return &loss{what: lostDisplay, err: server.Err()}
	}
}

func (t *take) awaitSoundLoss(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case l := <-t.soundLost:
			if server, _ := t.studio.sound(); server == l.server {
				return &loss{what: lostSound, since: l.since, err: l.err}
			}
		}
	}
}

// heartbeat asks the page from time to time whether it is alive, so that a page
// that does not change and one that hangs are told apart. A page that is busy
// answers late, and is waited for; one whose process was stopped won't answer.
func (t *take) heartbeat(ctx context.Context, page *chrome.Page) error {
	tick := time.NewTicker(heartbeatEvery)
	defer tick.Stop()
	answered := capture.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		one, cancel := context.WithTimeout(ctx, heartbeatLimit)
		err := page.Alive(one)
		cancel()
		now := capture.Now()
		silent := now.Sub(answered)
		stopped := err != nil && anyStopped(t.studio.browserPID(), 0)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			answered = now
		case stopped, silent >= hungAfter:
			return &loss{what: lostBrowser, since: answered, err: fmt.Errorf("the page has not answered for %v", silent.Round(time.Second))}
		default:
			t.log.Debug("the page is slow to answer", "for", silent)
		}
	}
}

// The delays before the tries of a repair; the last one repeats.
var repairDelays = []time.Duration{0, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

// repairFor is how long a lost source is tried to be replaced.
const repairFor = time.Minute

// repair puts new programs in the place of those that were lost, and joins the
// room again. It tries until it succeeds, for repairFor; each try has the time
// that joining has. The frames of joining are not recorded: the last frame
// stands meanwhile.
func (t *take) repair(ctx, hard context.Context, lost *loss) (*chrome.Page, error) {
	began := capture.Now()
	what, since := lost.what, began
	if lost.since != 0 {
		since = lost.since
	}
	if !t.losses.allow(what, began) {
		return nil, lost.err
	}
	t.notice("the %s was lost, replacing it: %v", lost.what, lost.err)
	var err error
	for try := 0; ; try++ {
		delay := repairDelays[min(try, len(repairDelays)-1)]
		if capture.Now().Sub(began)+delay > repairFor {
			return nil, &capture.Fault{Class: capture.ClassBrowser, Op: "join again", Err: err}
		}
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		// What hangs is not known once a try has failed: the next replaces all.
		err = t.renew(ctx, hard, try > 0 || lost.what == lostSound, try > 0 || lost.what == lostDisplay)
		switch {
		case err == nil:
			page := t.studio.current()
			now := capture.Now()
			t.gaps.add(what, since, now, lost.err)
			t.notice("the room was joined again %.1f s after the %s was lost", now.Sub(since).Seconds(), what)
			t.meeting.rejoined()
			t.restoreLayout(ctx)
			return page, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
		var ended *endedError
		if errors.As(err, &ended) {
			t.studio.tell(ended.message)
			return nil, ctx.Err() // control ends the recording
		}
		if !worthRetrying(err) {
			return nil, &capture.Fault{Class: capture.ClassBrowser, Op: "join again", Err: err}
		}
		t.log.Info("joining again failed", "try", try+1, "error", err)
	}
}

// renew replaces the browser, the sound server and the display if asked to or if
// they have ended, and joins the room.
func (t *take) renew(ctx, hard context.Context, newSound, newDisplay bool) error {
	s := t.studio
	s.closeBrowser(ctx, lostPatience)
	if sound, _ := s.sound(); newSound || sound.Err() != nil {
		if err := s.renewSound(hard); err != nil {
			return mayPass("replace the sound server", err)
		}
	}
	if display, _ := s.display(); s.windowed && (newDisplay || display == nil || display.Err() != nil) {
		if err := s.renewDisplay(hard); err != nil {
			return mayPass("replace the display", err)
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	ctx, joined := context.WithCancel(ctx)
	defer joined()
	g.Go(func() error {
		defer joined()
		if err := s.launch(ctx); err != nil {
			return err
		}
		_, err := s.join(ctx)
		return err
	})
	g.Go(func() error { return t.awaitServers(ctx) })
	return g.Wait()
}

// awaitServers returns what is lost of the programs while the room is joined
// again: a browser that was stopped, or whose display hangs, does not start, and
// does not say why.
func (t *take) awaitServers(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return t.awaitStopped(ctx) })
	g.Go(func() error { return t.awaitDisplay(ctx) })
	g.Go(func() error { return t.awaitSoundLoss(ctx) })
	if _, grab := t.studio.display(); grab != nil {
		g.Go(func() error { return grab.RunCount(ctx) })
	}
	if err := g.Wait(); err != nil {
		return mayPass("join again", err)
	}
	return nil
}

// awaitStopped returns an error once one of Beam's programs, but for the encoder,
// has been stopped for a heartbeat.
func (t *take) awaitStopped(ctx context.Context) error {
	tick := time.NewTicker(heartbeatEvery)
	defer tick.Stop()
	for before := false; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := anyStopped(ownPID(), t.segments.last().enc.PID())
		if before && now {
			return errors.New("a program that was started is stopped")
		}
		before = now
	}
}

// mayPass is the fault of a program that did start when the recording began.
func mayPass(op string, err error) error {
	return &capture.Fault{Class: capture.ClassEnvironment, Op: op, Err: err, Passing: true}
}

// restoreLayout brings a page that was joined again to the layout that was
// chosen while recording.
func (t *take) restoreLayout(ctx context.Context) {
	if name := t.meeting.chosenLayout(); name != "" {
		if err := t.setLayout(ctx, name); err != nil {
			t.notice("the layout %s was not restored: %v", name, err)
		}
	}
}

// endedError is the error of joining a meeting that is over, or that the
// recorder was removed from.
type endedError struct{ message layout.Message }

func (e *endedError) Error() string {
	text := map[string]string{
		layout.MessageEnded: "the meeting has ended", layout.MessageKicked: "the recorder was removed from the room",
	}[e.message.Type]
	if e.message.Text != "" {
		text += ": " + e.message.Text
	}
	return text
}
