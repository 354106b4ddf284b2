package beam

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"beam/beam/expect"
	"beam/beam/fault"
	"beam/beam/report"
	"beam/beam/roster"
	"beam/beam/sizing"
	"beam/beam/storage"
	"beam/beam/tracks"
	"beam/beam/vod"
	"beam/capture"
	"beam/capture/chrome"
	"beam/capture/inspect"
	"beam/capture/rendition"
	"beam/layout"
	"beam/layout/platform"
)

// DemoRoom is the room that Beam serves itself.
const DemoRoom = "demo"

// The ways to time frames.
const (
	FPSModeCFR = "cfr" // on a constant grid
	FPSModeVFR = "vfr" // at the time they were captured
)

// The limits of --fps, frames a second, and of lengths of time.
const (
	lowestFPS  = 1
	highestFPS = 60
)

// leastMemory is the least of --max-memory, MiB: the demo room at 480p takes 500.
const leastMemory = 256

// The devices that a page finds.
const (
	DevicesAuto   = "auto" // silent ones for a page that has nothing to show without
	DevicesNone   = "none"
	DevicesSilent = "silent" // a camera that sees black, a microphone that hears nothing
)

// Tools are the paths of the programs that a recording runs; empty means to
// look in PATH.
type Tools struct {
	Chrome, FFmpeg, FFprobe, PulseAudio, Xvfb string
}

// Config is what a user asks for. Zero durations mean the default, or for
// Duration no limit.
type Config struct {
	Room         string      // URL, or DemoRoom
	Output       string      // path of the MP4
	Force        bool        // overwrite Output
	FileMode     fs.FileMode // of Output and of the files beside it, whatever the umask; 0 for report.OwnerOnly
	Layout       string      // a name, or the URL of a layout page
	Platform     string      // "" for that of the room's URL
	RoomName     string      // where the URL has none
	Name         string      // of the recorder in the room
	Filter       layout.Filter
	Theme        layout.Theme
	Secrets      platform.Secrets
	ID           string // for the commands that control the recording; "" for one of its own
	Chapters     []string
	Resolution   string // 480p, 720p, 1080p or WIDTHxHEIGHT
	Orientation  string // landscape, portrait, or "" for that of the resolution
	FPS          int
	FPSMode      string
	Capture      string // engine
	AudioOnly    bool
	Tracks       bool          // each participant apart, too
	TracksOnly   bool          // and no composed video
	TracksFormat string        // of the participants' files, one of tracks.Formats
	AudioOffset  time.Duration // added to the times of the audio

	Duration     time.Duration // stop after this much recording; 0: no such limit
	MaxDuration  time.Duration
	ReadyTimeout time.Duration

	MaxMemory int // MiB that the programs of the recording may have; 0: what the control group or the machine has

	IdleTimeout    time.Duration // stop when nobody else was in the room for this long; 0: no such limit
	SilenceTimeout time.Duration // stop after this much silence; 0: no such limit
	ReconnectGrace time.Duration // how long the room may take to connect again; 0: as long as it likes

	// Devices are what a page finds: some rooms let nobody in without a microphone or
	// a camera.
	Devices           string
	CAFile            string // PEM file of authorities that pages may have their certificates from
	IgnoreHTTPSErrors bool
	// AllowHosts are names, addresses and networks of the recorder's own surroundings
	// that a page may lead the browser to.
	AllowHosts []string
	// Access and Steps let Beam into the page; Hidden is what of them no output
	// may repeat.
	Access chrome.Access
	Steps  []chrome.Step
	Hidden []string
	// Expect is what the recording has to be; else the error is an
	// *expect.Broken.
	Expect expect.Wanted
	// Finished is called with the finished file, before it is uploaded (and
	// perhaps deleted): to draw it. What it drew goes beside the object. Its error
	// is a notice.
	Finished func(ctx context.Context, tools inspect.Tools, path string) (Drawn, error)

	Storage storage.Settings
	// VOD is what is made for playing the recording as video on demand.
	VOD vod.Mode
	// Zip makes one file of the recording with its playlists and renditions.
	Zip bool
	// Presign is for how long a playlist is to play from the private bucket; 0 makes
	// none.
	Presign time.Duration
	// Renditions are the smaller MP4s that are made of the finished recording.
	Renditions rendition.Sides

	Tools   Tools
	TempDir string // "" for the system's
	Version string // of Beam
}

