package doctor

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"beam/beam"
	"beam/capture"
	"beam/capture/inspect/avsync"
	"beam/capture/inspect/testpattern"
)

// expect checks a finding: its status, that it tells what was found, and that
// it says what to do wherever something is wrong, and only there.
func expect(t *testing.T, f Finding, status Status, found, fix string) {
	t.Helper()
	if f.Status != status || !strings.Contains(f.Found, found) || !strings.Contains(f.Fix, fix) {
		t.Errorf("got %+v\nwant %s, found %q, fix %q", f, status, found, fix)
	}
	if (f.Fix == "") != (f.Status == OK) {
		t.Errorf("%s with the fix %q", f.Status, f.Fix)
	}
	if f.ID == "" || f.Title == "" || strings.Contains(f.Found+f.Fix, "\n") {
		t.Errorf("not one line: %+v", f)
	}
}

func notFound(program string) error {
	return &capture.Fault{Class: capture.ClassEnvironment, Op: "find " + program, Hint: "a hint",
		Err: &exec.Error{Name: program, Err: exec.ErrNotFound}}
}

func TestJudgeChrome(t *testing.T) {
	for name, tt := range map[string]struct {
		seen       browser
		status     Status
		found, fix string
	}{
		"fine":      {browser{Path: "/c", Version: "Chrome 156.0.1.2", Took: time.Second}, OK, "Chrome 156.0.1.2, starts in 1.0 s (/c)", ""},
		"no number": {browser{Path: "/c", Version: "Edge"}, OK, "Edge", ""},
		"old":       {browser{Path: "/c", Version: "Chrome 131.0.1.2"}, Warning, "older than 132", "apt-get"},
		"missing":   {browser{FindErr: notFound("chrome")}, Problem, "find chrome", "apt-get install chromium"},
		"refuses": {browser{Path: "/c", StartErr: &capture.Fault{Hint: "set TMPDIR", Err: errors.New("bad\nvery bad")}},
			Problem, "/c does not start: bad | very bad", "set TMPDIR"},
		"refuses, no hint": {browser{Path: "/c", StartErr: &capture.Fault{Hint: "run beam doctor"}}, Problem, "does not start", "run it by hand"},
		"not tried":        {browser{Path: "/c", NotTried: noFolder}, Warning, "not started", "TMPDIR"},
	} {
		t.Run(name, func(t *testing.T) { expect(t, judgeChrome(tt.seen), tt.status, tt.found, tt.fix) })
	}
}

func TestJudgeSandbox(t *testing.T) {
	fine := confinement{Clone: true, MaxNamespaces: -1}
	with := func(change func(*confinement)) confinement { c := fine; change(&c); return c }
	for name, tt := range map[string]struct {
		seen       confinement
		status     Status
		found, fix string
	}{
		"on":        {with(func(c *confinement) { c.Started = true }), OK, "on, by user namespaces", ""},
		"by helper": {with(func(c *confinement) { c.Started, c.Namespace, c.Helper = true, unix.EPERM, "/h" }), OK, "on, by the helper /h", ""},
		"root":      {with(func(c *confinement) { c.Root, c.Started = true, true }), Warning, "runs as root", "ordinary user"},
		"given up":  {with(func(c *confinement) { c.Forced, c.Started = true, true }), Warning, "BEAM_CHROME_NO_SANDBOX is set", "unset it: user namespaces work"},
		"given up for a reason": {with(func(c *confinement) { c.Forced, c.Started, c.Namespace = true, true, unix.EPERM }),
			Warning, "is set", "let the sandbox work: run the container with --security-opt"},
		"seccomp": {with(func(c *confinement) { c.Failed, c.Namespace = true, unix.EPERM }), Problem, "seccomp", "--security-opt seccomp=docker/seccomp.json"},
		"limit":   {with(func(c *confinement) { c.Failed, c.Namespace, c.MaxNamespaces = true, unix.ENOSPC, 0 }), Problem, "max_user_namespaces is 0", "sysctl -w user.max_user_namespaces"},
		"Debian's switch": {with(func(c *confinement) { c.Failed, c.Namespace, c.Clone = true, unix.EPERM, false }),
			Problem, "unprivileged_userns_clone is 0", "sysctl -w kernel.unprivileged_userns_clone=1"},
		"AppArmor":         {with(func(c *confinement) { c.Failed, c.AppArmor = true, true }), Problem, "AppArmor", "apparmor_restrict_unprivileged_userns=0"},
		"AppArmor, works":  {with(func(c *confinement) { c.Started, c.AppArmor = true, true }), OK, "on", ""},
		"other":            {with(func(c *confinement) { c.Failed, c.Namespace = true, unix.EINVAL }), Problem, "invalid argument", "--security-opt"},
		"no Chrome":        {fine, OK, "can work, by user namespaces; not tried", ""},
		"no Chrome, other": {with(func(c *confinement) { c.Namespace, c.Helper = unix.EPERM, "/h" }), OK, "can work, by the helper", ""},
		"works against expectation": {with(func(c *confinement) { c.Started, c.Namespace = true, unix.EPERM }),
			OK, "on: Chrome started with it", ""},
	} {
		t.Run(name, func(t *testing.T) { expect(t, judgeSandbox(tt.seen), tt.status, tt.found, tt.fix) })
	}
}

