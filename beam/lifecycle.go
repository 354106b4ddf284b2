package beam

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/beam/demo"
	"beam/beam/expect"
	"beam/beam/fault"
	"beam/beam/machine"
	"beam/beam/remote"
	"beam/beam/report"
	"beam/beam/roster"
	"beam/beam/sizing"
	"beam/capture"
	"beam/capture/ffmpeg"
	"beam/layout"
)

// opening is a recording on its way to the ready room: what is there once it has
// been validated, opened and joined.
type opening struct {
	settings Settings
	log      *slog.Logger
	began    time.Time // when Record was called
	events   *announcer
	engines  *engineSwitch
	commands *commander
	pages    *pageLog
	watch    *expect.Watch
	tap      *ear
	cleanups []func() // in the order of what they undo

	roster      *roster.Roster
	tools       Tools
	storage     *storage // nil without a bucket
	source      *studio
	machine     sizing.Machine
	ffmpeg      ffmpeg.Version
	preset      string // of libx264
	encoders    *encoders
	room        string // URL of the room, also of the demo room
	plan        layout.Plan
	starting    starting
	readyReason string
}

// record goes through the life of a recording.
func (o *opening) record(stop, hard context.Context) (*report.Report, error) {
	defer o.cleanUp()
	for _, phase := range []func(stop, hard context.Context) error{o.validate, o.open, o.plans, o.join} {
		if err := phase(stop, hard); err != nil {
			return nil, err
		}
	}
	return o.run(stop, hard)
}

// later undoes something at the end of the recording, whatever comes of it.
func (o *opening) later(undo func()) { o.cleanups = append(o.cleanups, undo) }

func (o *opening) cleanUp() {
	for _, undo := range slices.Backward(o.cleanups) {
		undo()
	}
}

// warn says that something could not be undone in order.
func (o *opening) warn(what string, err error) {
	if err != nil {
		o.log.Warn(what, "error", err)
	}
}

// validate checks all that can be checked before anything is started.
func (o *opening) validate(stop, _ context.Context) error {
	kinds, err := roster.ParseChapters(o.settings.Chapters)
	if err != nil {
		return err
	}
	plan, err := o.settings.plan(o.settings.Room)
	if err != nil {
		return err
	}
	o.roster = roster.New(kinds, plan.Named, o.settings.Layout)
	o.commands.roster = o.roster
	o.events.start()
	if err := o.serveCommands(); err != nil {
		return err
	}
	if o.tools, err = findTools(o.settings); err != nil {
		return err
	}
	if o.storage, err = openStorage(stop, o.settings.Storage, o.log); err != nil {
		return stoppedEarly(stop, err)
	}
	o.later(o.storage.close)
	return nil
}

// serveCommands lets other processes control the recording, where that is
// possible.
func (o *opening) serveCommands() error {
	server, err := remote.Serve(o.settings.ID, o.commands, o.log)
	switch {
	case errors.Is(err, remote.ErrTaken):
		return fault.Refuse("choose another --id", "%w", err)
	case err != nil:
		o.events.notice("the recording can't be controlled by other commands: %v", err)
	default:
		o.later(func() { o.warn("control socket not removed", server.Close()) })
	}
	return nil
}

// open starts all that a recording needs before a room is joined, the demo room
// included where it is the one.
func (o *opening) open(stop, hard context.Context) error {
	work, err := newWorkDir(o.settings.TempDir)
	if err != nil {
		return &fault.Fault{Class: fault.ClassUsage, Op: "start", Err: err, Hint: "set TMPDIR to a folder that can be written"}
	}
	o.later(func() { o.warn("private folder not removed", work.remove()) })
	o.source = newStudio(o.sourceOptions(work))
	o.later(func() { o.source.close(hard) })
	o.encoders = &encoders{}
	o.later(func() { o.encoders.close() })

	o.room = o.settings.Room
	var demoRoom *demo.Server
	var opening errgroup.Group
	if o.settings.Room == DemoRoom {
		opening.Go(func() (err error) {
			demoRoom, err = demo.Start(hard, demo.Options{FFmpeg: o.tools.FFmpeg, Log: o.log})
			return err
		})
	}
	opened := o.openPrograms(stop, hard)
	err = opening.Wait()
	if demoRoom != nil {
		o.later(func() { _ = demoRoom.Close() }) // it is loopback's, and nobody's any more
		o.room = demoRoom.URL()
	}
	switch {
	case opened != nil:
		return stoppedEarly(stop, opened)
	case err != nil:
		return &fault.Fault{Class: fault.ClassInternal, Op: "start the demo room", Err: err}
	}
	return nil
}

// sourceOptions says what the recording is captured from.
func (o *opening) sourceOptions(work *workDir) sourceOptions {
	s := o.settings
	return sourceOptions{
		Tools: o.tools, Dir: work.sub, Size: s.Size, Windowed: o.tools.Xvfb != "" && !s.AudioOnly,
		ReadyTimeout: s.ReadyTimeout, Name: s.Name, Access: s.Access, Steps: s.Steps, Log: o.log,
		OnRequest: o.pages.request, Presence: o.roster.Presence,
		OnMessage: func(m layout.Message) bool { return o.roster.Hear(capture.Now(), m) },
		OnConsole: func(level, text string) {
			o.watch.Console.Add(level, text)
			o.pages.console(level, text)
		},
	}
}

