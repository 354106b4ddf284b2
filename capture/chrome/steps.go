package chrome

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"

	"beam/capture"
)

// StepKind is what a Step does.
type StepKind string

// The kinds of steps.
const (
	StepClick   StepKind = "click"    // press and release the left button in the middle of the element
	StepFill    StepKind = "fill"     // put Value in the place of what a field holds
	StepWaitFor StepKind = "wait-for" // wait until the element can be seen
)

// TextPrefix begins a Selector that is no CSS selector but the text that an
// element shows, or a part of it. White space counts as one space.
const TextPrefix = "text="

// Step is one thing that a person would do on a page before a meeting begins.
type Step struct {
	Kind     StepKind
	Selector string // CSS, or TextPrefix and a text; the first visible element that fits counts
	Value    Secret // of StepFill
}

// String returns the step without its value.
func (s Step) String() string { return fmt.Sprintf("%s %q", s.Kind, s.Selector) }

const (
	stepPoll = 50 * time.Millisecond
	stepHint = "check the selector in the developer tools of a browser; " +
		"closed shadow roots can't be reached"
)

//go:embed steps.js
var stepScript string

// want is what the script is called with.
type want struct {
	Selector string   `json:"selector,omitempty"`
	Text     *string  `json:"text,omitempty"`
	Kind     StepKind `json:"kind"`
	Phase    string   `json:"phase,omitempty"`
	Value    string   `json:"value"`
}

