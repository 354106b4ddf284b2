package source

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/beam/procstat"
	"beam/capture"
	"beam/capture/chrome"
)

// How the page is watched.
const (
	heartbeatEvery = time.Second
	heartbeatLimit = time.Second      // of one heartbeat
	hungAfter      = 20 * time.Second // a page that works all that time without an answer hangs too
)

// Keeper keeps a joined page recorded: it watches all that the page needs, and
// replaces what is lost.
type Keeper struct {
	Source  *Source
	Losses  *Losses
	Gaps    *Gaps
	Log     *slog.Logger
	Notice  func(format string, args ...any)
	Capture func(context.Context, *chrome.Page) error // captures the page's frames until ctx ends or their source is lost
	Ask     func(context.Context)                     // asks the page for its own figures until ctx ends
	// JoinedAgain is called once the room was joined again.
	JoinedAgain func()
	// EncoderPID returns the process that does not count as stopped while the room
	// is joined again: the loop watches it.
	EncoderPID func() int
	// Renew gets why the browser is to be started anew although it is not lost yet.
	Renew <-chan error
}

// Keep captures the page's frames and watches all that the page needs, until
// ctx ends; then it returns nil. What is lost it replaces, one repair at a time:
// only this goroutine changes the source once the recording has begun. The error
// is what can't be replaced.
func (k *Keeper) Keep(ctx, hard context.Context) error {
	page := k.Source.current()
	for {
		err := k.usePage(ctx, page)
		if ctx.Err() != nil {
			return nil
		}
		if PageClosed(err) {
			return err
		}
		var lost *loss
		if !errors.As(err, &lost) {
			lost = &loss{what: LostBrowser, err: err}
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
func (k *Keeper) usePage(ctx context.Context, page *chrome.Page) error {
	select {
	case <-k.Renew: // asked of the browser before this one
	default:
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return k.awaitPage(ctx, page) })
	g.Go(func() error { return k.awaitRenewal(ctx) })
	g.Go(func() error { return k.heartbeat(ctx, page) })
	g.Go(func() error { return k.awaitDisplay(ctx) })
	g.Go(func() error { return k.awaitSoundLoss(ctx) })
	g.Go(func() error { return k.Capture(ctx, page) })
	g.Go(func() error { k.Ask(ctx); return nil })
	g.Go(func() error { k.reloadErrors(ctx, page); return nil })
	return g.Wait()
}

func (k *Keeper) awaitPage(ctx context.Context, page *chrome.Page) error {
	select {
	case <-ctx.Done():
		return nil
	case <-page.Lost():
		return &loss{what: LostBrowser, since: page.LostAt(), err: page.Err()}
	}
}

// awaitRenewal waits until somebody wants another browser.
func (k *Keeper) awaitRenewal(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case why := <-k.Renew:
		return &loss{what: LostMemory, err: why}
	}
}

func (k *Keeper) awaitDisplay(ctx context.Context) error {
	server, _ := k.Source.Display()
	if server == nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return nil
	case <-server.Done():
		return &loss{what: LostDisplay, err: server.Err()}
	}
}

func (k *Keeper) awaitSoundLoss(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case l := <-k.Source.soundLost:
			if server, _ := k.Source.SoundServer(); server == l.server {
				return &loss{what: LostSound, since: l.since, err: l.err}
			}
		}
	}
}

// hung tells whether a page that did not answer just now, and has been silent for so
// long, is lost: one that is busy answers late, and is waited for; one whose process
// was stopped won't answer.
func hung(silent time.Duration, stopped bool) bool { return stopped || silent >= hungAfter }

// heartbeat asks the page from time to time whether it is alive, so that a page
// that does not change and one that hangs are told apart. A page that is busy
// answers late, and is waited for; one whose process was stopped won't answer.
func (k *Keeper) heartbeat(ctx context.Context, page *chrome.Page) error {
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
		stopped := err != nil && procstat.AnyStopped(k.Source.BrowserPID(), 0)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			answered = now
		case hung(silent, stopped):
			return &loss{what: LostBrowser, since: answered, err: fmt.Errorf("the page has not answered for %v", silent.Round(time.Second))}
		default:
			k.Log.Debug("the page is slow to answer", "for", silent)
		}
	}
}

// PageClosed tells whether a fault only says that the page closed itself.
func PageClosed(err error) bool { return errors.Is(err, chrome.ErrPageClosed) }

// ErrEnded names the program whose end is the fault.
func ErrEnded(what string) error { return fmt.Errorf("%s ended by itself", what) }
