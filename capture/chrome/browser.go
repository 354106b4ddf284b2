package chrome

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"golang.org/x/sys/unix"

	"beam/capture"
)

// Options say which browser to start and how.
type Options struct {
	Path        string       // what Find returned
	Dir         string       // a private folder of the caller; everything the browser writes goes below it
	Size        capture.Size // of the page, in pixels
	Display     string       // X display (":7") to open a window on, 16 pixels larger than Size both ways; "" for headless
	XAuthority  string       // X authority file for Display; may be empty
	PulseServer string       // PulseAudio server that takes the sound ("unix:/..."); "" for no sound
	Log         *slog.Logger // nil for none

	// SilentDevices gives pages a camera that sees black and a microphone that
	// hears nothing, and lets them use both.
	SilentDevices bool
	// CAFile is a PEM file with authorities that are trusted beside Chrome's own,
	// or with the certificate of a server that certified itself; "" for none.
	CAFile string
	// IgnoreHTTPSErrors takes every certificate of every server for good.
	IgnoreHTTPSErrors bool
}

// ErrClosed is what Page.Err wraps when the page ended because Browser.Close
// was called.
var ErrClosed = errors.New("browser was closed")

// Browser is a running Chrome with one tab.
type Browser struct {
	size     capture.Size
	windowed bool
	silent   bool // it has the silent devices
	log      *slog.Logger
	proxies  proxies
	proc     *process
	pipe     *pipe
	cdp      *chromedp.Browser
	folders  folders
	version  string
	agent    emulation.SetUserAgentOverrideParams

	// attach opens a session to a tab. It holds the context from which
	// chromedp takes the connection.
	attach func(tabID, func(any)) (context.Context, context.CancelFunc)
	end    context.CancelFunc // ends the connection and all sessions
	wg     sync.WaitGroup
	done   chan struct{}

	tabs tabs

	closing   chan struct{} // closed when Close begins
	closeOnce sync.Once
	closeErr  error
	err       error        // valid once done is closed
	gone      capture.Time // the same: when its end was seen first
}

// Launch starts a browser and connects to it. ctx limits the start only; the
// browser runs until Close, until it dies, or until this process does. Errors
// are *capture.Fault of capture.ClassEnvironment.
func Launch(ctx context.Context, o Options) (*Browser, error) {
	const op = "start chrome"
	if o.Size.Width <= 0 || o.Size.Height <= 0 {
		return nil, &capture.Fault{Class: capture.ClassUsage, Op: op, Err: fmt.Errorf("size %s", o.Size)}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	with, err := prepare(o)
	if err != nil {
		return nil, err
	}
	// The browser outlives the start.
	proc, answers, commands, err := startProcess(context.WithoutCancel(ctx), o.Path, arguments(o, with.folders, with.trust, look()), with.env, with.folders.home)
	if err != nil {
		return nil, &capture.Fault{Class: capture.ClassEnvironment, Op: op, Hint: program.Hint(),
			Err: errors.Join(err, with.folders.remove())}
	}
	b := &Browser{
		size: o.Size, windowed: o.Display != "", silent: o.SilentDevices, log: o.Log,
		proc: proc, pipe: newPipe(answers, commands), folders: with.folders, proxies: with.proxies,
		done: make(chan struct{}), closing: make(chan struct{}),
	}
	if err := b.connect(ctx); err != nil {
		return nil, b.startFault(ctx, err)
	}
	return b, nil
}

// Unboxed returns why Chrome runs without its sandbox, "" when it has it.
func Unboxed() string {
	switch m := look(); {
	case m.unboxed:
		return NoSandboxVariable + " is set"
	case m.root:
		return "Chrome has none for root; run Beam as another user"
	}
	return ""
}

// look reads what the flags depend on.
func look() machine {
	m := machine{root: os.Geteuid() == 0}
	m.unboxed, _ = strconv.ParseBool(os.Getenv(NoSandboxVariable)) // anything else leaves the sandbox on
	var st unix.Statfs_t
	if unix.Statfs("/dev/shm", &st) == nil {
		m.sharedMem = st.Bavail * uint64(st.Bsize)
	}
	return m
}

// connect makes the connection, prepares the browser and finds its tab. After
// an error the browser must still be taken down.
func (b *Browser) connect(ctx context.Context) error {
	// The connection outlives the start.
	root, end := context.WithCancel(context.WithoutCancel(ctx))
	alloc, _ := chromedp.NewAllocatorContext(root, attacher{b.pipe})
	logf := func(level slog.Level) func(string, ...any) {
		return func(format string, args ...any) {
			b.log.Log(root, level, "chromedp", "message", fmt.Sprintf(format, args...))
		}
	}
	conn, cancel := chromedp.NewContext(alloc,
		chromedp.WithBrowserOption(
			chromedp.WithBrowserLogf(logf(slog.LevelDebug)),
			chromedp.WithBrowserErrorf(logf(slog.LevelDebug))))
	b.end = func() { cancel(); end() }
	b.tabs.init()

	// The first call makes the connection; that one doesn't wait.
	if err := chromedp.ListenBrowser(conn, b.tabs.onEvent); err != nil {
		b.pipe.Close()
		return err
	}
	b.cdp = chromedp.FromContext(conn).Browser
	b.attach = func(tab tabID, listen func(any)) (context.Context, context.CancelFunc) {
		return chromedp.NewContext(conn, chromedp.WithTargetID(tab),
			chromedp.WithDetachOnCancel(), chromedp.WithListener(listen))
	}
	b.wg.Go(b.watch)

	v, err := cdp.Call(ctx, b.cdp, browser.GetVersion, cdp.Empty{})
	if err != nil {
		return err
	}
	b.version = strings.Replace(strings.TrimPrefix(v.Product, "Headless"), "/", " ", 1)
	b.agent = visibleAgent(v.UserAgent, b.version)
	if _, err := cdp.Call(ctx, b.cdp, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorDeny}); err != nil {
		return err
	}
	if b.silent {
		if err := b.grantDevices(ctx); err != nil {
			return err
		}
	}
	if err := b.tabs.find(ctx, b.cdp); err != nil {
		return err
	}
	b.wg.Go(func() { b.receiveTabs(root) })
	return nil
}

