package doctor

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"beam/capture"
	"beam/capture/chrome"
)

// oldestChrome is the first major version whose --headless is the browser that
// people use; before it, that was another program with a renderer of its own.
const oldestChrome = 132

const chromeFix = "install Chromium (Debian: apt-get install chromium), or name another in BEAM_CHROME"

// browser is what was seen of Chrome.
type browser struct {
	Path    string
	FindErr error
	Version string // as it tells it when it runs: "Chrome 156.0.8078.79"
	Took    time.Duration
	// StartErr is why it did not start; NotTried why that was not tried.
	StartErr error
	NotTried string
}

// lookAtChrome starts Chrome as a recording does and ends it.
func lookAtChrome(ctx context.Context, e *examination) browser {
	var b browser
	if b.Path, b.FindErr = chrome.Find(e.options.Tools.Chrome); b.FindErr != nil {
		return b
	}
	dir, err := e.folder("chrome")
	if err != nil {
		b.NotTried = noFolder
		return b
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	began := time.Now()
	c, err := chrome.Launch(ctx, chrome.Options{Path: b.Path, Dir: dir, Size: capture.Size{Width: 1280, Height: 720}, Log: e.log})
	if err != nil {
		b.StartErr = err
		return b
	}
	b.Took, b.Version = time.Since(began), c.Version()
	if err := c.Close(ctx); err != nil {
		e.log.Warn("chrome did not close", "error", err)
	}
	return b
}

// Works tells that a recording can use this browser, as far as is known.
func (b browser) works() bool { return b.FindErr == nil && b.StartErr == nil && b.NotTried == "" }

func judgeChrome(b browser) Finding {
	f := Finding{ID: Chrome, Title: "Chrome", Status: OK, Data: map[string]any{"path": b.Path, "version": b.Version}}
	major, known := chromeMajor(b.Version)
	switch {
	case b.FindErr != nil:
		f.Status, f.Found, f.Fix = Problem, oneLine(b.FindErr), chromeFix
		f.Data = nil
	case b.StartErr != nil:
		f.Status, f.Found = Problem, fmt.Sprintf("%s does not start: %s", b.Path, oneLine(b.StartErr))
		f.Fix = fixFor(b.StartErr, "run it by hand and see what it says: "+b.Path+" --headless --dump-dom about:blank")
	case b.NotTried != "":
		f.Status, f.Found, f.Fix = Warning, fmt.Sprintf("%s; not started: %s", b.Path, b.NotTried), folderFix
	case known && major < oldestChrome:
		f.Status, f.Found = Warning, fmt.Sprintf("%s is older than %d, the oldest that Beam knows", b.Version, oldestChrome)
		f.Fix = "install a newer one (Debian: apt-get update && apt-get install chromium), or name another in BEAM_CHROME"
	default:
		f.Found = fmt.Sprintf("%s, starts in %.1f s (%s)", b.Version, b.Took.Seconds(), b.Path)
		f.Data["start_seconds"] = b.Took.Seconds()
	}
	return f
}

var chromeVersion = regexp.MustCompile(`(\d+)\.\d+\.\d+`)

// chromeMajor returns 156 for "Chrome 156.0.8078.79".
func chromeMajor(text string) (int, bool) {
	m := chromeVersion.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	major, err := strconv.Atoi(m[1])
	return major, err == nil
}