func TestJudgeFFmpeg(t *testing.T) {
	whole := func(without ...string) encoder {
		e := encoder{Path: "/f", FFprobe: "/p", Banner: "ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026\n", Has: map[string][]string{}}
		for _, list := range [][]struct{ kind, name string }{wanted, wantedDemo} {
			for _, w := range list {
				if !strings.Contains(strings.Join(without, " "), w.name) {
					e.Has[w.kind] = append(e.Has[w.kind], w.name)
				}
			}
		}
		return e
	}
	old, nameless, noProbe := whole(), whole(), whole()
	old.Banner, nameless.Banner, noProbe.FFprobe = "ffmpeg version n4.4.2 Copyright", "ffmpeg version N-109-gabc Copyright", ""
	for name, tt := range map[string]struct {
		seen       encoder
		status     Status
		found, fix string
	}{
		"fine":        {whole(), OK, "ffmpeg 5.1.9-0+deb12u1, with libx264", ""},
		"of a commit": {nameless, OK, "ffmpeg N-109-gabc", ""},
		"old":         {old, Problem, "ffmpeg n4.4.2 is too old", "5.1 or later"},
		"missing":     {encoder{FindErr: notFound("ffmpeg")}, Problem, "find ffmpeg", "apt-get install ffmpeg"},
		"broken":      {encoder{AskErr: errors.New("exit status 127")}, Problem, "exit status 127", "apt-get install ffmpeg"},
		"no libx264":  {whole("libx264"), Problem, "lacks libx264", "built with it"},
		"no libvpx":   {whole("libvpx"), Warning, "demo room", "built with it"},
		"no ffprobe":  {noProbe, Warning, "no ffprobe", "BEAM_FFPROBE"},
	} {
		t.Run(name, func(t *testing.T) { expect(t, judgeFFmpeg(tt.seen), tt.status, tt.found, tt.fix) })
	}
}

func TestTooOld(t *testing.T) {
	for banner, want := range map[string]bool{
		"ffmpeg version 5.0.3 Copyright": true, "ffmpeg version 5.1 Copyright": false, "ffmpeg version 7 x": false,
		"ffmpeg version 4.4.2-0ubuntu": true, "ffmpeg version n6.1": false, "": false, "avconv 9": false,
		"ffmpeg version 2023-01-01-git-abc": false,
	} {
		if got := tooOld(banner); got != want {
			t.Errorf("%q: %v", banner, got)
		}
	}
}

