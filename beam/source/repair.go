package source

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/beam/fault"
	"beam/beam/procstat"
	"beam/capture"
	"beam/capture/chrome"
	"beam/layout"
)

// The delays before the tries of a repair; the last one repeats.
var repairDelays = []time.Duration{0, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

// delayBefore returns how long is waited before a try, the first being 0.
func delayBefore(try int) time.Duration { return repairDelays[min(try, len(repairDelays)-1)] }

// replaced tells what a try of a repair replaces beside the browser: what was lost.
// What hangs is not known once a try has failed, so the next ones replace all.
func replaced(what string, try int) (sound, display bool) {
	return try > 0 || what == LostSound, try > 0 || what == LostDisplay
}

// repairFor is how long a lost source is tried to be replaced.
const repairFor = time.Minute

// repair puts new programs in the place of those that were lost, and joins the
// room again; nil for a room that is over. It tries until it succeeds, for repairFor; each try has the time
// that joining has. The frames of joining are not recorded: the last frame
// stands meanwhile.
func (k *Keeper) repair(ctx, hard context.Context, lost *loss) (*chrome.Page, error) {
	began := capture.Now()
	what, since := lost.what, began
	if lost.since != 0 {
		since = lost.since
	}
	if !k.Losses.Allow(what, began) && what != LostMemory { // that one is no failure of a program
		return nil, lost.err
	}
	k.Notice("%s", lost.beginning())
	var err error
	for try := 0; ; try++ {
		delay := delayBefore(try)
		if capture.Now().Sub(began)+delay > repairFor {
			return nil, unrepaired(what, err)
		}
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		newSound, newDisplay := replaced(lost.what, try)
		err = k.renew(ctx, hard, newSound, newDisplay)
		switch {
		case err == nil:
			page := k.Source.current()
			now := capture.Now()
			k.Gaps.Add(what, since, now, lost.err)
			k.Notice("%s", lost.end(now.Sub(since)))
			k.JoinedAgain()
			return page, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
		var ended *endedError
		if errors.As(err, &ended) {
			k.Source.deliver(ended.message)
			return nil, nil // the loop ends the recording by the message
		}
		if !fault.Retryable(err) {
			return nil, unrepaired(what, err)
		}
		k.Log.Info("joining again failed", "try", try+1, "error", err)
	}
}

// unrepaired is the fault of what was lost and could not be replaced.
func unrepaired(what string, err error) error {
	if what == LostSound {
		return &capture.Fault{Class: capture.ClassAudio, Op: "replace the sound server", Err: err}
	}
	return &capture.Fault{Class: capture.ClassBrowser, Op: "join again", Err: err}
}

// renew replaces the browser, the sound server and the display if asked to or if
// they have ended, and joins the room.
func (k *Keeper) renew(ctx, hard context.Context, newSound, newDisplay bool) error {
	s := k.Source
	s.CloseBrowser(ctx, LostPatience)
	if sound, _ := s.SoundServer(); newSound || sound.Err() != nil {
		if err := s.renewSound(hard); err != nil {
			return mayPass("replace the sound server", err)
		}
	}
	if display, _ := s.Display(); s.Windowed && (newDisplay || display == nil || display.Err() != nil) {
		if err := s.renewDisplay(hard); err != nil {
			return mayPass("replace the display", err)
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	ctx, joined := context.WithCancel(ctx)
	defer joined()
	g.Go(func() error {
		defer joined()
		if err := s.Launch(ctx); err != nil {
			return err
		}
		_, err := s.Join(ctx)
		return err
	})
	g.Go(func() error { return k.awaitServers(ctx) })
	return g.Wait()
}

// awaitServers returns what is lost of the programs while the room is joined
// again: a browser that was stopped, or whose display hangs, does not start, and
// does not say why.
func (k *Keeper) awaitServers(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return k.awaitStopped(ctx) })
	g.Go(func() error { return k.awaitDisplay(ctx) })
	g.Go(func() error { return k.awaitSoundLoss(ctx) })
	if _, grab := k.Source.Display(); grab != nil {
		g.Go(func() error { return grab.RunCount(ctx) })
	}
	if err := g.Wait(); err != nil {
		return mayPass("join again", err)
	}
	return nil
}

// awaitStopped returns an error once one of Beam's programs, but for the encoder,
// has been stopped for a heartbeat.
func (k *Keeper) awaitStopped(ctx context.Context) error {
	tick := time.NewTicker(heartbeatEvery)
	defer tick.Stop()
	for before := false; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := procstat.AnyStopped(os.Getpid(), k.EncoderPID())
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
