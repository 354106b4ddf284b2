package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"beam/capture/chrome"
	"beam/capture/pulse"
	"beam/capture/x11"
)

// stage is a page in Chrome with a sound server and, for x11, a display: what
// is there before anything is recorded.
type stage struct {
	pulse   *pulse.Server
	x11     *x11.Server
	browser *chrome.Browser
	dir     string
}

func (b *bench) open(ctx context.Context, k kind, url string) (s *stage, err error) {
	s = &stage{}
	defer func() {
		if err != nil {
			s.close(ctx)
		}
	}()
	if s.dir, err = os.MkdirTemp("", "bm-"); err != nil {
		return s, err
	}
	for _, name := range []string{"p", "x", "c"} {
		if err := os.Mkdir(filepath.Join(s.dir, name), 0o700); err != nil {
			return s, err
		}
	}
	program, err := pulse.Find("")
	if err != nil {
		return s, err
	}
	if s.pulse, err = pulse.Start(ctx, pulse.Options{Path: program, Dir: filepath.Join(s.dir, "p"), Log: b.log}); err != nil {
		return s, err
	}
	o := chrome.Options{Dir: filepath.Join(s.dir, "c"), Size: size(k), PulseServer: s.pulse.Addr(), Log: b.log}
	if k.engine != "page" {
		if program, err = x11.Find(""); err != nil {
			return s, err
		}
		if s.x11, err = x11.Start(ctx, x11.Options{Path: program, Dir: filepath.Join(s.dir, "x"), Screen: x11.ScreenFor(size(k)), Log: b.log}); err != nil {
			return s, err
		}
		o.Display, o.XAuthority = s.x11.Display(), s.x11.XAuthority()
	}
	if o.Path, err = chrome.Find(""); err != nil {
		return s, err
	}
	if s.browser, err = chrome.Launch(ctx, o); err != nil {
		return s, err
	}
	_, err = s.browser.Open(ctx, chrome.OpenOptions{URL: url})
	return s, err
}

func (s *stage) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if s.browser != nil {
		_ = s.browser.Close(ctx)
	}
	if s.x11 != nil {
		_ = s.x11.Close(ctx)
	}
	if s.pulse != nil {
		_ = s.pulse.Close(ctx)
	}
	_ = os.RemoveAll(s.dir)
}

// roots returns the processes of the stage.
func (s *stage) roots() []int {
	roots := []int{s.browser.PID(), s.pulse.PID()}
	if s.x11 != nil {
		roots = append(roots, s.x11.PID())
	}
	return roots
}

// alone measures a page that nobody records.
func (b *bench) alone(ctx context.Context, k kind, url string) (figures, error) {
	f := none()
	s, err := b.open(ctx, k, url)
	if err != nil {
		return f, err
	}
	defer s.close(ctx)
	wait(ctx, 2*time.Second) // the page has loaded and joined
	w := startWatch(s.roots()...)
	from := time.Now()
	wait(ctx, settled+k.seconds(b.seconds))
	samples := w.end()
	usage(samples, from.Add(settled), time.Now(), &f)
	return f, ctx.Err()
}