func TestJudgeServers(t *testing.T) {
	running := server{Path: "/p", Version: "16.1", Took: time.Second}
	broken := server{Path: "/p", StartErr: &capture.Fault{Op: "start it", Hint: "run `beam doctor`", Err: errors.New("no socket")}}
	absent := server{FindErr: notFound("it")}
	untried := server{Path: "/p", NotTried: noFolder}
	expect(t, judgePulseAudio(running), OK, "PulseAudio 16.1", "")
	expect(t, judgePulseAudio(broken), Problem, "no socket", "--reinstall pulseaudio")
	expect(t, judgePulseAudio(absent), Problem, "not found", "apt-get install pulseaudio")
	expect(t, judgePulseAudio(untried), Warning, "not started", "TMPDIR")
	for _, engine := range []string{beam.EngineAuto, beam.EngineScreencast, beam.EngineX11} {
		expect(t, judgeXvfb(running, engine), OK, "starts in 1.0 s", "")
	}
	for what, s := range map[string]server{"apt-get install xvfb": absent, "--reinstall xvfb": broken, "TMPDIR": untried} {
		expect(t, judgeXvfb(s, beam.EngineAuto), Warning, "frames then come from a screencast", what)
		expect(t, judgeXvfb(s, beam.EngineX11), Problem, "", what)
		expect(t, judgeXvfb(s, beam.EngineScreencast), OK, "not needed", "")
	}
}

func TestJudgeFonts(t *testing.T) {
	all := "en|ar|he|hi\n\nzh-cn|zh-tw|ja|ko\nund-zsye\n"
	expect(t, judgeFonts(parseFonts(all)), OK, "4, for Latin, Chinese, Japanese, Korean, Arabic, Hebrew, Devanagari, emoji", "")
	expect(t, judgeFonts(parseFonts("")), Problem, "none at all", "fonts-dejavu-core")
	expect(t, judgeFonts(parseFonts("en|ar|he|zh-cn|ja|ko|und-zsye")), Warning, "none for Chinese, Devanagari:", "apt-get install fonts-noto-cjk fonts-noto-core)")
	expect(t, judgeFonts(parseFonts(strings.ReplaceAll(all, "und-zsye", "und"))), Warning, "none for emoji:", "fonts-noto-color-emoji")
	expect(t, judgeFonts(fontList{Err: fmt.Errorf("x: %w", exec.ErrNotFound)}), Warning, "no fc-list", "install fontconfig")
	expect(t, judgeFonts(fontList{Err: errors.New("signal: killed")}), Warning, "signal: killed", "fc-list")
}

