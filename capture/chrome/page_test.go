//go:build e2e

package chrome

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"

	"beam/capture"
)

// One browser gets over all of it.
func TestPage(t *testing.T) {
	b := launch(t, nil)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *Browser)
	}{
		{"crashes", testCrash},
		{"closes itself", testClosesItself},
		{"opens windows", testWindows},
		{"asks", testDialogs},
		{"hangs", testHangs},
		{"sends messages", testMessages},
		{"open is canceled", testOpenCanceled},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, b) })
	}
}

func testCrash(t *testing.T, b *Browser) {
	s := serve(t, map[string]string{"/": "<p>room"})
	p := open(t, b, OpenOptions{URL: s.URL})
	if err := p.Alive(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx := within(t)
	go func() { _, _ = cdp.Call(ctx, p.target(), page.Crash, cdp.Empty{}) }()
	err := p.Screencast(ctx, ScreencastOptions{}, func(capture.Frame) {})
	if !errors.Is(err, ErrPageCrashed) {
		t.Errorf("screencast: %v", err)
	}
	<-p.Lost()
	var f *capture.Fault
	if err := p.Err(); !errors.As(err, &f) || f.Class != capture.ClassBrowser || !errors.Is(err, ErrPageCrashed) {
		t.Error(err)
	}
	p.Close(t.Context())

	p = open(t, b, OpenOptions{URL: s.URL})
	if err := p.Alive(t.Context()); err != nil {
		t.Error(err)
	}
	checkGeometry(t, p, hd)
	if n := pages(t, b); n != 1 {
		t.Errorf("%d tabs", n)
	}
}

func testClosesItself(t *testing.T, b *Browser) {
	s := serve(t, map[string]string{"/": "<p>room"})
	p := open(t, b, OpenOptions{URL: s.URL})
	if _, err := p.Evaluate(t.Context(), "setTimeout(() => window.close(), 100)"); err != nil {
		t.Fatal(err)
	}
	err := p.Screencast(within(t), ScreencastOptions{}, func(capture.Frame) {})
	if !errors.Is(err, ErrPageClosed) {
		t.Fatal(err)
	}
	p.Close(t.Context())
	// A browser without a tab lives on, and takes the next page.
	p = open(t, b, OpenOptions{URL: s.URL})
	checkGeometry(t, p, hd)
}

// pages returns the number of tabs and windows.
func pages(t *testing.T, b *Browser) int {
	t.Helper()
	res, err := cdp.Call(t.Context(), b.cdp, target.GetTargets, target.GetTargetsParams{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, info := range res.TargetInfos {
		if info.Type == "page" {
			n++
		}
	}
	return n
}

// Tabs that the page opened are closed with it, and so are those that appear
// when no page is there to follow them.
func testWindows(t *testing.T, b *Browser) {
	s := serve(t, map[string]string{"/": "<p>room", "/popup": "<p>popup"})
	create := func() {
		t.Helper()
		_, err := cdp.Call(t.Context(), b.cdp, target.CreateTarget, target.CreateTargetParams{URL: s.URL + "/popup"})
		if err != nil {
			t.Fatal(err)
		}
	}
	p := open(t, b, OpenOptions{URL: s.URL})
	for range 3 {
		create()
	}
	waitFor(t, "the popup", func() bool {
		got, err := p.Evaluate(t.Context(), "document.visibilityState + location.pathname")
		return err == nil && string(got) == `"visible/popup"`
	})
	p.Close(within(t))
	waitFor(t, "one tab", func() bool { return pages(t, b) == 1 })
	create()
	waitFor(t, "one tab again", func() bool { return pages(t, b) == 1 })
	p = open(t, b, OpenOptions{URL: s.URL})
	if got, err := p.Evaluate(t.Context(), "document.visibilityState"); err != nil || string(got) != `"visible"` {
		t.Errorf("%s, %v", got, err)
	}
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("waited for %s", what)
}

func testDialogs(t *testing.T, b *Browser) {
	s := serve(t, map[string]string{
		"/": `<script>onbeforeunload = e => { e.preventDefault(); return "stay" };
			alert("hello"); __beamSend("alert over");
			__beamSend("confirm " + confirm("sure?")); __beamSend("prompt " + prompt("name?"))</script>`,
		"/next": "<p>next",
	})
	messages := newCollect()
	p := open(t, b, OpenOptions{URL: s.URL, OnMessage: messages.add})
	messages.wait(t, "alert over")
	messages.wait(t, "confirm false")
	messages.wait(t, "prompt null")
	if err := p.Alive(t.Context()); err != nil {
		t.Error(err)
	}
	p.Close(t.Context()) // is asked to stay
	open(t, b, OpenOptions{URL: s.URL + "/next"})
}

// withFlags returns a browser that is chromium with more flags.
func withFlags(t *testing.T, flags string) string {
	t.Helper()
	chromium, err := Find("")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "chrome")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexec "+chromium+" "+flags+` "$@"`), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPermissionsAreDenied(t *testing.T) {
	t.Parallel()
	// Without a camera there would be nothing to ask for.
	path := withFlags(t, "--use-fake-device-for-media-stream")
	s := serve(t, map[string]string{"/": "<p>room"})
	screen := display(t, capture.Size{Width: hd.Width + 16, Height: hd.Height + 16})
	for name, change := range map[string]func(*Options){
		"headless": func(o *Options) { o.Path = path },
		"window":   func(o *Options) { o.Path, o.Display = path, screen },
	} {
		t.Run(name, func(t *testing.T) {
			p := open(t, launch(t, change), OpenOptions{URL: s.URL})
			for expr, want := range map[string]string{
				`navigator.mediaDevices.getUserMedia({audio: true, video: true}).then(() => "granted", e => e.name)`: `"NotAllowedError"`,
				`Notification.requestPermission()`: `"denied"`,
				`new Promise(r => navigator.geolocation.getCurrentPosition(() => r("granted"), e => r(e.code)))`: `1`,
			} {
				got, err := p.Evaluate(within(t), expr)
				if err != nil || string(got) != want {
					t.Errorf("%s: %s, %v", expr, got, err)
				}
			}
		})
	}
}

func testHangs(t *testing.T, b *Browser) {
	s := serve(t, map[string]string{"/": "<p>room"})
	p := open(t, b, OpenOptions{URL: s.URL})
	if _, err := p.Evaluate(t.Context(), "setTimeout(() => { for (;;); }, 0)"); err != nil {
		t.Fatal(err)
	}
	var err error
	waitFor(t, "the page to hang", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		err = p.Alive(ctx)
		return err != nil
	})
	if !errors.Is(err, context.DeadlineExceeded) || p.Err() != nil {
		t.Errorf("%v, %v", err, p.Err())
	}
	// It can't be left; the next page gets a tab of its own.
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	p.Close(ctx)
	p = open(t, b, OpenOptions{URL: s.URL})
	if err := p.Alive(t.Context()); err != nil {
		t.Error(err)
	}
}
