package demo

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"beam/capture/child"
)

// encodeAll makes all clips in dir.
func encodeAll(ctx context.Context, ffmpeg, dir string) error {
	pictures, sounds := recipes()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(2, runtime.GOMAXPROCS(0)))
	for _, r := range pictures {
		g.Go(func() error { return r.encode(ctx, ffmpeg, dir) })
	}
	for _, r := range sounds {
		g.Go(func() error { return r.encode(ctx, ffmpeg, dir) })
	}
	return g.Wait()
}

func (r pictureRecipe) encode(ctx context.Context, ffmpeg, dir string) error {
	paint, err := r.paint()
	if err != nil {
		return fmt.Errorf("clip %s: %w", r.name, err)
	}
	ivf := filepath.Join(dir, r.name+".ivf")
	err = runFFmpeg(ctx, ffmpeg, []string{
		"-f", "rawvideo", "-pix_fmt", "rgba", "-video_size", fmt.Sprintf("%dx%d", r.width, r.height),
		"-framerate", strconv.Itoa(r.fps), "-i", "pipe:0",
		"-pix_fmt", "yuv420p", "-c:v", "libvpx", "-b:v", r.bitRate, "-deadline", "realtime", "-cpu-used", "6",
		// No picture that is not shown, and one packet a picture.
		"-lag-in-frames", "0", "-auto-alt-ref", "0", "-error-resilient", "default",
		"-g", strconv.Itoa(r.keyEvery), "-keyint_min", strconv.Itoa(r.keyEvery),
		"-force_key_frames", fmt.Sprintf("expr:not(mod(n,%d))", r.keyEvery),
		"-threads", "1", "-f", "ivf", "file:" + ivf,
	}, func(w io.Writer) error {
		img := r.frame()
		for n := range r.pictures {
			paint(img, n)
			if _, err := w.Write(img.Pix); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && r.webm {
		err = runFFmpeg(ctx, ffmpeg, []string{
			"-i", "file:" + ivf, "-c", "copy", "-f", "webm", "file:" + filepath.Join(dir, r.name+".webm"),
		}, nil)
	}
	if err != nil {
		return fmt.Errorf("clip %s: %w", r.name, err)
	}
	return nil
}

func (r soundRecipe) encode(ctx context.Context, ffmpeg, dir string) error {
	err := runFFmpeg(ctx, ffmpeg, []string{
		"-f", "s16le", "-ar", strconv.Itoa(soundRate), "-ac", "1", "-i", "pipe:0",
		"-c:a", "libopus", "-application", "audio", "-b:a", "64k", "-frame_duration", "20",
		// One packet a page: a page is what the reader returns.
		"-page_duration", "20000", "-f", "ogg", "file:" + filepath.Join(dir, r.name+".ogg"),
	}, func(w io.Writer) error { return binary.Write(w, binary.LittleEndian, looped(r.loop())) })
	if err != nil {
		return fmt.Errorf("sound of %s: %w", r.name, err)
	}
	return nil
}

// runFFmpeg runs ffmpeg, with what feed writes as its standard input, until it
// ends. When ctx ends, or this process dies, ffmpeg is killed.
func runFFmpeg(ctx context.Context, ffmpeg string, args []string, feed func(io.Writer) error) error {
	complaints := &child.Head{}
	c := child.Command{
		Path: ffmpeg, Args: append([]string{"-hide_banner", "-nostats", "-loglevel", "error", "-y"}, args...),
		Env: child.Tool.Environment(), Stderr: complaints,
	}
	var err, fedErr error
	if feed == nil {
		err = child.Run(ctx, c)
	} else {
		err, fedErr = runFed(ctx, c, feed)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("ffmpeg: %w: %s", err, strings.Join(complaints.First, "\n"))
	}
	return fedErr
}

// runFed runs a program with what feed writes as its standard input.
func runFed(ctx context.Context, c child.Command, feed func(io.Writer) error) (err, fedErr error) {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return err, nil
	}
	defer ours.Close()
	c.Stdin = theirs
	p, err := child.Start(ctx, c)
	theirs.Close() // so that feeding fails when the program is gone
	if err != nil {
		return err, nil
	}
	var feeding errgroup.Group
	feeding.Go(func() error { return errors.Join(feed(ours), ours.Close()) })
	err = p.Wait()
	ours.Close() // a descendant could hold the other end
	// The program's own words explain more than the broken pipe that follows.
	return err, feeding.Wait()
}