func TestJudgeMachine(t *testing.T) {
	expect(t, judgeSharedMemory(sharedMemory{Size: 1 << 30, Free: 1 << 30, Writable: true}), OK, "1.0 GB free of 1.0 GB", "")
	expect(t, judgeSharedMemory(sharedMemory{Size: 64 << 20, Free: 63 << 20, Writable: true}), OK, "63 MB free of 64 MB is little: Chrome is told", "")
	expect(t, judgeSharedMemory(sharedMemory{Err: unix.ENOENT}), OK, "none", "")
	expect(t, judgeSharedMemory(sharedMemory{Size: 1 << 30, Free: 1 << 30}), Problem, "can't be written", "chmod 1777 /dev/shm")
	expect(t, judgeSharedMemory(sharedMemory{Size: 1 << 20, Free: 1 << 20}), OK, "is little", "")

	expect(t, judgeMemory(memory{Available: 4 << 30}), OK, "4.0 GB available", "")
	expect(t, judgeMemory(memory{Available: 512 << 20}), Warning, "512 MB available", "end other programs")
	expect(t, judgeMemory(memory{Available: 40 << 30, Limit: 2 << 30, Used: 1536 << 20}), Warning, "512 MB left of the cgroup's 2.0 GB", "container")
	expect(t, judgeMemory(memory{Available: 4 << 30, Limit: 1 << 30, Used: 2 << 30}), Warning, "0 MB left", "container")
	expect(t, judgeMemory(memory{}), Warning, "can't tell", "/proc")

	expect(t, judgeDisk(place{Path: "/o", Free: 100 << 30}, 3_128_000, 4*time.Hour), OK, "100 GB free in /o: 76 hours", "")
	expect(t, judgeDisk(place{Path: "/o", Free: 1 << 30}, 3_128_000, 4*time.Hour), Warning, "44 minutes, less than the 4 hours", "--output")
	expect(t, judgeDisk(place{Path: "/o", Free: 20 << 20}, 3_128_000, 4*time.Hour), Problem, "nothing can be recorded", "free some space")
	expect(t, judgeDisk(place{Path: "/o", WriteErr: unix.EROFS}, 3_128_000, 4*time.Hour), Problem, "read-only file system", "another folder")

	expect(t, judgeTemp(place{Path: "/t", Free: 1 << 30}, nil), OK, "/t can be written", "")
	expect(t, judgeTemp(place{Path: "/t", Free: 1 << 20}, nil), Warning, "1 MB free in /t", "TMPDIR")
	expect(t, judgeTemp(place{Path: "/t", Free: 1 << 30}, unix.EDQUOT), Problem, "quota", "TMPDIR")

	now := notBefore.AddDate(1, 0, 0)
	expect(t, judgeClock(wallClock{Synced: true, MaxError: 20 * time.Millisecond, Now: now}), OK, "synchronised, to 20ms", "")
	expect(t, judgeClock(wallClock{Now: now}), Warning, "not synchronised", "timesyncd")
	expect(t, judgeClock(wallClock{Err: unix.EPERM, Now: now}), Warning, "can't tell", "beam validate")
	expect(t, judgeClock(wallClock{Synced: true, Now: time.Unix(0, 0)}), Problem, "1970-01-01", "synchronise it")
}

func TestJudgeCores(t *testing.T) {
	s := beam.Settings{Config: beam.Defaults(), Size: capture.Size{Width: 1920, Height: 1080}}
	choice := func(cores float64, engine string) beam.Choice {
		return beam.Choice{Engine: engine, Reason: "for a reason", Preset: "ultrafast", Cores: cores, Usable: cores * 0.8,
			Load: map[string]float64{beam.EngineScreencast: 1.6, beam.EngineX11: 0.9}}
	}
	expect(t, judgeCores(choice(2, beam.EngineScreencast), s, false), OK, "2: screencast and x264 ultrafast; for a reason", "")
	expect(t, judgeCores(choice(1.5, beam.EngineX11), s, true), OK, "x11 at 1920x1080 and 30 fps keeps about 0.9 cores busy", "")
	expect(t, judgeCores(choice(1.5, beam.EngineScreencast), s, false), Warning, "more than the 1.2", "apt-get install xvfb")
	s.Capture = beam.EngineScreencast
	expect(t, judgeCores(choice(1.5, beam.EngineScreencast), s, true), Warning, "screencast at 1920x1080", "use --capture x11")
	s.Capture = beam.EngineX11
	expect(t, judgeCores(choice(1, beam.EngineX11), s, true), Warning, "more than the 0.8", "give it 2 cores")
}