// Defaults returns the configuration of a recording that nothing was said of.
func Defaults() Config {
	return Config{
		Layout: layout.Native, Resolution: "720p", FPS: 30, FPSMode: FPSModeCFR, Capture: sizing.EngineAuto, Name: "Beam",
		Chapters:    []string{roster.ChaptersPause, roster.ChaptersLayout, roster.ChaptersShare},
		Devices:     DevicesAuto,
		MaxDuration: 4 * time.Hour, TracksFormat: tracks.FormatAuto, ReadyTimeout: 30 * time.Second, IdleTimeout: 5 * time.Minute, ReconnectGrace: time.Minute,
		FileMode: report.OwnerOnly,
	}
}

// secrets returns what no output of the recording may repeat, as far as it is known
// before anything is started.
func (c Config) secrets() *report.Secrets {
	all := slices.Concat(report.SecretsOf(c.Room), report.SecretsOf(c.Layout), c.Hidden)
	for _, endpoint := range []string{c.Storage.Endpoint, c.Storage.Backup.Endpoint} {
		all = append(all, report.SecretsOf(endpoint)...)
	}
	return report.NewSecrets(append(all, c.Secrets.Token, c.Secrets.APIKey, c.Secrets.APISecret, c.Secrets.Password)...)
}

// Hide returns what hides the configuration's secrets in a text.
func (c Config) Hide() func(string) string { return c.secrets().Hide }

// shownLayout is the layout as it is told: the address of a layout page can hold
// secrets as that of a room can.
func (c Config) shownLayout() string {
	if layout.IsURL(c.Layout) {
		return report.RedactURL(c.Layout)
	}
	return c.Layout
}

// Settings is a checked Config.
type Settings struct {
	Config
	Named bool         // the ID was given
	Size  capture.Size // of the viewport and the frames, also with AudioOnly
}

// demoPlace stands for the demo room before it has an address.
const demoPlace = "http://127.0.0.1/"

// plan returns how to open a room. The error is a fault for the user.
func (s Settings) plan(room string) (layout.Plan, error) {
	kind := s.Platform
	if s.Room == DemoRoom {
		if kind != "" && kind != DemoRoom {
			return layout.Plan{}, fault.Refuse("", "--platform %s can't be that of the demo room", kind)
		}
		kind = DemoRoom
		if room == DemoRoom {
			room = demoPlace
		}
	}
	p, err := layout.New(layout.Request{
		URL: room, Platform: kind, Room: s.RoomName, Name: s.Name, Layout: s.Layout, Orientation: s.Orientation,
		Width: s.Size.Width, Height: s.Size.Height, Filter: s.Filter, Theme: s.Theme, Secrets: s.Secrets, Tracks: s.tracks(),
	})
	if err != nil {
		return p, fault.Refuse("", "%w", err)
	}
	return p, nil
}

// tracks returns how the page hands out tracks.
func (s Settings) tracks() string {
	switch {
	case s.TracksOnly:
		return layout.TracksOnly
	case s.Tracks:
		return layout.TracksWith
	}
	return ""
}

// String names the room for people, without what a URL may hold in secrets.
func (s Settings) String() string {
	return fmt.Sprintf("%s at %v, %d fps", report.RedactURL(s.Room), s.Size, s.FPS)
}

// afterwards tells whether more is made of the recording when it is safe.
func (s Settings) afterwards() bool { return len(s.Renditions) > 0 || s.Presign > 0 || s.Zip }

// fragmented tells whether the recording is to be played through a playlist.
func (s Settings) fragmented() bool { return s.VOD != vod.Off || s.afterwards() }

// Choose returns what Record would choose for the settings on this machine; xvfb
// tells whether Xvfb is installed. It measures the machine for some tens of
// milliseconds and starts nothing.
func (s Settings) Choose(ctx context.Context, xvfb bool) (sizing.Choice, error) {
	return sizing.Choose(ctx, s.Capture, s.Size, s.FPS, xvfb)
}