// watch waits for the end of the process or of the connection, and takes down
// the other one.
func (b *Browser) watch() {
	select {
	case <-b.proc.Exited():
		b.gone = capture.Now()
	case <-b.cdp.LostConnection:
		b.gone = capture.Now()
		// A browser that exits closes its pipe first; one that doesn't exit
		// then is of no use.
		select {
		case <-b.proc.Exited():
		case <-time.After(2 * time.Second):
		case <-b.closing:
			<-b.proc.Exited() // Close has a deadline of its own
		}
	}
	b.proc.KillAndWait()
	if !isClosed(b.closing) {
		b.err = &capture.Fault{Class: capture.ClassBrowser, Op: "run chrome", Passing: true,
			Err: withOutput(fmt.Errorf("browser died: %w", b.proc.Cause()), b.proc)}
	}
	close(b.done)
	// Its reader gives out all that the browser had said; a helper that
	// escaped may still hold the other end.
	select {
	case <-b.cdp.LostConnection:
	case <-time.After(2 * time.Second):
	}
	b.end()
}

// startFault takes the browser down and returns why it did not start.
func (b *Browser) startFault(ctx context.Context, err error) error {
	// The connection is lost a moment before the process can be waited for,
	// and how that ended says more.
	select {
	case <-b.proc.Exited():
	case <-time.After(time.Second):
	case <-ctx.Done():
	}
	died := isClosed(b.proc.Exited())
	b.takeDown()
	f := &capture.Fault{Class: capture.ClassEnvironment, Op: "start chrome", Hint: startHint(""), Err: err, Passing: true}
	switch {
	case died:
		f.Err = withOutput(fmt.Errorf("browser ended at once: %w", b.proc.Cause()), b.proc)
		f.Hint = startHint(lastWords(b.proc.said.Lines(), 40))
	case ctx.Err() != nil:
		f.Err = withOutput(fmt.Errorf("browser did not answer: %w", context.Cause(ctx)), b.proc)
	}
	return f
}

// startHint returns what to do about a browser that does not start, from what
// it said.
func startHint(output string) string {
	switch {
	case strings.Contains(output, "No usable sandbox"), strings.Contains(output, "SUID sandbox"),
		strings.Contains(output, "Failed to move to new namespace"):
		return "chrome's sandbox needs user namespaces: run the container with docker/seccomp.json, set kernel.apparmor_restrict_unprivileged_userns=0 on the host, " +
			"or do without the sandbox: " + NoSandboxVariable + "=1"
	case strings.Contains(output, "Missing X server"), strings.Contains(output, "cannot open display"),
		strings.Contains(output, "Unable to open X display"):
		return "the X display does not answer; try --capture screencast"
	case strings.Contains(output, "error while loading shared libraries"):
		return "the browser's libraries are incomplete; " + program.Hint()
	case strings.Contains(output, "No space left on device"):
		return "free some space in TMPDIR or /dev/shm"
	}
	return "run beam doctor"
}

// withOutput appends the last lines that the browser wrote to an error.
func withOutput(err error, p *process) error {
	if out := lastWords(p.said.Lines(), 8); out != "" {
		return fmt.Errorf("%w; its last output:\n%s", err, out)
	}
	return err
}

// PID returns the process id of the browser; its helpers are its descendants
// and are in the process group of the same number.
func (b *Browser) PID() int { return b.proc.PID() }

// Version returns the product and its version, "Chrome 156.0.8078.79".
func (b *Browser) Version() string { return b.version }

// Done returns a channel that is closed when the browser is gone, by Close or
// of itself.
func (b *Browser) Done() <-chan struct{} { return b.done }

// Err returns nil as long as the browser runs and after it was closed, and a
// *capture.Fault of capture.ClassBrowser after it died.
func (b *Browser) Err() error {
	if !isClosed(b.done) {
		return nil
	}
	return b.err
}

// grace is how long a browser may take to close by itself.
const grace = 3 * time.Second

// Close ends the browser: it asks it to close, kills what is left of it when
// ctx ends or after 3 seconds, waits for everything it started and deletes its
// folders. It may be called more than once and on a browser that died, but not
// from a callback of a Page.
func (b *Browser) Close(ctx context.Context) error {
	b.closeOnce.Do(func() {
		close(b.closing)
		select {
		case <-b.proc.Exited():
		default:
			b.wg.Go(func() { _ = b.pipe.post("", browser.CommandClose, nil) })
			select {
			case <-b.proc.Exited():
			case <-ctx.Done():
			case <-time.After(grace):
			}
		}
		b.closeErr = b.takeDown()
	})
	return b.closeErr
}

// takeDown ends the process and the connection, waits for the goroutines and
// deletes the folders.
func (b *Browser) takeDown() error {
	b.proc.KillAndWait()
	b.end()
	if b.cdp != nil {
		<-b.cdp.LostConnection
		<-b.pipe.closed
	}
	b.wg.Wait()
	return b.folders.remove()
}
