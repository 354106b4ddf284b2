package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"beam/beam"
	"beam/cmd/beam/doctor"
)

type doctorOptions struct {
	doctor.Options
	output string
	json   bool
}

func (a *app) doctorCommand() *cobra.Command {
	o := doctorOptions{Options: doctor.Options{Config: beam.Defaults(), Length: 10 * time.Second}}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Examine this machine, and say what to do",
		Long: `Doctor looks at what a recording needs, really starts the programs, and makes a
short recording of a page that times it: this machine's true rate of pictures and
how steady its sound is. Each line says ok, warn or FAIL, and what to do.

The sound of the timing page is early by the page's own making, 40 to 103 ms: what
counts there is that it is steady. --sync measures the lip sync of WebRTC content.

It ends with 0 where recordings work, also with warnings, and with 10 where they
can't. It changes nothing and leaves nothing. BEAM_CHROME, BEAM_FFMPEG,
BEAM_PULSEAUDIO and BEAM_XVFB name the programs to look at.`,
		Example: `  beam doctor
  beam doctor --quick
  beam doctor --resolution 1080p --capture x11 --output /var/recordings/
  beam doctor --sync --json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.doctor(o) },
	}
	c := &o.Config
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", "", "file that is to be written, or its folder with a slash at the end (default here)")
	f.StringVar(&c.Resolution, "resolution", c.Resolution, "size of the video: 480p, 720p, 1080p or WIDTHxHEIGHT")
	f.StringVar(&c.Orientation, "orientation", c.Orientation, "landscape or portrait (default that of the resolution)")
	f.IntVar(&c.FPS, "fps", c.FPS, "frames a second, 1 to 60")
	f.StringVar(&c.Capture, "capture", c.Capture, "engine to examine for: auto, screencast or x11; auto tries both")
	f.DurationVar(&c.MaxDuration, "max-duration", c.MaxDuration, "the longest that a recording can become")
	f.StringVar(&o.TempDir, "temp-dir", "", "where private folders are made (default the system's)")
	f.BoolVar(&o.Quick, "quick", false, "make no recording")
	f.BoolVar(&o.Sync, "sync", false, "measure lip sync too, in one more recording")
	f.DurationVar(&o.Length, "duration", o.Length, "length of each recording")
	f.BoolVar(&o.json, "json", false, "print the findings as JSON")
	for flag, values := range map[string][]string{
		"resolution": {"480p", "720p", "1080p"}, "orientation": {"landscape", "portrait"},
		"capture": {beam.EngineAuto, beam.EngineScreencast, beam.EngineX11},
	} {
		// It fails only for a flag that does not exist, which a test would see.
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	return cmd
}

// shortestTrial is the shortest recording that has enough beeps to be judged.
const shortestTrial = 3 * time.Second

func (a *app) doctor(o doctorOptions) error {
	if o.Quick && o.Sync {
		return usagef("--sync makes a recording, and --quick makes none")
	}
	if o.Length < shortestTrial || o.Length > 10*time.Minute {
		return usagef("--duration is %v; it can be from %v to %v", o.Length, shortestTrial, 10*time.Minute)
	}
	o.Folder = filepath.Dir(o.output) // "." for none
	o.Tools = beam.ToolsFromEnvironment()
	o.Config.Version = version
	all, err := doctor.Run(a.stop, a.hard, o.Options, a.log, func(f doctor.Finding) {
		if !o.json {
			fmt.Fprintln(a.stdout, f)
		}
	})
	switch {
	case err != nil && a.stop.Err() != nil:
		return fmt.Errorf("interrupted before everything was looked at: %w", err)
	case err != nil:
		return err
	}
	verdict := doctor.Verdict(all)
	if o.json {
		encoder := json.NewEncoder(a.stdout)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(diagnosis{Version: version, Works: verdict == nil, Findings: all}); err != nil {
			return err
		}
	}
	return verdict
}

// diagnosis is what --json prints.
type diagnosis struct {
	Version  string           `json:"beam"`
	Works    bool             `json:"works"` // recordings can work
	Findings []doctor.Finding `json:"findings"`
}
