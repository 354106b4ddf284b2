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

	"golang.org/x/sync/errgroup"

	"beam/beam/demo"
	"beam/beam/expect"
	"beam/beam/remote"
	"beam/capture/ffmpeg"
	"beam/capture/pulse"
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
		ear: newEar(s.AudioOffset), soundLost: make(chan soundLoss, 4),
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
	ffmpeg       ffmpeg.Version
	machine      machineFacts
	preset       string // of libx264
	engineReason string
	plan         layout.Plan
	studio       *studio
	ear          *ear
	soundLost    chan soundLoss
	ahead        *encoder // started before the room was ready; nil once it is used
	readyReason  string
	starting     starting
	storage      *storage // nil without a bucket

	sinkMu     sync.Mutex
	sink       Sink
	state      State // written by one goroutine, under sinkMu
	engine     string
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
	r.studio = &studio{
		settings: r.settings, tools: r.tools, work: work, log: r.log, meeting: r.meeting, journal: r.journal, watch: r.watch,
		messages: r.messages, windowed: r.tools.Xvfb != "" && !r.settings.AudioOnly,
	}
	defer r.studio.close(hard)
	defer r.endAhead()
	room := r.settings.Room
	var demoRoom *demo.Server
	var opening errgroup.Group
	if room == DemoRoom {
		opening.Go(func() (err error) {
			demoRoom, err = demo.Start(hard, demo.Options{FFmpeg: r.tools.FFmpeg, Log: r.log})
			return err
		})
	}
	opened := r.open(stop, hard)
	err = opening.Wait()
	if demoRoom != nil {
		defer demoRoom.Close()
		room = demoRoom.URL()
	}
	switch {
	case opened != nil:
		return nil, stoppedEarly(stop, opened)
	case err != nil:
		return nil, &Fault{Class: ClassInternal, Op: "start the demo room", Err: err}
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

	r.studio.plan = r.plan

	listening, stopListening := context.WithCancel(hard)
	var listener sync.WaitGroup
	listener.Go(func() { r.listen(listening) })
	defer listener.Wait()
	defer stopListening()
	if err := r.join(stop, hard); err != nil {
		if stop.Err() == nil {
			r.diagnose(hard, err)
		}
		return nil, err
	}
	return r.take(stop, hard)
}

// endAhead ends an encoder that was started ahead and not used.
func (r *recorder) endAhead() {
	if r.ahead != nil {
		r.ahead.end()
	}
}

// listen hands the audio of the sink to the ear until ctx ends.
func (r *recorder) listen(ctx context.Context) {
	r.studio.listen(ctx, r.ear.take, func(server *pulse.Server, err error) {
		select {
		case r.soundLost <- soundLoss{server: server, since: r.ear.last(), err: err}:
		default: // that of one that is lost already waits to be repaired
		}
	})
}

// open starts all that a recording needs before a room is joined, side by side
// where that is possible: the sound server and the display, then the browser,
// and meanwhile ffmpeg is asked what it is, and the machine how fast it is.
func (r *recorder) open(stop, hard context.Context) error {
	var asking errgroup.Group
	asking.Go(func() (err error) {
		r.ffmpeg, err = ffmpeg.Probe(stop, r.tools.FFmpeg)
		return err
	})
	var err error
	if r.machine, err = measureMachine(stop, r.tools.Xvfb != ""); err != nil {
		return errors.Join(err, asking.Wait())
	}
	r.chooseEngine()
	displayErr, err := r.studio.open(stop, hard, r.settings.Capture == EngineX11)
	if err := errors.Join(err, asking.Wait()); err != nil {
		return err
	}
	if displayErr != nil {
		r.notice("frames come from a screencast, because there is no display: %v", displayErr)
		r.engine, r.engineReason = EngineScreencast, "the display did not start: "+displayErr.Error()
	}
	r.preset = choosePreset(r.machine, r.engine, r.settings.Size, r.settings.FPS)
	r.starting.servers, r.starting.browser = r.studio.serversAt.Sub(r.began), time.Since(r.began)
	r.ahead, err = r.startEncoder(hard, r.engine)
	r.starting.encoder = time.Since(r.began)
	return err
}

// chooseEngine settles the engine. Audio alone needs no frames, so it takes the
// engine that needs nothing but Chrome.
func (r *recorder) chooseEngine() {
	if r.settings.AudioOnly {
		r.engine, r.engineReason = EngineScreencast, "no frames with --audio-only"
		return
	}
	r.engine, r.engineReason = chooseEngine(r.settings.Capture, r.machine)
}

// joinTries is how often a room is tried before it counts as refused.
const joinTries = 3

// join joins the room. What may pass is tried again, with a growing delay, as
// long as the time that joining has is not over.
func (r *recorder) join(stop, hard context.Context) error {
	r.enter(StateJoining)
	began := time.Now()
	delay := time.Second
	for try := 1; ; try++ {
		reason, err := r.studio.join(stop)
		if err == nil {
			r.readyReason, r.starting.ready = reason, time.Since(r.began)
			r.log.Debug("room ready", "why", reason)
			return nil
		}
		if try == joinTries || stop.Err() != nil || !worthRetrying(err) || time.Since(began)+delay > r.settings.ReadyTimeout {
			return stoppedEarly(stop, err)
		}
		r.notice("joining failed, trying again: %v", err)
		select {
		case <-time.After(delay):
		case <-stop.Done():
		}
		delay *= 2
		r.studio.closeBrowser(stop, lostPatience)
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
	sound, _ := r.studio.sound()
	v := map[string]string{"beam": r.settings.Version, "pulseaudio": sound.Version(), "ffmpeg": r.ffmpeg.Text}
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