func TestJudgeTrials(t *testing.T) {
	good := func(change func(*trial)) trial {
		r := trial{
			Report: &beam.Report{Engine: "x11", Width: 1280, Height: 720, FPS: 30, Pictures: &beam.VideoReport{Dropped: 1},
				Resources: []beam.ResourceReport{{Cores: 0.5, PeakMB: 100}, {Cores: 0.25, PeakMB: 50}}},
			Timing: avsync.Timing{Timing: testpattern.Timing{Motion: testpattern.Motion{DistinctPerSecond: 29.9}, Beeps: 9, OffsetSpreadMs: 3}},
		}
		r.Settings.Capture = beam.EngineX11
		r.LipSync.Flashes, r.LipSync.Offset.MedianMs = 9, -12
		change(&r)
		return r
	}
	for name, tt := range map[string]struct {
		change     func(*trial)
		status     Status
		found, fix string
	}{
		"good": {func(*trial) {}, OK, "29.9 distinct pictures of 30 a second at 1280x720, 1 dropped", ""},
		"fails": {func(r *trial) {
			r.Err, r.Report = &capture.Fault{Op: "start chrome", Hint: "buy one", Err: errors.New("no")}, nil
		}, Problem, "start chrome: no", "buy one"},
		"nothing":    {func(r *trial) { r.Report = nil }, Problem, "leaves nothing", "--resolution"},
		"blank":      {func(r *trial) { r.JudgeErr = fmt.Errorf("x: %w", testpattern.ErrNoMark) }, Problem, "don't show the page", "beam record demo"},
		"unreadable": {func(r *trial) { r.JudgeErr = errors.New("no ffprobe") }, Warning, "no ffprobe", "beam inspect"},
		"slow":       {func(r *trial) { r.Timing.DistinctPerSecond = 20 }, Warning, "pictures are lost", "use a lower --resolution"},
		"crowded":    {func(r *trial) { r.Timing.DistinctPerSecond, r.Others = 20, 1.1 }, Warning, "pictures are lost", "other programs keep 1.1 cores busy"},
		"unsteady":   {func(r *trial) { r.Timing.OffsetSpreadMs = 300 }, Warning, "move against each other", "--fps"},
		"silent":     {func(r *trial) { r.Timing.Beeps = 0 }, Warning, "there is no sound", "--fps"},
		"gaps":       {func(r *trial) { r.Timing.MissingBeeps = []int{3, 4} }, Warning, "beeps lost: 2", "--fps"},
		"degraded":   {func(r *trial) { r.Report.Degraded = []string{"rate lowered"} }, Warning, "rate lowered", "--fps"},
	} {
		t.Run(name, func(t *testing.T) { expect(t, judgeTiming(X11, good(tt.change)), tt.status, tt.found, tt.fix) })
	}
	f := judgeTiming(X11, good(func(*trial) {}))
	if f.Data["cores"] != 0.75 || f.Data["memory_mb"] != 150.0 || f.Data["offset_spread_ms"] != 3.0 {
		t.Errorf("figures %v", f.Data)
	}
	expect(t, judgeLipSync(good(func(*trial) {})), OK, "sound 12 ms early", "")
	expect(t, judgeLipSync(good(func(r *trial) { r.LipSync.Offset.MedianMs = 61 })), Warning, "sound 61 ms late", "--fps")
	expect(t, judgeLipSync(good(func(r *trial) { r.JudgeErr = testpattern.ErrNoMark })), Warning, "no flash", "--fps")
}

func TestVerdict(t *testing.T) {
	if err := Verdict([]Finding{{Status: OK}, {Status: Warning}}); err != nil {
		t.Errorf("warnings are %v", err)
	}
	err := Verdict([]Finding{{Title: "Chrome", Status: Problem}, {Title: "fonts", Status: Problem}, {Title: "disk", Status: OK}})
	var fault *capture.Fault
	if !errors.As(err, &fault) || fault.Class != capture.ClassEnvironment || !strings.HasSuffix(err.Error(), "here: Chrome, fonts") {
		t.Errorf("got %v", err)
	}
}

func TestEngines(t *testing.T) {
	for _, tt := range []struct {
		asked string
		xvfb  bool
		want  string
	}{
		{beam.EngineAuto, true, "screencast x11"}, {beam.EngineAuto, false, "screencast"},
		{beam.EngineX11, true, "x11"}, {beam.EngineScreencast, true, "screencast"},
	} {
		if got := strings.Join(engines(tt.asked, tt.xvfb), " "); got != tt.want {
			t.Errorf("%s, %v: %s", tt.asked, tt.xvfb, got)
		}
	}
	if got := inTheWay([]Finding{{ID: Fonts, Status: Problem}, {ID: Chrome, Title: "C", Status: Problem}, {ID: FFmpeg, Status: Warning}}); len(got) != 1 || got[0] != "C" {
		t.Errorf("in the way: %v", got)
	}
}
