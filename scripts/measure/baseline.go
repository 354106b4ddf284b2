package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"beam/capture/child"
)

// plainPreset is the baseline's preset where Beam recorded nothing of that size
// before.
const plainPreset = "superfast"

// baseline records as Jibri does: ffmpeg grabs the display and the sound server
// by itself, and no times are compared. The preset is the one that Beam chose at
// that size in the same run; of x264's other settings there are only those of
// Jibri's command, and a cap of the bit rate as Beam's.
func (b *bench) baseline(ctx context.Context, k kind, url, path string) (figures, error) {
	f := none()
	s, err := b.open(ctx, k, url)
	if err != nil {
		return f, err
	}
	defer s.close(ctx)
	wait(ctx, 2*time.Second)
	if f.preset = b.presets[k.size]; f.preset == "" {
		f.preset = plainPreset
	}
	rate := "3000k"
	if k.size == "1080p" {
		rate = "4500k"
	}
	c := command("ffmpeg", "-y", "-v", "error", "-nostdin",
		"-f", "x11grab", "-draw_mouse", "0", "-framerate", "30", "-video_size", size(k).String(), "-thread_queue_size", "4096", "-i", s.x11.Display()+"+0,0",
		"-f", "pulse", "-thread_queue_size", "4096", "-i", "beam.monitor",
		"-c:a", "aac", "-b:a", "128k", "-af", "aresample=async=1",
		"-c:v", "libx264", "-preset", f.preset, "-profile:v", "main", "-pix_fmt", "yuv420p", "-r", "30", "-crf", "25", "-maxrate", rate, "-bufsize", rate,
		"-g", "60", "-tune", "zerolatency", "-movflags", "+faststart", "-f", "mp4", path)
	c.Env = child.Tool.Environment("XAUTHORITY="+s.x11.XAuthority(), "PULSE_SERVER="+s.pulse.Addr())
	var complaints strings.Builder
	c.Stderr = &complaints
	p, err := child.Start(ctx, c)
	if err != nil {
		return f, err
	}
	w := startWatch(append(s.roots(), p.PID())...)
	from := time.Now()
	wait(ctx, settled+k.seconds(b.seconds))
	samples := w.end()
	stopped := time.Now()
	usage(samples, from.Add(settled), stopped, &f)
	f.memory = peakMemory(samples)
	p.Signal(syscall.SIGINT) // it may have ended by itself; Wait tells
	err = p.Wait()
	f.finish = time.Since(stopped).Seconds()
	// ffmpeg ends with 255 after a signal.
	if exit := new(exec.ExitError); errors.As(err, &exit) && exit.ExitCode() == 255 {
		err = nil
	}
	if err = errors.Join(err, ctx.Err()); err != nil {
		return f, fmt.Errorf("%w: %s", err, complaints.String())
	}
	return f, nil
}
