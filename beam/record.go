package beam

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"beam/beam/demo"
	"beam/beam/expect"
	"beam/beam/remote"
	"beam/layout"
)

// Record makes one recording.
//
// It ends when a stop rule says so or when stop ends; what is on its way is
// then still written, and the file is finished. When hard ends it gives up at
// once: the file is left as far as it was written. stop has to end no later
// than hard.
//
// The report is not nil when a file was left, also beside an error. Errors are
// faults: they have the methods FaultClass and FaultHint.
func Record(stop, hard context.Context, s Settings, log *slog.Logger, sink Sink) (*Report, error) {
	stop, stopNow := context.WithCancel(stop)
	defer stopNow()
	r := &recorder{
		settings: s, log: log, sink: sink, began: time.Now(), state: StateStarting, stopNow: stopNow,
		messages: make(chan layout.Message, 16), faults: make(chan error, 8), commands: make(chan command),
		journal: newPageLog(time.Now()), watch: expect.NewWatch(s.Expect, s.Hidden...),
	}
	report, err := r.run(stop, hard)
	if err != nil && r.state != StateFailed {
		r.enter(StateFailed)
	}
	if report != nil {
		r.tell(Event{Type: EventReport, Report: report})
	}
	return report, err
}

// recorder is one recording in the making.
type recorder struct {
	settings Settings
	log      *slog.Logger
	began    time.Time // when Record was called
	stopNow  func()    // ends stop
	messages chan layout.Message
	commands chan command
	journal  *pageLog
	watch    *expect.Watch
	meeting  *meeting
	faults   chan error // of the goroutines; the first ends the recording

	tools        Tools
	machine      machine
	engine       string
	engineReason string
	plan         layout.Plan
	studio       *studio
	readyReason  string
	storage      *storage // nil without a bucket

	sinkMu     sync.Mutex
	sink       Sink
	state      State // written by one goroutine, under sinkMu
	notices    []string
	progress   *Progress // the last
	progressAt time.Time
	degrade    []string
}

func (r *recorder) run(stop, hard context.Context) (*Report, error) {
	kinds, err := chapterKindsOf(r.settings.Chapters)
	if err != nil {
		return nil, err
	}
	plan, err := r.settings.plan(r.settings.Room)
	if err != nil {
		return nil, err
	}
	r.meeting = newMeeting(kinds, plan.Named, r.settings.Layout)
	r.enterFirst()
	control, err := remote.Serve(r.settings.ID, r, r.log)
	if errors.Is(err, remote.ErrTaken) {
		return nil, refuse("choose another --id", "%w", err)
	}
	if err != nil {
		r.notice("the recording can't be controlled by other commands: %v", err)
	} else {
		defer func() {
			if err := control.Close(); err != nil {
				r.log.Warn("control socket not removed", "error", err)
			}
		}()
	}
	if r.tools, err = findTools(r.settings); err != nil {
		return nil, err
	}
	r.machine = machine{Cores: availableCores(), Xvfb: r.tools.Xvfb != ""}
	r.chooseEngine()

	if r.storage, err = openStorage(stop, r.settings.Storage, r.log); err != nil {
		return nil, stoppedEarly(stop, err)
	}
	defer r.storage.close()

	work, err := newWorkDir(r.settings.TempDir)
	if err != nil {
		return nil, &Fault{Class: ClassUsage, Op: "start", Err: err, Hint: "set TMPDIR to a folder that can be written"}
	}
	defer func() {
		if err := work.remove(); err != nil {
			r.log.Warn("private folder not removed", "error", err)
		}
	}()

	room := r.settings.Room
	if room == DemoRoom {
		server, err := demo.Start(hard, demo.Options{FFmpeg: r.tools.FFmpeg, Log: r.log})
		if err != nil {
			return nil, &Fault{Class: ClassInternal, Op: "start the demo room", Err: err}
		}
		defer server.Close()
		room = server.URL()
	}
	if r.plan, err = r.settings.plan(room); err != nil {
		return nil, err
	}
	if r.plan.Site != nil {
		own, err := serveSite(http.FileServerFS(r.plan.Site), r.log)
		if err != nil {
			return nil, &Fault{Class: ClassInternal, Op: "serve the page that joins the room", Err: err}
		}
		defer func() {
			if err := own.close(); err != nil {
				r.log.Warn("own page not closed in order", "error", err)
			}
		}()
		r.plan.URL = own.url + r.plan.URL
	}

	r.studio = &studio{
		settings: r.settings, tools: r.tools, work: work, log: r.log, plan: r.plan, meeting: r.meeting, journal: r.journal, watch: r.watch,
		messages: r.messages, joined: make(chan struct{}), display: r.engine == EngineX11,
	}
	defer r.studio.close(hard)
	if err := r.join(stop, hard); err != nil {
		if stop.Err() == nil {
			r.diagnose(hard, err)
		}
		return nil, err
	}
	return r.take(stop, hard)
}

