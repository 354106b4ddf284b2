package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"beam/beam"
	"beam/cmd/beam/github"
	"beam/layout"
)

type recordOptions struct {
	config     beam.Config
	room       roomOptions
	smoke      smokeOptions
	vod        vodFlag
	renditions []string // their sizes
	json       bool
}

func (a *app) recordCommand() *cobra.Command {
	o := recordOptions{config: beam.Defaults()}
	cmd := &cobra.Command{
		Use:   "record [ROOM_URL | demo]",
		Short: "Record a room until stopped",
		Long: `Record joins the room at the URL, or a demo room of its own, and records it until
Ctrl-C, SIGTERM, the page's own signal or a limit ends it. A first signal ends
the recording in order: the file is finished and playable. A second ends at once.

With --bucket the recording is uploaded while it is made: the bucket is checked
before joining, and a bucket that is down holds nothing up. What a crash or a dead
bucket leaves is finished with beam recover. Credentials come from the environment,
the AWS configuration files or the machine's role, never from a flag.

A report goes beside the file: meeting.json beside meeting.mp4.

Every flag can also be set by an environment variable, such as BEAM_READY_TIMEOUT
for --ready-timeout, and by a line of the file of --config: ready-timeout: 1m. The
command line counts first, then the environment. The room can be BEAM_URL.
BEAM_TOKEN, or BEAM_API_KEY and BEAM_API_SECRET, open rooms that want one; the
names that LiveKit uses are understood too.
BEAM_CHROME, BEAM_FFMPEG, BEAM_PULSEAUDIO and BEAM_XVFB name the programs to use.`,
		Example: `  beam record demo --duration 15s -o demo.mp4
  beam record https://room.example/abc --resolution 1080p -o meeting.mp4
  beam record https://room.example/abc --layout speaker --exclude-role guest -o meeting.mp4
  beam record https://room.example/abc --bucket s3://recordings/team-a
  beam record https://room.example/abc --orientation portrait --max-duration 2h -o meeting.mp4`,
		Args: func(cmd *cobra.Command, args []string) error {
			return cobra.MaximumNArgs(1)(cmd, o.vod.rest(args))
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{beam.DemoRoom}, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if args = o.vod.take(args); len(args) == 1 {
				o.config.Room = args[0]
			}
			return a.record(o)
		},
	}
	o.flags(cmd.Flags())
	for flag, values := range map[string][]string{
		"resolution": {"480p", "720p", "1080p"}, "orientation": {"landscape", "portrait"},
		"fps-mode": {beam.FPSModeCFR, beam.FPSModeVFR}, "layout": layout.Names(), "platform": layout.Platforms(),
		"capture": {beam.EngineAuto, beam.EngineScreencast, beam.EngineX11},
	} {
		// It fails only for a flag that does not exist, which a test would see.
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	return cmd
}

// flags adds the flags of a recording.
func (o *recordOptions) flags(f *pflag.FlagSet) {
	c := &o.config
	f.StringVarP(&c.Output, "output", "o", "", "file to write, MP4 (default Rec-ROOM-TIME.mp4 here)")
	f.Var((*fileMode)(&c.FileMode), "file-mode", "who may read the recording and the files beside it, as chmod has it: 0644 for everybody")
	f.BoolVar(&c.Force, "force", false, "overwrite the output if it exists")
	f.StringVar(&c.Resolution, "resolution", c.Resolution, "size of the video: 480p, 720p, 1080p or WIDTHxHEIGHT")
	f.StringVar(&c.Orientation, "orientation", c.Orientation, "landscape or portrait (default that of the resolution)")
	f.IntVar(&c.FPS, "fps", c.FPS, "frames a second, 1 to 60")
	f.StringVar(&c.FPSMode, "fps-mode", c.FPSMode, "cfr: constant rate; vfr: each frame at its own time")
	f.StringVar(&c.Capture, "capture", c.Capture, "where frames come from: auto, screencast or x11")
	roomFlags(f, c, &o.room)
	f.BoolVar(&c.AudioOnly, "audio-only", false, "record audio without video")
	f.BoolVar(&c.Tracks, "tracks", false, "record each participant apart as well, as they sent it")
	f.BoolVar(&c.TracksOnly, "tracks-only", false, "record each participant apart, and only the audio of all together")
	f.StringVar(&c.TracksFormat, "tracks-format", c.TracksFormat, "of the participants' files: "+strings.Join(beam.TracksFormats(), ", "))
	f.DurationVar(&c.AudioOffset, "audio-offset", 0, "move the audio by this much, for odd pages; positive is later")
	f.DurationVar(&c.Duration, "duration", 0, "stop after recording this long (default no such limit)")
	f.DurationVar(&c.MaxDuration, "max-duration", c.MaxDuration, "the longest that a recording can become")
	f.IntVar(&c.MaxMemory, "max-memory", 0, "start the browser anew before all programs together take this many MiB (default what the control group or the machine has)")
	f.DurationVar(&c.ReadyTimeout, "ready-timeout", c.ReadyTimeout, "how long the page may take until there is something to record")
	f.StringVar(&c.TempDir, "temp-dir", "", "where private folders are made (default the system's)")
	uploadFlags(f, &c.Storage)
	vodFlags(f, &o.vod, c)
	renditionFlags(f, &o.renditions)
	smokeFlags(f, &o.smoke)
	f.BoolVar(&o.json, "json", false, "print events as JSON lines on standard output")
	markSecret(f, "header", "cookie", "basic-auth", "fill", "url", "layout", "s3-endpoint", "backup-endpoint")
}

// record records, and remembers for the workflow what came of it.
func (a *app) record(o recordOptions) error {
	var err error
	if a.workflow, err = workflowOf(o.smoke.ci, os.LookupEnv, a.stderr); err != nil {
		return err
	}
	report, err := a.recordRoom(o)
	if w := a.workflow; w != nil {
		w.run = github.Run{Page: beam.RedactURL(o.config.Room), Report: report, Err: err, Code: exitCode(err), JUnit: o.smoke.junit}
	}
	return err
}

func (a *app) recordRoom(o recordOptions) (*beam.Report, error) {
	o.config.Version = version
	o.config.Secrets = secretsFromEnvironment()
	o.config.Hidden = append(secretsOfEnvironment(os.Environ()), o.smoke.literals()...)
	a.stderr.hide = o.config.Hide() // before anything is told of what was asked for
	if err := o.room.read(&o.config.Theme); err != nil {
		return nil, err
	}
	o.config.Tools = beam.ToolsFromEnvironment()
	if o.config.Output == "" && o.config.Room != "" {
		o.config.Output = beam.DefaultOutput(o.config.Room, time.Now())
	}
	if err := o.smoke.into(&o.config); err != nil {
		return nil, err
	}
	o.config.VOD = o.vod.mode
	if err := readRenditions(o.renditions, &o.config); err != nil {
		return nil, err
	}
	a.stderr.hide = o.config.Hide()
	settings, err := o.config.Check()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	events := newOutlet(a.stdout)
	report, err := beam.Record(a.stop, a.hard, settings, a.log, a.sink(settings, o.json, events))
	events.end(lastWords)
	err = o.smoke.tell(settings, report, began, err)
	if report != nil {
		a.summary(report)
	}
	if err == nil && len(report.Degraded) > 0 {
		err = &errDegraded{why: report.Degraded}
	}
	return report, err
}

// sink returns what tells of the recording's events: JSON lines on standard
// output where they are wanted, lines for people on standard error.
func (a *app) sink(s beam.Settings, lines bool, to io.Writer) beam.Sink {
	encoder := json.NewEncoder(to)
	var state beam.State
	return func(e beam.Event) {
		if lines {
			_ = encoder.Encode(e) // an outlet takes everything
		}
		switch e.Type {
		case beam.EventState:
			state = e.State
			a.tellState(s, e.State)
		case beam.EventNotice:
			a.stderr.warn("%s", e.Text)
		case beam.EventProgress:
			a.stderr.status(statusLine(state, e.Progress))
		case beam.EventRenditions:
			a.stderr.status(renditionText(e.Renditions))
		}
	}
}

func (a *app) tellState(s beam.Settings, state beam.State) {
	switch state {
	case beam.StateStarting:
		a.stderr.say("recording %s to %s (id %s)", s, s.Output, s.ID)
	case beam.StateJoining:
		a.stderr.say("joining")
	case beam.StateRecording:
		a.stderr.say("recording; Ctrl-C ends it")
	case beam.StatePaused:
		a.stderr.say("paused; beam resume goes on")
	case beam.StateStopping:
		a.stderr.say("finishing")
	case beam.StateUploading:
		a.stderr.say("uploading")
	}
}

// progressLine is the live line: time, rate, size, drops, sound level.
func progressLine(p *beam.Progress) string {
	t := time.Duration(p.Recorded * float64(time.Second)).Truncate(time.Second)
	clock := fmt.Sprintf("%02d:%02d:%02d", int(t.Hours()), int(t.Minutes())%60, int(t.Seconds())%60)
	line := fmt.Sprintf("REC %s  %4.1f fps  %s  %d dropped  audio %s", clock, p.FPS, size(p.Bytes), p.Dropped, levelBar(p.LevelDBFS))
	if p.Upload != nil {
		line += "  " + uploadText(p.Upload)
	}
	return line
}

// levelBar draws a sound level from -60 dBFS to 0.
func levelBar(dbfs float64) string {
	const cells = 12
	full := int((dbfs + 60) / 60 * cells)
	bar := make([]byte, cells)
	for i := range bar {
		bar[i] = '.'
		if i < full {
			bar[i] = '#'
		}
	}
	if dbfs <= -100 {
		return fmt.Sprintf("[%s] silent", bar)
	}
	return fmt.Sprintf("[%s] %.0f dB", bar, dbfs)
}

func size(bytes int64) string {
	switch {
	case bytes >= 1e9:
		return fmt.Sprintf("%.2f GB", float64(bytes)/1e9)
	default:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	}
}
