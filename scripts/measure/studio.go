package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"beam/beam/usage"
	"beam/capture/chrome"
	"beam/capture/pulse"
	"beam/capture/x11"
)

// stage is a page in Chrome with a sound server and, for x11, a display: what
// is there before anything is recorded.
type stage struct {
	pulse   *pulse.Server
	x11     *x11.Server
	browser *chrome.Browser
	dir     string
}

func (b *bench) open(ctx context.Context, k kind, url string) (s *stage, err error) {
	s = &stage{}
	defer func() {
		if err != nil {
			s.close(ctx)
		}
	}()
	if s.dir, err = os.MkdirTemp("", "bm-"); err != nil {
		return s, err
	}
	for _, name := range []string{"p", "x", "c"} {
		if err := os.Mkdir(filepath.Join(s.dir, name), 0o700); err != nil {
			return s, err
		}
	}
	program, err := pulse.Find("")
	if err != nil {
		return s, err
	}
	if s.pulse, err = pulse.Start(ctx, pulse.Options{Path: program, Dir: filepath.Join(s.dir, "p"), Log: b.log}); err != nil {
		return s, err
	}
	o := chrome.Options{Dir: filepath.Join(s.dir, "c"), Size: size(k), PulseServer: s.pulse.Addr(), Log: b.log}
	if k.engine != "page" {
		if program, err = x11.Find(""); err != nil {
			return s, err
		}
		if s.x11, err = x11.Start(ctx, x11.Options{Path: program, Dir: filepath.Join(s.dir, "x"), Screen: x11.ScreenFor(size(k)), Log: b.log}); err != nil {
			return s, err
		}
		o.Display, o.XAuthority = s.x11.Display(), s.x11.XAuthority()
	}
	if o.Path, err = chrome.Find(""); err != nil {
		return s, err
	}
	if s.browser, err = chrome.Launch(ctx, o); err != nil {
		return s, err
	}
	_, err = s.browser.Open(ctx, chrome.OpenOptions{URL: url})
	return s, err
}

func (s *stage) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if s.browser != nil {
		_ = s.browser.Close(ctx)
	}
	if s.x11 != nil {
		_ = s.x11.Close(ctx)
	}
	if s.pulse != nil {
		_ = s.pulse.Close(ctx)
	}
	_ = os.RemoveAll(s.dir)
}

// follow returns a meter of the stage's programs.
func (s *stage) follow() *usage.Meter {
	m := usage.New()
	m.Follow("chrome", s.browser.PID)
	m.Follow("pulseaudio", s.pulse.PID)
	if s.x11 != nil {
		m.Follow("xvfb", s.x11.PID)
	}
	return m
}

// alone measures a page that nobody records.
func (b *bench) alone(ctx context.Context, k kind, url string) (figures, error) {
	f := none()
	s, err := b.open(ctx, k, url)
	if err != nil {
		return f, err
	}
	defer s.close(ctx)
	wait(ctx, 2*time.Second) // the page has loaded and joined
	m := s.follow()
	m.Sample(false)
	m.Reset()
	began := time.Now()
	wait(ctx, time.Duration(b.seconds)*time.Second)
	m.Sample(false)
	f.cores = cores(m, time.Since(began))
	return f, nil
}

// baseline records as Jibri does: ffmpeg grabs the display and the sound server
// by itself, and no times are compared.
func (b *bench) baseline(ctx context.Context, k kind, url, path string) (figures, error) {
	f := none()
	began := time.Now()
	s, err := b.open(ctx, k, url)
	if err != nil {
		return f, err
	}
	defer s.close(ctx)
	wait(ctx, 2*time.Second)
	rate := "3000k"
	if k.size == "1080p" {
		rate = "4500k"
	}
	cmd := exec.CommandContext(ctx, "ffmpeg", "-y", "-v", "error", "-nostdin",
		"-f", "x11grab", "-draw_mouse", "0", "-framerate", "30", "-video_size", size(k).String(), "-thread_queue_size", "4096", "-i", s.x11.Display()+"+0,0",
		"-f", "pulse", "-thread_queue_size", "4096", "-i", "beam.monitor",
		"-c:a", "aac", "-b:a", "128k", "-af", "aresample=async=1",
		"-c:v", "libx264", "-preset", "veryfast", "-profile:v", "main", "-pix_fmt", "yuv420p", "-r", "30", "-crf", "25", "-maxrate", rate, "-bufsize", rate,
		"-g", "60", "-tune", "zerolatency", "-movflags", "+faststart", "-f", "mp4", path)
	cmd.Env = append(os.Environ(), "XAUTHORITY="+s.x11.XAuthority(), "PULSE_SERVER="+s.pulse.Addr())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var complaints strings.Builder
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		return f, err
	}
	f.first = time.Since(began).Seconds()
	m := s.follow()
	m.Follow("ffmpeg", func() int { return cmd.Process.Pid })
	m.Sample(true)
	m.Reset()
	from := time.Now()
	for range b.seconds {
		wait(ctx, time.Second)
		m.Sample(true)
	}
	f.cores = cores(m, time.Since(from))
	for _, p := range m.Programs() {
		if p.Name == "ffmpeg" {
			f.memory = p.PeakMB
		}
	}
	stopped := time.Now()
	_ = cmd.Process.Signal(syscall.SIGINT)
	err = cmd.Wait()
	f.finish = time.Since(stopped).Seconds()
	// ffmpeg ends with 255 after a signal.
	if exit := new(exec.ExitError); errors.As(err, &exit) && exit.ExitCode() == 255 {
		err = nil
	}
	if err != nil {
		return f, fmt.Errorf("%w: %s", err, complaints.String())
	}
	return f, nil
}

func cores(m *usage.Meter, over time.Duration) float64 {
	total := 0.0
	for _, p := range m.Programs() {
		total += p.CPUSeconds
	}
	return total / over.Seconds()
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