// openPrograms starts the programs side by side where that is possible: the sound
// server and the display, then the browser, and meanwhile ffmpeg is asked what it
// is, and the machine how fast it is.
func (o *opening) openPrograms(stop, hard context.Context) error {
	s := o.settings
	var asking errgroup.Group
	asking.Go(func() (err error) {
		o.ffmpeg, err = ffmpeg.Probe(stop, o.tools.FFmpeg)
		return err
	})
	var err error
	if o.machine, err = sizing.Measure(stop, o.tools.Xvfb != ""); err != nil {
		return errors.Join(err, asking.Wait())
	}
	o.engines.choose(o.chooseEngine())
	displayErr, err := o.source.open(stop, hard, s.Capture == sizing.EngineX11)
	if err := errors.Join(err, asking.Wait()); err != nil {
		return err
	}
	if displayErr != nil {
		o.events.notice("frames come from a screencast, because there is no display: %v", displayErr)
		o.engines.choose(sizing.EngineScreencast, "the display did not start: "+displayErr.Error())
	}
	engine := o.engines.current()
	o.preset = sizing.ChoosePreset(o.machine, engine, s.Size, s.FPS)
	o.starting.servers, o.starting.browser = o.source.serversAt.Sub(o.began), time.Since(o.began)
	o.encoders.path, o.encoders.log = o.tools.FFmpeg, o.log
	o.encoders.spec = ffmpeg.Spec{
		Size: o.frameSize(), FPS: s.FPS, VFR: s.FPSMode == FPSModeVFR,
		Preset: o.preset, CRF: crf, MaxRate: sizing.MaxRate(s.Size, s.FPS), Threads: o.machine.Threads(),
	}
	err = o.encoders.startAhead(hard, engine)
	o.starting.encoder = time.Since(o.began)
	return err
}

// frameSize returns the size of the frames, zero where there are none.
func (o *opening) frameSize() capture.Size {
	if o.settings.AudioOnly {
		return capture.Size{}
	}
	return o.settings.Size
}

// chooseEngine returns the engine to begin with. Audio alone needs no frames, so
// it takes the engine that needs nothing but Chrome.
func (o *opening) chooseEngine() (engine, reason string) {
	if o.settings.AudioOnly {
		return sizing.EngineScreencast, "no frames with --audio-only"
	}
	return sizing.ChooseEngine(o.settings.Capture, o.machine)
}

// plans settles how the room is opened, and begins to listen.
func (o *opening) plans(_, hard context.Context) (err error) {
	if o.plan, err = o.settings.plan(o.room); err != nil {
		return err
	}
	if o.plan.Site != nil {
		own, err := serveSite(http.FileServerFS(o.plan.Site), o.log)
		if err != nil {
			return &fault.Fault{Class: fault.ClassInternal, Op: "serve the page that joins the room", Err: err}
		}
		o.later(func() { o.warn("own page not closed in order", own.close()) })
		o.plan.URL = own.url + o.plan.URL
	}
	o.source.plan = o.plan

	listening, stopListening := context.WithCancel(hard)
	var listener sync.WaitGroup
	listener.Go(func() { o.source.listen(listening, o.tap.take, o.tap.last) })
	o.later(listener.Wait)
	o.later(stopListening)
	return nil
}

// joinTries is how often a room is tried before it counts as refused.
const joinTries = 3

// join joins the room. What may pass is tried again, with a growing delay, as
// long as the time that joining has is not over.
func (o *opening) join(stop, hard context.Context) error {
	o.events.enter(StateJoining)
	err := o.tryJoining(stop)
	if err != nil && stop.Err() == nil {
		o.diagnose(hard, err)
	}
	return err
}

func (o *opening) tryJoining(stop context.Context) error {
	began := time.Now()
	delay := time.Second
	for try := 1; ; try++ {
		reason, err := o.source.join(stop)
		if err == nil {
			o.readyReason, o.starting.ready = reason, time.Since(o.began)
			o.log.Debug("room ready", "why", reason)
			return nil
		}
		if try == joinTries || stop.Err() != nil || !fault.Retryable(err) || time.Since(began)+delay > o.settings.ReadyTimeout {
			return stoppedEarly(stop, err)
		}
		o.events.notice("joining failed, trying again: %v", err)
		select {
		case <-time.After(delay):
		case <-stop.Done():
		}
		delay *= 2
		o.source.closeBrowser(stop, lostPatience)
		if err := o.source.launch(stop); err != nil {
			return stoppedEarly(stop, err)
		}
	}
}

// run makes the file, records into it, and finishes it.
func (o *opening) run(stop, hard context.Context) (*report.Report, error) {
	s := o.settings
	sampler, err := machine.NewSampler()
	if err != nil {
		return nil, err
	}
	out, err := createOutput(s.Output, s.stopRules().limit(), s.FPS)
	if err != nil {
		return nil, err
	}
	upload, err := o.storage.startTransfer(hard, s, out.head, time.Now(), o.log)
	if err != nil {
		out.discard()
		return nil, err
	}
	defer upload.close(o.log)
	out.grown = upload.advance

	r := newRun(o, sampler, out, upload)
	end, err := r.record(stop, hard)
	if err != nil {
		out.discard()
		upload.discard(hard, o.log)
		return nil, err
	}
	return r.finish(hard, end)
}

// stoppedEarly turns an error that only says that the user stopped into one
// that says so.
func stoppedEarly(stop context.Context, err error) error {
	if stop.Err() == nil {
		return err
	}
	return &fault.Fault{Class: fault.ClassEmpty, Op: "record", Err: errors.New("stopped before the room was ready; nothing was recorded")}
}

// setLayout changes what is on the screen, and keeps it for when the page is
// joined again.
func (o *opening) setLayout(ctx context.Context, name string) error {
	if err := o.source.setLayout(ctx, name); err != nil {
		return err
	}
	o.roster.Choose(name)
	return nil
}

// versions returns the versions of all that took part.
func (o *opening) versions() map[string]string {
	v := o.source.versions()
	v["beam"], v["ffmpeg"] = o.settings.Version, o.ffmpeg.Text
	return v
}
