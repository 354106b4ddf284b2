package doctor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"beam/beam"
	"beam/beam/demo"
	"beam/capture/inspect/avsync"
	"beam/capture/inspect/testpattern"
)

// trial is a recording that was made to be measured.
type trial struct {
	Settings beam.Settings
	Err      error        // of the recording, or of the page it was to record
	Report   *beam.Report // nil where nothing was left
	JudgeErr error
	Others   float64        // cores that other programs kept busy while it recorded
	Timing   avsync.Timing  // of the timing page
	LipSync  avsync.LipSync // of the lip-sync page
}

// record records a page of the demo room and lets measure judge the file,
// which is then removed.
func (e *examination) record(ctx, hard context.Context, engine string, page func(*demo.Server) string, measure func(context.Context, *trial, string) error) trial {
	t := trial{Settings: e.settings}
	t.Settings.Capture = engine
	server, err := demo.Start(ctx, demo.Options{FFmpeg: e.options.Tools.FFmpeg, Log: e.log})
	if err != nil {
		t.Err = err
		return t
	}
	defer server.Close()
	dir, err := e.folder("r")
	if err != nil {
		t.Err = err
		return t
	}
	path := filepath.Join(dir, "trial.mp4")
	defer func() {
		// The whole private folder is removed at the end; this only frees the
		// space earlier.
		_, _ = os.Remove(path), os.Remove(beam.ReportPath(path))
	}()
	c := t.Settings.Config
	c.Room, c.Output, c.Force = page(server), path, true
	c.Duration, c.MaxDuration, c.Capture = e.options.Length, max(c.MaxDuration, e.options.Length), engine
	c.AudioOnly, c.Storage, c.TempDir, c.Tools = false, beam.Storage{}, e.options.TempDir, e.options.Tools
	if engine == beam.EngineScreencast {
		c.Tools.Xvfb = os.DevNull // else it could go on with x11, and tell nothing of a screencast
	}
	if t.Settings, t.Err = c.Check(); t.Err != nil {
		return t
	}
	var busy busyMeter
	if t.Report, t.Err = beam.Record(ctx, hard, t.Settings, e.log, busy.see); t.Err != nil || t.Report == nil {
		return t
	}
	own, _ := t.used()
	t.Others = max(0, busy.cores()-own)
	t.JudgeErr = measure(ctx, &t, path)
	return t
}

// recordTiming records the timing page.
func (e *examination) recordTiming(ctx, hard context.Context, engine string) trial {
	return e.record(ctx, hard, engine, (*demo.Server).TimingURL, func(ctx context.Context, t *trial, path string) error {
		tools, err := beam.DecodeTools(e.options.Tools)
		if err == nil {
			t.Timing, err = avsync.JudgeTiming(ctx, tools, path)
		}
		return err
	})
}

// recordLipSync records the lip-sync page.
func (e *examination) recordLipSync(ctx, hard context.Context, engine string) trial {
	return e.record(ctx, hard, engine, (*demo.Server).LipSyncURL, func(ctx context.Context, t *trial, path string) error {
		tools, err := beam.DecodeTools(e.options.Tools)
		if err == nil {
			t.LipSync, err = avsync.JudgeLipSync(ctx, tools, path)
		}
		return err
	})
}

// The figures beyond which a recording is less than it should be.
const (
	enoughPictures = 0.9 // distinct ones, of the rate that was asked for
	// mostWander is how far the sound may move against the picture within a
	// recording, in ms: what EBU R37 allows it to be early.
	mostWander = 40.0
	// The limits of EBU R37 for sound against picture, in ms.
	earliestSound, latestSound = -40.0, 60.0
)

const busyFix = "use a lower --resolution or --fps, or more cores"

// manyOthers is how many cores other programs may keep busy before a bad trial
// says more of them than of the machine.
const manyOthers = 0.3

// busyFix says what to do about a trial that went badly.
func (t trial) busyFix() string {
	if t.Others > manyOthers {
		return fmt.Sprintf("other programs keep %.1f cores busy: end them and try again; else %s", t.Others, busyFix)
	}
	return busyFix
}

