package chrome

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/page"
)

// search asks the script of the steps in the page, and, where nothing in the page fits,
// in the frames that its scripts can't look into: those of other origins. The first
// frame that has something counts.
func (p *Page) search(ctx context.Context, expr string) (got, error) {
	v, _ := p.views.current()
	first, err := p.ask(ctx, v, v.frame(), expr)
	if err != nil || !first.None {
		return first, err
	}
	tree, err := cdp.Call(ctx, v.t, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		return first, nil // the page is being left, or soon has its frames
	}
	for _, frame := range foreign(tree.FrameTree) {
		g, err := p.ask(ctx, v, frame, expr)
		if err != nil || g.None {
			continue
		}
		if g.OK && g.Kind != "" && g.Kind != "set" {
			at, err := p.originOf(ctx, v, frame)
			if err != nil {
				continue // it goes just now
			}
			g.X, g.Y = g.X+at[0], g.Y+at[1]
		}
		return g, nil
	}
	return first, nil
}

// ask asks the script in one frame, which answers for those of its own origin too.
func (p *Page) ask(ctx context.Context, v *view, frame cdp.FrameID, expr string) (g got, err error) {
	raw, err := p.evaluateIn(ctx, v, frame, expr)
	if err != nil {
		return g, err
	}
	return g, json.Unmarshal(raw, &g)
}

// foreign returns the frames below a frame whose origin is not that of the frame around
// them, in the order of the page.
func foreign(tree *page.FrameTree) []cdp.FrameID {
	var found []cdp.FrameID
	for _, child := range tree.ChildFrames {
		if child.Frame.SecurityOrigin != tree.Frame.SecurityOrigin {
			found = append(found, child.Frame.ID)
		}
		found = append(found, foreign(child)...)
	}
	return found
}

// originOf returns where the content of a frame begins in the viewport of the page, in
// CSS pixels.
func (p *Page) originOf(ctx context.Context, v *view, frame cdp.FrameID) (at [2]float64, err error) {
	owner, err := cdp.Call(ctx, v.t, dom.GetFrameOwner, dom.GetFrameOwnerParams{FrameID: frame})
	if err != nil {
		return at, err
	}
	box, err := cdp.Call(ctx, v.t, dom.GetBoxModel, dom.GetBoxModelParams{BackendNodeID: owner.BackendNodeID})
	if err != nil {
		return at, err
	}
	if box.Model == nil || len(box.Model.Content) < 2 {
		return at, errors.New("the frame is not shown")
	}
	return [2]float64{box.Model.Content[0], box.Model.Content[1]}, nil
}
