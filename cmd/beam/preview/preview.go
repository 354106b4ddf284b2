// Package preview draws layouts with made-up people, in a browser of its own.
//
// It must not know of a recording.
package preview

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"beam/beam"
	"beam/beam/fault"
	"beam/beam/source"
	"beam/capture"
	"beam/capture/chrome"
	"beam/layout"
)

// Layout is a layout with made-up people, to be drawn.
type Layout struct {
	Name   string
	Size   capture.Size
	People int
	Share  bool // one of them shares a screen
	Theme  layout.Theme
	Chrome string // path of the browser; "" looks in PATH
}

// previewLimit bounds the making of one picture.
const previewLimit = 60 * time.Second

// PNG makes the picture in a browser of its own. Errors are faults.
func (p Layout) PNG(ctx context.Context, log *slog.Logger) (png []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, previewLimit)
	defer cancel()
	orientation := "landscape"
	if p.Size.Height > p.Size.Width {
		orientation = "portrait"
	}
	script, err := layout.Preview(layout.Request{
		Layout: p.Name, Orientation: orientation, Width: p.Size.Width, Height: p.Size.Height, Name: "Beam", Theme: p.Theme,
	})
	if err != nil {
		return nil, fault.Refuse("", "%w", err)
	}
	path, err := chrome.Find(p.Chrome)
	if err != nil {
		return nil, err
	}
	dir, remove, err := beam.PrivateFolder("")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	own, err := source.ServeSite(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, layout.PreviewPage()) // the browser may be gone
	}), log)
	if err != nil {
		return nil, &fault.Fault{Class: fault.ClassInternal, Op: "serve the preview", Err: err}
	}
	defer func() { err = errors.Join(err, own.Close()) }()
	browser, err := chrome.Launch(ctx, chrome.Options{Path: path, Dir: dir, Size: p.Size, Log: log})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, browser.Close(context.WithoutCancel(ctx))) }()
	url := fmt.Sprintf("%s?people=%d", own.URL, p.People)
	if p.Share {
		url += "&share=1"
	}
	// Each of them is on the screen when it tells of its layout and its people;
	// the pictures follow within a second.
	shown := make(chan struct{}, 64)
	page, err := browser.Open(ctx, chrome.OpenOptions{URL: url, Script: script, OnMessage: func(payload string) {
		if strings.Contains(payload, `"ready"`) {
			select {
			case shown <- struct{}{}:
			default:
			}
		}
	}})
	if err != nil {
		return nil, err
	}
	select {
	case <-shown:
	case <-ctx.Done():
		return nil, &fault.Fault{Class: fault.ClassInternal, Op: "preview the layout", Err: errors.New("the page showed nobody")}
	}
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
	}
	return page.Screenshot(ctx)
}