// chooseEngine settles the engine. Sound alone needs no pictures, so it takes
// the engine that needs nothing but Chrome.
func (r *recorder) chooseEngine() {
	s := r.settings
	if s.AudioOnly {
		r.engine, r.engineReason = EngineScreencast, "no pictures with --audio-only"
		return
	}
	r.engine, r.engineReason = chooseEngine(s.Capture, r.machine, s.Size, s.FPS)
}

// joinTries is how often a room is tried before it counts as refused.
const joinTries = 3

// join starts the studio and joins the room.
func (r *recorder) join(stop, hard context.Context) error {
	if err := r.studio.open(stop, hard); err != nil {
		return stoppedEarly(stop, err)
	}
	r.enter(StateJoining)
	for try := 1; ; try++ {
		reason, err := r.studio.join(stop)
		if err == nil {
			r.readyReason = reason
			r.log.Debug("room ready", "why", reason)
			return nil
		}
		if try == joinTries || stop.Err() != nil || !worthRetrying(err) {
			return stoppedEarly(stop, err)
		}
		r.notice("joining failed, trying again: %v", err)
		select {
		case <-time.After(time.Second):
		case <-stop.Done():
		}
		r.studio.closeBrowser(stop)
		if err := r.studio.launch(stop); err != nil {
			return stoppedEarly(stop, err)
		}
	}
}

// stoppedEarly turns an error that only says that the user stopped into one
// that says so.
func stoppedEarly(stop context.Context, err error) error {
	if stop.Err() == nil {
		return err
	}
	return &Fault{Class: ClassEmpty, Op: "record", Err: errors.New("stopped before the room was ready; nothing was recorded")}
}

// retryable is implemented by faults that may pass when tried again.
type retryable interface{ Retryable() bool }

// worthRetrying tells whether joining may succeed when tried again.
func worthRetrying(err error) bool {
	var r retryable
	return errors.As(err, &r) && r.Retryable()
}

// versions returns the versions of all that took part.
func (r *recorder) versions() map[string]string {
	v := map[string]string{"beam": r.settings.Version, "pulseaudio": r.studio.server().Version()}
	r.studio.mu.Lock()
	defer r.studio.mu.Unlock()
	if r.studio.browser != nil {
		v["chrome"] = r.studio.browser.Version()
	}
	return v
}

func (r *recorder) tell(e Event) {
	e.Time = time.Now()
	r.sinkMu.Lock()
	defer r.sinkMu.Unlock()
	r.sink(e)
}

func (r *recorder) enterFirst() { r.tell(Event{Type: EventState, State: r.state}) }

// enter changes the state. A change that the table does not have is a defect.
func (r *recorder) enter(to State) {
	state, err := r.state.To(to)
	if err != nil {
		r.log.Error("state", "error", err)
		return
	}
	r.sinkMu.Lock()
	r.state = state
	r.sinkMu.Unlock()
	r.tell(Event{Type: EventState, State: state})
}

// notice records something that the user should know and that the report keeps.
func (r *recorder) notice(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.sinkMu.Lock()
	r.notices = append(r.notices, text)
	r.sinkMu.Unlock()
	r.tell(Event{Type: EventNotice, Text: text})
}

// degraded records why the recording is not what was asked for.
func (r *recorder) degraded(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.degrade = append(r.degrade, text)
	r.tell(Event{Type: EventNotice, Text: text})
}

// progressed keeps what commands of other processes may ask for.
func (r *recorder) progressed(p *Progress) {
	r.sinkMu.Lock()
	defer r.sinkMu.Unlock()
	r.progress, r.progressAt = p, time.Now()
}

// newID returns an id for a recording that was given none.
func newID() string { return strings.ToLower(rand.Text()[:8]) }
