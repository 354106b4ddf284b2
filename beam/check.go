package beam

import (
	"cmp"
	"crypto/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"beam/beam/control"
	"beam/beam/fault"
	"beam/beam/report"
	"beam/beam/roster"
	"beam/beam/sizing"
	"beam/beam/succession"
	"beam/beam/tracks"
	"beam/capture/rendition"
	"beam/layout"
)

// Check checks the configuration. It starts nothing and leaves nothing behind.
// Its error is a *Fault of ClassUsage that says what to do.
func (c Config) Check() (Settings, error) {
	s := Settings{Config: c, Named: c.ID != ""}
	s.FileMode = cmp.Or(c.FileMode, report.OwnerOnly)
	if s.ID == "" {
		s.ID = newID()
	}
	size, orientation, err := sizing.Resolution(c.Resolution, c.Orientation)
	if err != nil {
		return s, err
	}
	s.Size, s.Orientation = size, orientation
	if _, err := s.plan(c.Room); err != nil {
		return s, err
	}
	if err := c.checkTracks(); err != nil {
		return s, err
	}
	if c.TracksOnly {
		s.Tracks, s.AudioOnly = true, true
	}
	if err := c.checkChoices(); err != nil {
		return s, err
	}
	if err := c.checkTimes(); err != nil {
		return s, err
	}
	if err := c.Storage.Check(); err != nil {
		return s, err
	}
	if err := s.checkRenditions(); err != nil {
		return s, err
	}
	if err := c.Storage.CheckPresign(c.Presign); err != nil {
		return s, err
	}
	return s, c.checkOutput(time.Now())
}

func (c Config) checkChoices() error {
	for _, choice := range []struct {
		flag, value string
		allowed     []string
	}{
		{"--fps-mode", c.FPSMode, []string{FPSModeCFR, FPSModeVFR}},
		{"--devices", c.Devices, []string{DevicesAuto, DevicesNone, DevicesSilent}},
		{"--capture", c.Capture, []string{sizing.EngineAuto, sizing.EngineScreencast, sizing.EngineX11}},
	} {
		if !slices.Contains(choice.allowed, choice.value) {
			return fault.Refuse("", "%s is %q; it can be %s", choice.flag, choice.value, strings.Join(choice.allowed, ", "))
		}
	}
	if mode := cmp.Or(c.FileMode, report.OwnerOnly); mode&^0o666 != 0 || mode&0o600 != 0o600 {
		return fault.Refuse("", "--file-mode is %#o; it can be from 0600 to 0666, and the owner has to read and write", uint32(c.FileMode))
	}
	if c.CAFile != "" {
		if _, err := os.ReadFile(c.CAFile); err != nil {
			return fault.Refuse("", "--ca-file: %w", err)
		}
	}
	if _, err := roster.ParseChapters(c.Chapters); err != nil {
		return err
	}
	if c.ID != "" {
		if err := control.CheckID(c.ID); err != nil {
			return fault.Refuse("", "--id: %w", err)
		}
	}
	if c.FPS < lowestFPS || c.FPS > highestFPS {
		return fault.Refuse("", "--fps is %d; it can be from %d to %d frames a second", c.FPS, lowestFPS, highestFPS)
	}
	return nil
}

func (c Config) checkTracks() error {
	switch {
	case !slices.Contains(tracks.Formats(), c.TracksFormat):
		return fault.Refuse("", "--tracks-format is %q; it can be %s", c.TracksFormat, strings.Join(tracks.Formats(), ", "))
	case c.TracksFormat != tracks.FormatAuto && !c.Tracks && !c.TracksOnly:
		return fault.Refuse("add --tracks", "--tracks-format is of use with --tracks or --tracks-only")
	case c.TracksOnly && c.Layout != layout.Native:
		return fault.Refuse("use --tracks to have both", "--tracks-only composes no video, so it takes no --layout")
	}
	return nil
}

func (c Config) checkTimes() error {
	const longestOffset = 5 * time.Second
	switch {
	case c.Duration < 0:
		return fault.Refuse("", "--duration is %v; it has to be more than nothing", c.Duration)
	case c.MaxDuration <= 0:
		return fault.Refuse("", "--max-duration is %v; it has to be more than nothing", c.MaxDuration)
	case c.Duration > c.MaxDuration:
		return fault.Refuse("raise --max-duration too", "--duration is %v, longer than --max-duration, %v", c.Duration, c.MaxDuration)
	case c.ReadyTimeout <= 0:
		return fault.Refuse("", "--ready-timeout is %v; it has to be more than nothing", c.ReadyTimeout)
	case c.IdleTimeout < 0, c.SilenceTimeout < 0, c.ReconnectGrace < 0:
		return fault.Refuse("", "--idle-timeout, --silence-timeout and --reconnect-grace can't be less than nothing; 0 means no such limit")
	case c.MaxMemory < 0 || c.MaxMemory > 0 && c.MaxMemory < leastMemory:
		return fault.Refuse("", "--max-memory is %d MiB; a recording needs %d MiB and more", c.MaxMemory, leastMemory)
	case c.AudioOffset < -longestOffset || c.AudioOffset > longestOffset:
		return fault.Refuse("", "--audio-offset is %v; it can be from %v to %v", c.AudioOffset, -longestOffset, longestOffset)
	}
	return nil
}

// checkOutput tells whether the output can be written at now, or a next part of it,
// without leaving anything behind.
func (c Config) checkOutput(now time.Time) error {
	path := c.Output
	if path == "" {
		return fault.Refuse("for example: --output meeting.mp4", "no output file")
	}
	if ext := strings.ToLower(filepath.Ext(path)); ext != ".mp4" && ext != ".m4a" {
		return fault.Refuse("Beam writes MP4", "--output %s does not end in .mp4", path)
	}
	dir := filepath.Dir(path)
	switch info, err := os.Stat(dir); {
	case err != nil:
		return fault.Refuse("create the directory first: mkdir -p "+dir, "--output %s: its directory can't be used: %w", path, err)
	case !info.IsDir():
		return fault.Refuse("", "--output %s: %s is not a directory", path, dir)
	}
	if _, err := succession.Check(path, c.Force, now, c.MaxDuration); err != nil {
		return err
	}
	probe, err := os.CreateTemp(dir, ".beam-probe-*")
	if err != nil {
		return fault.Refuse("choose an --output in a directory you can write to", "--output %s can't be written: %w", path, err)
	}
	probe.Close()
	return os.Remove(probe.Name())
}

// newID returns an id for a recording that was given none.
func newID() string { return strings.ToLower(rand.Text()[:8]) }

// CheckVideo is Check for a recording that is only thought of: neither the room
// nor the output is looked at.
func (c Config) CheckVideo() (Settings, error) {
	s := Settings{Config: c}
	var err error
	if s.Size, s.Orientation, err = sizing.Resolution(c.Resolution, c.Orientation); err != nil {
		return s, err
	}
	if err := c.checkChoices(); err != nil {
		return s, err
	}
	return s, c.checkTimes()
}

// checkRenditions refuses renditions that can't be made of the recording.
func (s Settings) checkRenditions() error {
	if len(s.Renditions) == 0 {
		return nil
	}
	if s.AudioOnly {
		return fault.Refuse("", "--renditions are of the video, and --audio-only records none")
	}
	if layers, _ := rendition.Plan(s.Size, s.Renditions); len(layers) == 0 {
		return fault.Refuse("ask for smaller ones, or for a larger --resolution", "no rendition of --renditions can be made of %v: none is larger than the recording", s.Size)
	}
	return nil
}
