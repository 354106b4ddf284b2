package ffmpeg

import (
	"context"
	"io"
	"log/slog"
	"os"
	"sync"

	"beam/capture"
	"beam/capture/child"
)

// TranscodeOptions of Transcode.
type TranscodeOptions struct {
	Path    string      // of ffmpeg
	Args    []string    // what RenditionArgs returned
	Outputs []io.Writer // get the MP4s as ffmpeg writes them, each from a goroutine of its own
	Nice    int         // by how much its priority is lowered, 0 to 19
	// Progress, when set, is told of each report of ffmpeg, from another goroutine.
	Progress func(Progress)
	Log      *slog.Logger
}

// Transcode runs ffmpeg over a file until it ends. It is killed when ctx ends. An
// output that fails is not written to any more, and holds up none of the others:
// whoever made it knows. The error is a capture.Fault of the class encoder, or that
// of ctx.
func Transcode(ctx context.Context, o TranscodeOptions) error {
	said := child.NewTail(tailLines)
	var ours, theirs []*os.File
	defer func() { closeAll(append(ours, theirs...)) }()
	for range len(o.Outputs) + 1 {
		r, w, err := os.Pipe()
		if err != nil {
			return fault("start ffmpeg", err, nil)
		}
		ours, theirs = append(ours, r), append(theirs, w)
	}
	p, err := child.Start(ctx, child.Command{
		Path: o.Path, Args: o.Args, Env: child.Tool.Environment(), Nice: o.Nice, Linger: killWait, Stderr: said, Files: theirs,
	})
	closeAll(theirs)
	theirs = nil
	if err != nil {
		return fault("start ffmpeg", err, nil)
	}
	o.Log.Debug("ffmpeg started", "pid", p.PID())
	var readers sync.WaitGroup
	readers.Go(func() {
		reports := progressReader{told: o.Progress}
		reports.read(ours[0], capture.Now)
	})
	for i, to := range o.Outputs {
		readers.Go(func() {
			if _, err := io.Copy(to, ours[i+1]); err != nil {
				// ffmpeg ends as a whole when one of its outputs does.
				_, _ = io.Copy(io.Discard, ours[i+1])
			}
		})
	}
	readers.Wait()
	if err := p.Wait(); ctx.Err() != nil {
		return ctx.Err()
	} else if err != nil {
		return fault("encode", err, said.Lines())
	}
	return nil
}
