package beam

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/beam/fault"
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
	what  string       // lostBrowser, lostDisplay or lostSound
	since capture.Time // when it was seen alive last; 0 for until just now
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
	since  capture.Time // of the last sample that it gave
	err    error
}

// keeper keeps a joined page recorded: it watches all that the page needs, and
// replaces what is lost.
type keeper struct {
	source  *studio
	losses  *losses
	gaps    *gaps
	log     *slog.Logger
	notice  func(format string, args ...any)
	capture func(context.Context, *chrome.Page) error // captures the page's frames until ctx ends or their source is lost
	ask     func(context.Context)                     // asks the page for its own figures until ctx ends
	// joinedAgain is called once the room was joined again.
	joinedAgain func(context.Context)
	// encoderPID returns the process that does not count as stopped while the room
	// is joined again: the loop watches it.
	encoderPID func() int
}

// keep captures the page's frames and watches all that the page needs, until
// ctx ends; then it returns nil. What is lost it replaces, one repair at a time:
// only this goroutine changes the source once the recording has begun. The error
// is what can't be replaced.
func (k *keeper) keep(ctx, hard context.Context) error {
	page := k.source.current()
	for {
		err := k.usePage(ctx, page)
		if ctx.Err() != nil {
			return nil
		}
		if pageClosed(err) {
			return err
		}
		var lost *loss
		if !errors.As(err, &lost) {
			lost = &loss{what: lostBrowser, err: err}
		}
		if page, err = k.repair(ctx, hard, lost); err != nil || page == nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
}

// usePage captures the page's frames until the page, or something that it
// needs, is lost. It returns why: most often a *loss.
func (k *keeper) usePage(ctx context.Context, page *chrome.Page) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return k.awaitPage(ctx, page) })
	g.Go(func() error { return k.heartbeat(ctx, page) })
	g.Go(func() error { return k.awaitDisplay(ctx) })
	g.Go(func() error { return k.awaitSoundLoss(ctx) })
	g.Go(func() error { return k.capture(ctx, page) })
	g.Go(func() error { k.ask(ctx); return nil })
	return g.Wait()
}

func (k *keeper) awaitPage(ctx context.Context, page *chrome.Page) error {
	select {
	case <-ctx.Done():
		return nil
	case <-page.Lost():
		return &loss{what: lostBrowser, since: page.LostAt(), err: page.Err()}
	}
}

func (k *keeper) awaitDisplay(ctx context.Context) error {
	server, _ := k.source.display()
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

func (k *keeper) awaitSoundLoss(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case l := <-k.source.soundLost:
			if server, _ := k.source.sound(); server == l.server {
				return &loss{what: lostSound, since: l.since, err: l.err}
			}
		}
	}
}

// heartbeat asks the page from time to time whether it is alive, so that a page
// that does not change and one that hangs are told apart. A page that is busy
// answers late, and is waited for; one whose process was stopped won't answer.
func (k *keeper) heartbeat(ctx context.Context, page *chrome.Page) error {
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
		stopped := err != nil && anyStopped(k.source.browserPID(), 0)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			answered = now
		case stopped, silent >= hungAfter:
			return &loss{what: lostBrowser, since: answered, err: fmt.Errorf("the page has not answered for %v", silent.Round(time.Second))}
		default:
			k.log.Debug("the page is slow to answer", "for", silent)
		}
	}
}

// The delays before the tries of a repair; the last one repeats.
var repairDelays = []time.Duration{0, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

// repairFor is how long a lost source is tried to be replaced.
const repairFor = time.Minute

// repair puts new programs in the place of those that were lost, and joins the
// room again; nil for a room that is over. It tries until it succeeds, for repairFor; each try has the time
// that joining has. The frames of joining are not recorded: the last frame
// stands meanwhile.
func (k *keeper) repair(ctx, hard context.Context, lost *loss) (*chrome.Page, error) {
	began := capture.Now()
	what, since := lost.what, began
	if lost.since != 0 {
		since = lost.since
	}
	if !k.losses.allow(what, began) {
		return nil, lost.err
	}
	k.notice("the %s was lost, replacing it: %v", lost.what, lost.err)
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
		err = k.renew(ctx, hard, try > 0 || lost.what == lostSound, try > 0 || lost.what == lostDisplay)
		switch {
		case err == nil:
			page := k.source.current()
			now := capture.Now()
			k.gaps.add(what, since, now, lost.err)
			k.notice("the room was joined again %.1f s after the %s was lost", now.Sub(since).Seconds(), what)
			k.joinedAgain(ctx)
			return page, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
		var ended *endedError
		if errors.As(err, &ended) {
			k.source.tell(ended.message)
			return nil, nil // the loop ends the recording by the message
		}
		if !fault.Retryable(err) {
			return nil, &capture.Fault{Class: capture.ClassBrowser, Op: "join again", Err: err}
		}
		k.log.Info("joining again failed", "try", try+1, "error", err)
	}
}

// renew replaces the browser, the sound server and the display if asked to or if
// they have ended, and joins the room.
func (k *keeper) renew(ctx, hard context.Context, newSound, newDisplay bool) error {
	s := k.source
	s.closeBrowser(ctx, lostPatience)
	if sound, _ := s.sound(); newSound || sound.Err() != nil {
		if err := s.renewSound(hard); err != nil {
			return mayPass("replace the sound server", err)
		}
	}
	if display, _ := s.display(); s.Windowed && (newDisplay || display == nil || display.Err() != nil) {
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
	g.Go(func() error { return k.awaitServers(ctx) })
	return g.Wait()
}

// awaitServers returns what is lost of the programs while the room is joined
// again: a browser that was stopped, or whose display hangs, does not start, and
// does not say why.
func (k *keeper) awaitServers(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return k.awaitStopped(ctx) })
	g.Go(func() error { return k.awaitDisplay(ctx) })
	g.Go(func() error { return k.awaitSoundLoss(ctx) })
	if _, grab := k.source.display(); grab != nil {
		g.Go(func() error { return grab.RunCount(ctx) })
	}
	if err := g.Wait(); err != nil {
		return mayPass("join again", err)
	}
	return nil
}

// awaitStopped returns an error once one of Beam's programs, but for the encoder,
// has been stopped for a heartbeat.
func (k *keeper) awaitStopped(ctx context.Context) error {
	tick := time.NewTicker(heartbeatEvery)
	defer tick.Stop()
	for before := false; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := anyStopped(ownPID(), k.encoderPID())
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