// failed judges what is the same for every trial; done is false where there is
// more to say.
func (t trial) failed(f *Finding) (done bool) {
	switch {
	case t.Err != nil:
		f.Status, f.Found = Problem, "it fails: "+oneLine(t.Err)
		f.Fix = fixFor(t.Err, "run it by hand and see what it says: beam record demo --duration 10s --capture "+t.Settings.Capture+" --verbose -o try.mp4")
		return true
	case t.Report == nil:
		f.Status, f.Found, f.Fix = Problem, "it leaves nothing", t.busyFix()
		return true
	}
	cores, memory := t.used()
	f.Data = map[string]any{
		"width": t.Report.Width, "height": t.Report.Height, "fps": t.Report.FPS, "engine": t.Report.Engine, "preset": t.Report.Preset,
		"seconds": t.Report.Seconds, "cores": cores, "other_programs_cores": t.Others, "memory_mb": memory, "degraded": t.Report.Degraded,
		"first_picture_seconds": t.Report.FirstFrame, "sound_percent": t.Report.Sound.Covered,
	}
	if p := t.Report.Pictures; p != nil {
		f.Data["dropped"] = p.Dropped
	}
	if t.JudgeErr != nil && !errors.Is(t.JudgeErr, testpattern.ErrNoMark) {
		f.Status, f.Found = Warning, "it can't be judged: "+oneLine(t.JudgeErr)
		f.Fix = fixFor(t.JudgeErr, "see what ffmpeg and ffprobe say to a file of Beam's: beam inspect FILE")
		return true
	}
	return false
}

// used returns what all programs used together: cores and 2^20 bytes.
func (t trial) used() (cores, memory float64) {
	for _, r := range t.Report.Resources {
		cores, memory = cores+r.Cores, memory+r.PeakMB
	}
	return cores, memory
}

func judgeTiming(id string, t trial) Finding {
	f := Finding{ID: id, Title: "trial, " + t.Settings.Capture, Status: OK}
	if t.failed(&f) {
		return f
	}
	if t.JudgeErr != nil {
		f.Status, f.Found = Problem, "its pictures don't show the page: "+oneLine(t.JudgeErr)
		f.Fix = "look at such a recording: beam record demo --duration 10s --capture " + t.Settings.Capture + " -o try.mp4"
		return f
	}
	m, r := t.Timing, t.Report
	dropped := 0
	if r.Pictures != nil {
		dropped = r.Pictures.Dropped
	}
	cores, memory := t.used()
	f.Data["distinct_fps"], f.Data["longest_freeze_ms"] = m.DistinctPerSecond, m.LongestFreezeMs
	f.Data["offset_median_ms"], f.Data["offset_spread_ms"] = m.Offset.MedianMs, m.OffsetSpreadMs
	f.Data["beeps"], f.Data["missing_beeps"] = m.Beeps, len(m.MissingBeeps)
	f.Found = fmt.Sprintf("%.1f distinct pictures of %d a second at %dx%d, %d dropped, longest freeze %.0f ms; sound %+.0f ms, steady within %.0f ms; %.2f cores, %.0f MB",
		m.DistinctPerSecond, r.FPS, r.Width, r.Height, dropped, m.LongestFreezeMs, m.Offset.MedianMs, m.OffsetSpreadMs, cores, memory)
	var faults []string
	if m.DistinctPerSecond < enoughPictures*float64(r.FPS) {
		faults = append(faults, "pictures are lost")
	}
	switch {
	case m.Beeps == 0:
		faults = append(faults, "there is no sound")
	case len(m.MissingBeeps) > 0:
		faults = append(faults, fmt.Sprintf("beeps lost: %d", len(m.MissingBeeps)))
	case m.OffsetSpreadMs > mostWander:
		faults = append(faults, "sound and picture move against each other")
	}
	faults = append(faults, r.Degraded...)
	if len(faults) > 0 {
		f.Status, f.Fix = Warning, t.busyFix()
		f.Found += ": " + oneLine(strings.Join(faults, ", "))
	}
	return f
}

func judgeLipSync(t trial) Finding {
	f := Finding{ID: LipSync, Title: "lip sync", Status: OK}
	if t.failed(&f) {
		return f
	}
	if t.JudgeErr != nil {
		f.Status, f.Found, f.Fix = Warning, "no flash with its beep came through: "+oneLine(t.JudgeErr), t.busyFix()
		return f
	}
	o := t.LipSync.Offset
	f.Data["offset_median_ms"], f.Data["offset_min_ms"], f.Data["offset_max_ms"] = o.MedianMs, o.MinMs, o.MaxMs
	f.Data["flashes"] = t.LipSync.Flashes
	late := "late"
	if o.MedianMs < 0 {
		late = "early"
	}
	f.Found = fmt.Sprintf("sound %.0f ms %s in WebRTC content (median of %d, %+.0f to %+.0f ms), %s",
		math.Abs(o.MedianMs), late, t.LipSync.Flashes, o.MinMs, o.MaxMs, t.Report.Engine)
	if o.MedianMs < earliestSound || o.MedianMs > latestSound {
		f.Status, f.Fix = Warning, t.busyFix()
		f.Found += fmt.Sprintf(": beyond %+.0f to %+.0f ms, which people notice", earliestSound, latestSound)
	}
	return f
}
