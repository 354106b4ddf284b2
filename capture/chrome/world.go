package chrome

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"

	"beam/capture"
)

// worldName names the world in which Beam's own questions are asked.
const worldName = "beam"

// EvaluateApart is Evaluate in a world of its own (Page.createIsolatedWorld):
// the expression sees the page's document and the browser's own functions, and
// none of what the page's scripts have put in their place.
func (p *Page) EvaluateApart(ctx context.Context, expr string) ([]byte, error) {
	v, _ := p.views.current()
	return p.evaluateApart(ctx, v, expr)
}

func (p *Page) evaluateApart(ctx context.Context, v *view, expr string) ([]byte, error) {
	return p.evaluateIn(ctx, v, v.frame(), expr)
}

// evaluateIn is evaluateApart in one of the frames.
func (p *Page) evaluateIn(ctx context.Context, v *view, frame cdp.FrameID, expr string) ([]byte, error) {
	const op = "ask the page"
	world, err := cdp.Call(ctx, v.t, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{
		FrameID: frame, WorldName: worldName})
	if err != nil {
		return nil, p.callErr(op, err)
	}
	return p.evaluate(ctx, v, op, runtime.EvaluateParams{Expression: expr, ContextID: world.ExecutionContextID})
}

// Evaluate runs an expression in the page's main frame, waits for it when it is
// a promise, and returns its value as JSON ("null" for undefined). It runs among
// the page's own scripts, which may have replaced anything that it uses.
func (p *Page) Evaluate(ctx context.Context, expr string) ([]byte, error) {
	v, _ := p.views.current()
	return p.evaluate(ctx, v, "evaluate in the page", runtime.EvaluateParams{Expression: expr})
}

func (p *Page) evaluate(ctx context.Context, v *view, op string, params runtime.EvaluateParams) ([]byte, error) {
	yes := true
	params.ReturnByValue, params.AwaitPromise = &yes, &yes
	res, err := cdp.Call(ctx, v.t, runtime.Evaluate, params)
	if err != nil {
		return nil, p.callErr(op, err)
	}
	if res.ExceptionDetails != nil {
		return nil, p.callErr(op, errors.New(exceptionText(res.ExceptionDetails)))
	}
	if len(res.Result.Value) == 0 {
		if v := res.Result.UnserializableValue; v != "" {
			return nil, p.callErr(op, fmt.Errorf("%s is not JSON", v))
		}
		return []byte("null"), nil
	}
	return res.Result.Value, nil
}

// Geometry returns the size of the page in CSS pixels and how many pixels of
// the picture one of them has.
func (p *Page) Geometry(ctx context.Context) (capture.Size, float64, error) {
	raw, err := p.EvaluateApart(ctx, "[innerWidth, innerHeight, devicePixelRatio]")
	if err != nil {
		return capture.Size{}, 0, err
	}
	size, scale, err := parseGeometry(raw)
	return size, scale, p.callErr("measure the page", err)
}

// parseGeometry reads [innerWidth, innerHeight, devicePixelRatio].
func parseGeometry(raw []byte) (capture.Size, float64, error) {
	var v []float64
	if err := json.Unmarshal(raw, &v); err != nil {
		return capture.Size{}, 0, err
	}
	if len(v) != 3 {
		return capture.Size{}, 0, fmt.Errorf("%d numbers", len(v))
	}
	return capture.Size{Width: int(v[0]), Height: int(v[1])}, v[2], nil
}
