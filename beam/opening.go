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

	"beam/beam/control"
	"beam/beam/demo"
	"beam/beam/expect"
	"beam/beam/fault"
	"beam/beam/procstat"
	"beam/beam/report"
	"beam/beam/roster"
	"beam/beam/sizing"
	"beam/beam/source"
	"beam/beam/storage"
	"beam/beam/tracks"
	"beam/capture"
	"beam/capture/audio"
	"beam/capture/chrome"
	"beam/capture/encode"
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
	pages    *source.PageLog
	watch    *expect.Watch
	tap      *audio.Tap
	people   *people
	tracks   *tracks.Recorder // nil without --tracks
	secrets  *report.Secrets
	cleanups []func() // in the order of what they undo
	before   *predecessors
	claim    *encode.Claim // of the output, until it is created

	roster      *roster.Roster
	tools       Tools
	storage     *storage.Storage // nil without a bucket
	source      *source.Source
	machine     sizing.Machine
	ffmpeg      ffmpeg.Version
	preset      string // of libx264
	encoders    *encode.Encoders
	room        string // URL of the room, also of the demo room
	plan        layout.Plan
	starting    starting
	readyReason string
}

// newOpening returns a recording of which nothing has been started.
func newOpening(s Settings, log *slog.Logger, sink Sink, stopNow func()) *opening {
	secrets := s.Config.secrets()
	o := &opening{
		secrets: secrets, settings: s, log: log, began: time.Now(), events: newAnnouncer(sink, secrets.Hide, log), engines: newEngineSwitch(),
		pages: source.NewPageLog(time.Now(), secrets.Hide), watch: expect.NewWatch(s.Expect, secrets.Hide), tap: audio.NewTap(s.AudioOffset),
		people: newPeople(s.Filter),
	}
	o.commands = &commander{
		about: control.Status{
			ID: s.ID, Room: report.RedactURL(s.Room), Output: s.Output, Layout: s.shownLayout(), StartedAt: o.began.UTC().Round(time.Millisecond),
		},
		events: o.events, engines: o.engines, stop: stopNow, setLayout: func(ctx context.Context, name string) error { return o.source.SetLayout(ctx, name) }, setFilter: o.setFilter, people: o.people, requests: make(chan command),
	}
	return o
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
		o.log.Warn("not undone in order", "what", what, "error", err)
	}
}

// open starts all that a recording needs before a room is joined, the demo room
// included where it is the one.
func (o *opening) open(stop, hard context.Context) error {
	work, err := newWorkDir(o.settings.TempDir)
	if err != nil {
		return &fault.Fault{Class: fault.ClassUsage, Op: "start", Err: err, Hint: "set TMPDIR to a directory that can be written"}
	}
	o.later(func() { o.warn("private directory not removed", work.remove()) })
	o.source = source.New(o.sourceOptions(work))
	o.later(func() { o.source.Close(hard) })

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
func (o *opening) sourceOptions(work *workDir) source.Options {
	s := o.settings
	return source.Options{
		Chrome: o.tools.Chrome, PulseAudio: o.tools.PulseAudio, Xvfb: o.tools.Xvfb, Dir: work.sub, Size: s.Size, Windowed: o.tools.Xvfb != "" && !s.AudioOnly,
		ReadyTimeout: s.ReadyTimeout, Name: s.Name, Access: s.Access, Steps: s.Steps, Log: o.log,
		SilentDevices: s.Devices == DevicesSilent, DevicesAuto: s.Devices == DevicesAuto, CAFile: s.CAFile, IgnoreHTTPSErrors: s.IgnoreHTTPSErrors, AllowHosts: s.AllowHosts,
		OnNotice:  o.events.notice,
		OnForeign: func() { o.roster.Foreign(capture.Now()) },
		OnRequest: o.pages.Request, Presence: o.roster.Presence,
		OnMedia: func(b layout.MediaBatch) { o.tracks.Media(capture.Now(), b) },
		OnMessage: func(m layout.Message) bool {
			switch m.Type {
			case layout.MessageTracks, layout.MessagePlayed:
				if o.tracks != nil {
					o.tracks.Hear(capture.Now(), m)
				}
				return false
			}
			if m.Type == layout.MessageNotice {
				o.events.notice("the page: %s", m.Text)
				return false
			}
			return o.roster.Hear(capture.Now(), m)
		},
		OnConsole: func(level, text string) {
			o.watch.Console.Add(level, text)
			o.pages.Console(level, text)
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
	displayErr, err := o.source.Open(stop, hard, s.Capture == sizing.EngineX11)
	if err := errors.Join(err, asking.Wait()); err != nil {
		return err
	}
	if displayErr != nil {
		o.events.notice("frames come from a screencast, because there is no display: %v", displayErr)
		o.engines.choose(sizing.EngineScreencast, "the display did not start: "+displayErr.Error())
	}
	if why := chrome.Unboxed(); why != "" {
		o.events.notice("Chrome runs without its sandbox: %s", why)
	}
	engine := o.engines.current()
	o.preset = sizing.ChoosePreset(o.machine, engine, s.Size, s.FPS)
	o.starting.servers, o.starting.browser = o.source.ServersAt.Sub(o.began), time.Since(o.began)
	o.encoders = encode.NewEncoders(o.tools.FFmpeg, ffmpeg.Spec{
		Size: o.frameSize(), FPS: s.FPS, VFR: s.FPSMode == FPSModeVFR,
		Preset: o.preset, CRF: crf, MaxRate: sizing.MaxRate(s.Size, s.FPS), Threads: o.machine.Threads(),
	}, func(pid int) bool { return procstat.AnyStopped(pid, 0) }, o.log)
	o.later(o.encoders.Close)
	err = o.encoders.StartAhead(hard, rawFrames(engine))
	o.starting.encoder = time.Since(o.began)
	return err
}

// crf is libx264's default quality; the cap of the bit rate bounds it.
const crf = 23

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
	o.secrets.Add(o.plan.Secrets()...)
	if o.plan.Site != nil {
		own, err := source.ServeSite(http.FileServerFS(o.plan.Site), o.log)
		if err != nil {
			return &fault.Fault{Class: fault.ClassInternal, Op: "serve the page that joins the room", Err: err}
		}
		o.later(func() { o.warn("own page not closed in order", own.Close()) })
		o.plan.URL = own.URL + o.plan.URL
	}
	o.source.Plan = o.plan

	listening, stopListening := context.WithCancel(hard)
	var listener sync.WaitGroup
	listener.Go(func() { o.source.Listen(listening, o.tap.Take, o.tap.Last) })
	o.later(listener.Wait)
	o.later(stopListening)
	return nil
}

// stoppedEarly turns an error that only says that the user stopped into one
// that says so.
func stoppedEarly(stop context.Context, err error) error {
	if stop.Err() == nil {
		return err
	}
	return &fault.Fault{Class: fault.ClassEmpty, Op: "record", Err: errors.New("stopped before the room was ready; nothing was recorded")}
}

// setFilter changes who is recorded.
func (o *opening) setFilter(ctx context.Context, f layout.Filter) error {
	asked := o.settings
	asked.Filter = f
	if _, err := asked.plan(o.settings.Room); err != nil {
		return err // the room's platform can't tell people apart
	}
	if err := o.source.SetFilter(ctx, f); err != nil {
		return err
	}
	o.people.set(f)
	return nil
}

// versions returns the versions of all that took part.
func (o *opening) versions() map[string]string {
	v := o.source.Versions()
	v["beam"], v["ffmpeg"] = o.settings.Version, o.ffmpeg.Text
	return v
}
