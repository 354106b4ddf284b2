package contactsheet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"strconv"
	"time"

	"beam/capture"
	"beam/capture/child"
	"beam/capture/inspect"
)

// largestPNG bounds one decoded picture, bytes.
const largestPNG = 32 << 20

// errNoPicture means that there is none at or after a time.
var errNoPicture = errors.New("no picture there")

// frame decodes the picture that is shown at a time after the beginning of the
// file, scaled into a box of w x h pixels with its aspect ratio kept.
func frame(ctx context.Context, tools inspect.Tools, path string, at time.Duration, w, h int) (image.Image, error) {
	program := tools.FFmpeg
	if program == "" {
		program = "ffmpeg"
	}
	scale := fmt.Sprintf("scale=iw*sar:ih,scale=%d:%d:force_original_aspect_ratio=decrease:flags=area,setsar=1", w, h)
	out, complaints := &child.Buffer{Limit: largestPNG}, &child.Head{}
	err := child.Run(ctx, child.Command{
		Path: program,
		Args: []string{"-nostdin", "-hide_banner", "-loglevel", "error",
			"-protocol_whitelist", "file", "-ss", strconv.FormatFloat(at.Seconds(), 'f', 3, 64), "-i", "file:" + path,
			"-map", "0:V:0", "-frames:v", "1", "-vf", scale, "-c:v", "png", "-f", "image2pipe", "pipe:1"},
		Env: child.Tool.Environment(), Stdout: out, Stderr: complaints,
	})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, fault("decode a picture", path, complaints.First, err)
	case len(out.Bytes()) == 0:
		return nil, errNoPicture
	}
	img, err := png.Decode(bytes.NewReader(out.Bytes()))
	if err != nil {
		return nil, fault("decode a picture", path, nil, err)
	}
	return img, nil
}

// nearFrame is frame, but takes an earlier picture where none is left: the sound
// of a file may go on longer.
func nearFrame(ctx context.Context, tools inspect.Tools, path string, at time.Duration, w, h int) (image.Image, time.Duration, error) {
	for {
		img, err := frame(ctx, tools, path, at, w, h)
		if !errors.Is(err, errNoPicture) || at == 0 {
			return img, at, err
		}
		at = (at * 3 / 4).Truncate(time.Millisecond)
		if at < 50*time.Millisecond {
			at = 0
		}
	}
}

// fault tells a missing program from a file that can't be read.
func fault(op, path string, complaints []string, err error) error {
	if _, stat := os.Stat(path); stat == nil && (errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission)) {
		return &capture.Fault{Class: capture.ClassEnvironment, Op: op, Err: err, Hint: "install ffmpeg 5.1 or newer, with ffprobe"}
	}
	if len(complaints) > 0 {
		err = fmt.Errorf("%w: %s", err, complaints[0])
	}
	return &capture.Fault{Class: capture.ClassUsage, Op: op, Err: err, Hint: "check that the file is a whole recording"}
}

// length returns how long a file lasts, from what it says or, where it says
// nothing (as MediaRecorder's), from its packets.
func length(ctx context.Context, tools inspect.Tools, path string, info inspect.Info) (time.Duration, error) {
	seconds := info.DurationSeconds
	if info.Video != nil {
		seconds = max(seconds, info.Video.DurationSeconds)
	}
	if info.Audio != nil {
		seconds = max(seconds, info.Audio.DurationSeconds)
	}
	if seconds > 0 {
		return time.Duration(seconds * float64(time.Second)), nil
	}
	start := time.Duration(info.StartSeconds * float64(time.Second))
	end := start
	if info.Video != nil {
		o := inspect.PictureOptions{Scale: capture.Size{Width: 16, Height: 16}}
		last := start
		if err := tools.Pictures(ctx, path, o, func(p inspect.Picture) error {
			end = max(end, p.PTS+p.PTS-last) // the last one is shown as long as the one before
			last = p.PTS
			return nil
		}); err != nil {
			return 0, err
		}
	}
	if info.Audio != nil {
		if err := tools.Sound(ctx, path, 1, func(s inspect.Sound) error {
			end = max(end, s.PTS+s.Duration())
			return nil
		}); err != nil {
			return 0, err
		}
	}
	return end - start, nil
}