// got is what it answers.
type got struct {
	OK   bool    `json:"ok"`
	None bool    `json:"none"` // nothing to be seen fits the selector
	Bad  string  `json:"bad"`
	Why  string  `json:"why"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
	Kind string  `json:"kind"`
}

// DoAll does the steps one after the other, and takes the mouse away from the
// page, so that nothing is shown because it is there. Its error says which one
// failed.
func (p *Page) DoAll(ctx context.Context, steps []Step) error {
	if len(steps) > 0 {
		defer p.takeMouseAway(ctx)
		if p.b.windowed {
			defer p.run(func() { p.leaveFullScreen(context.WithoutCancel(ctx)) })
		}
	}
	for i, s := range steps {
		if err := p.Do(ctx, s); err != nil {
			var f *capture.Fault
			if len(steps) > 1 && errors.As(err, &f) && f.Class == capture.ClassRoom {
				f.Op = fmt.Sprintf("step %d of %d: %s", i+1, len(steps), f.Op)
			}
			return err
		}
	}
	return nil
}

// Do does one step with trusted input events, as of a mouse and a keyboard. It
// waits until ctx ends for an element that is visible, stands still and, for a
// click or a fill, is enabled and not covered; it scrolls it into view. Open
// shadow roots and all frames are searched too. A page that
// is left meanwhile is searched again once the next one is there. Do does not
// wait for what the step causes: that is for the next one.
//
// The error is a *capture.Fault of capture.ClassRoom that says how far the step
// got, or one of capture.ClassBrowser when the page was lost. The value of a
// step is in no error.
func (p *Page) Do(ctx context.Context, s Step) error {
	at, err := p.await(ctx, s)
	if err != nil || s.Kind == StepWaitFor {
		return err
	}
	if at.Kind == "set" {
		_, err := p.phase(ctx, s, "set")
		return err
	}
	if err := p.press(ctx, at); err != nil || s.Kind == StepClick {
		return p.callErr(s.String(), err)
	}
	if _, err := p.phase(ctx, s, "focus"); err != nil {
		return err
	}
	if s.Value != "" {
		if _, err := cdp.Call(ctx, p.target(), input.InsertText, input.InsertTextParams{Text: string(s.Value)}); err != nil {
			return p.callErr(s.String(), err)
		}
	}
	_, err = p.phase(ctx, s, "filled")
	return err
}

// await waits until the element of a step can be used. To be clicked it has to
// be at one place in two looks.
func (p *Page) await(ctx context.Context, s Step) (got, error) {
	var last got
	for {
		g, err := p.phase(ctx, s, "")
		if err != nil || s.Kind == StepWaitFor {
			return g, err
		}
		if last.OK && math.Abs(g.X-last.X) < 1 && math.Abs(g.Y-last.Y) < 1 {
			return g, nil
		}
		last = g
		select {
		case <-ctx.Done():
			return g, stepFault(ctx, s, "the element does not stand still")
		case <-time.After(stepPoll):
		}
	}
}

// phase asks the script until it answers that all is well.
func (p *Page) phase(ctx context.Context, s Step, phase string) (got, error) {
	w := want{Selector: s.Selector, Kind: s.Kind, Phase: phase, Value: string(s.Value)}
	if text, ok := strings.CutPrefix(s.Selector, TextPrefix); ok {
		text = strings.Join(strings.Fields(text), " ")
		w.Selector, w.Text = "", &text
	}
	arg, err := json.Marshal(w)
	if err != nil {
		return got{}, p.callErr(s.String(), err)
	}
	why := "the page does not answer"
	for {
		g, err := p.search(ctx, "("+stepScript+")("+string(arg)+")")
		switch {
		case p.Err() != nil:
			return got{}, p.Err()
		case err == nil:
			if g.Bad != "" {
				return g, &capture.Fault{Class: capture.ClassRoom, Op: s.String(), Err: errors.New(g.Bad), Hint: stepHint}
			}
			if g.OK {
				return g, nil
			}
			why = g.Why
		case ctx.Err() == nil: // it was left just now
			why = "the page is loading"
		}
		select {
		case <-ctx.Done():
			return got{}, stepFault(ctx, s, why)
		case <-p.lost:
			return got{}, p.err
		case <-time.After(stepPoll):
		}
	}
}

func stepFault(ctx context.Context, s Step, why string) error {
	return &capture.Fault{Class: capture.ClassRoom, Op: s.String(), Hint: stepHint,
		Err: fmt.Errorf("%s: %w", why, context.Cause(ctx))}
}

// takeMouseAway moves the mouse out of the page.
func (p *Page) takeMouseAway(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_, err := cdp.Call(ctx, p.target(), input.DispatchMouseEvent, input.DispatchMouseEventParams{
		Type: input.DispatchMouseEventTypeMouseMoved, X: -1, Y: -1})
	if err != nil && p.Err() == nil {
		p.b.log.Debug("mouse could not be taken away", "error", err)
	}
}

// fullScreenLooks are when it is looked whether an element fills the screen: a
// click lets a script ask for that for five seconds (HTML, transient activation).
var fullScreenLooks = []time.Duration{0, 300 * time.Millisecond, 700 * time.Millisecond, 2 * time.Second, 3 * time.Second}

// leaveFullScreen ends the full screen of an element, which Chrome announces in a
// bubble over the page. The page fills the window anyway.
func (p *Page) leaveFullScreen(ctx context.Context) {
	for _, wait := range fullScreenLooks {
		select {
		case <-p.done:
			return
		case <-p.lost:
			return
		case <-time.After(wait):
		}
		err := p.untilLeft(ctx, func(ctx context.Context) error {
			_, err := p.EvaluateApart(ctx, "Boolean(Reflect.get(Document.prototype, 'fullscreenElement', document) && Document.prototype.exitFullscreen.call(document))")
			return err
		})
		if err != nil {
			p.b.log.Debug("full screen could not be looked at", "error", err)
		}
	}
}

// press clicks at a place.
func (p *Page) press(ctx context.Context, at got) error {
	for _, ev := range []input.DispatchMouseEventParams{
		{Type: input.DispatchMouseEventTypeMouseMoved, X: at.X, Y: at.Y},
		{Type: input.DispatchMouseEventTypeMousePressed, X: at.X, Y: at.Y, Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1},
		{Type: input.DispatchMouseEventTypeMouseReleased, X: at.X, Y: at.Y, Button: input.MouseButtonLeft, ClickCount: 1},
	} {
		if _, err := cdp.Call(ctx, p.target(), input.DispatchMouseEvent, ev); err != nil {
			return err
		}
	}
	return nil
}
