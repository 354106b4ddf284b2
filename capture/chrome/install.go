package chrome

import (
	"context"
	_ "embed"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// prepare makes the first view of a page ready for its address.
func (p *Page) prepare(ctx context.Context, v *view) error {
	if err := p.locate(ctx); err != nil {
		return err
	}
	if err := p.allow(ctx, v); err != nil {
		return err
	}
	for _, c := range p.installs() {
		if err := v.t.Call(ctx, c.method, c.params, nil); err != nil {
			return err
		}
	}
	return v.calm(ctx)
}

//go:embed quiet.js
var quietScript string

// call is a command of the protocol.
type call struct {
	method string
	params any
}

// installs are the commands that set up a session: what the page finds, and what
// the browser is to do where it would ask somebody.
func (p *Page) installs() []call {
	yes := true
	patterns, logins := p.gate.patterns(p.b.windowed)
	calls := []call{
		{page.CommandEnable, page.EnableParams{}},
		{runtime.CommandAddBinding, runtime.AddBindingParams{Name: bindingName}},
		// Who chooses a file chooses none.
		{page.CommandSetInterceptFileChooserDialog, page.SetInterceptFileChooserDialogParams{Enabled: true, Cancel: &yes}},
	}
	if p.b.windowed {
		// Passkeys are asked for over the page.
		calls = append(calls, call{webauthn.CommandEnable, webauthn.EnableParams{}},
			call{page.CommandAddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: quietScript}})
	} else {
		w, h := int64(p.b.size.Width), int64(p.b.size.Height)
		calls = append(calls, call{emulation.CommandSetUserAgentOverride, p.b.agent},
			call{emulation.CommandSetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
				Width: w, Height: h, ScreenWidth: w, ScreenHeight: h, DeviceScaleFactor: 1}})
	}
	if p.o.Script != "" {
		calls = append(calls, call{page.CommandAddScriptToEvaluateOnNewDocument,
			page.AddScriptToEvaluateOnNewDocumentParams{Source: p.o.Script}})
	}
	for _, script := range p.later.list() {
		calls = append(calls, call{page.CommandAddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}})
	}
	if p.o.IgnoreCSP {
		calls = append(calls, call{page.CommandSetBypassCSP, page.SetBypassCSPParams{Enabled: true}})
	}
	return append(calls, call{fetch.CommandEnable, fetch.EnableParams{Patterns: patterns, HandleAuthRequests: &logins}})
}

// calm ends what chromedp asks for of each page and nobody here does: the document
// tree and the style sheets, which a busy room pays for.
func (v *view) calm(ctx context.Context) error {
	if err := do(ctx, v.t, css.Disable, cdp.Empty{}); err != nil {
		return err
	}
	return do(ctx, v.t, dom.Disable, cdp.Empty{})
}

// unhear ends the reports of a view's requests: each message of each WebSocket
// would be one. Those that fail are told by the browser's log.
func (v *view) unhear(ctx context.Context) error {
	v.unheard.Store(true)
	return do(ctx, v.t, network.Disable, cdp.Empty{})
}

// do calls a command whose answer is of no interest.
func do[P, R any](ctx context.Context, t *chromedp.Target, command cdp.Command[P, R], params P) error {
	_, err := cdp.Call(ctx, t, command, params)
	return err
}
