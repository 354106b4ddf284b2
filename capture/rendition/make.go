package rendition

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"

	"beam/capture"
	"beam/capture/encode"
	"beam/capture/ffmpeg"
	"beam/capture/mp4"
)

// Options of Make.
type Options struct {
	FFmpeg  string // path of it
	Version string // of Beam
	// Progress, when set, is told how far all renditions are, 0 to 1, from another
	// goroutine.
	Progress func(done float64)
	Log      *slog.Logger
}

// Result is what became of a layer.
type Result struct {
	Layer
	Path  string
	Bytes int64
	Kept  bool  // it was there and whole
	Err   error // why it is not there; a capture.Fault
}

// niceness is by how much the priority of renditions is lowered: another recording
// on the machine goes first.
const niceness = 10

// partialSuffix ends the name of a rendition that is being written.
const partialSuffix = ".partial"

// Make makes the renditions of a recording, beside it, in one run of ffmpeg. Those
// that are whole are kept. The results are those of the layers, in their order; one
// that failed says why. The error is that of ctx, when it ends.
func Make(ctx context.Context, s Source, layers []Layer, o Options) ([]Result, error) {
	results := make([]Result, len(layers))
	var todo []*output
	for i, l := range layers {
		r := &results[i]
		r.Layer, r.Path = l, l.Path(s.Path)
		if s.Whole(l) {
			r.Kept, r.Bytes = true, sizeOf(r.Path)
			continue
		}
		out, err := s.create(l, o.Version)
		if err != nil {
			r.Err = failed(l, err)
			continue
		}
		out.result = r
		todo = append(todo, out)
	}
	if len(todo) == 0 {
		return results, ctx.Err()
	}
	err := s.transcode(ctx, todo, o)
	for _, out := range todo {
		out.close(s, err)
	}
	return results, ctx.Err()
}

func failed(l Layer, err error) error {
	var f *capture.Fault
	if errors.As(err, &f) {
		return &capture.Fault{Class: f.Class, Op: "make the rendition " + l.Name, Err: err, Hint: f.Hint}
	}
	return &capture.Fault{Class: capture.ClassEncoder, Op: "make the rendition " + l.Name, Err: err}
}

func (s Source) transcode(ctx context.Context, todo []*output, o Options) error {
	spec := ffmpeg.RenditionSpec{
		Input: s.Path, Audio: s.audio, CopyAudio: s.copyAudio, FPS: s.fps, Preset: preset, Threads: runtime.GOMAXPROCS(0),
	}
	run := ffmpeg.TranscodeOptions{Path: o.FFmpeg, Nice: niceness, Log: o.Log}
	for _, out := range todo {
		spec.Outputs = append(spec.Outputs, out.result.output())
		run.Outputs = append(run.Outputs, out)
	}
	if o.Progress != nil && s.Duration > 0 {
		run.Progress = func(p ffmpeg.Progress) { o.Progress(min(max(p.Moved.Seconds()/s.Duration.Seconds(), 0), 1)) }
	}
	var err error
	if run.Args, err = ffmpeg.RenditionArgs(spec); err != nil {
		return err
	}
	return ffmpeg.Transcode(ctx, run)
}

// output is a rendition that is being written.
type output struct {
	result *Result
	file   *os.File
	writer *mp4.Writer
	err    error // of writing; the first
}

// create begins the file of a layer, and replaces what was left of it.
func (s Source) create(l Layer, version string) (*output, error) {
	f, err := os.OpenFile(l.Path(s.Path)+partialSuffix, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	// Another process may be making it.
	if err := encode.Lock(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := f.Truncate(0); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	origin := ffmpeg.Origin
	w, err := mp4.NewWriter(f, mp4.Options{
		Reserve: mp4.ReserveFor(s.Duration, s.fps), Timing: mp4.TimingAbsolute, Origin: &origin, Playlist: true,
		Metadata: mp4.Metadata{Comment: s.stamp(), Encoder: "beam " + version},
	})
	if err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return &output{file: f, writer: w}, nil
}

// Write takes ffmpeg's output.
func (o *output) Write(b []byte) (int, error) {
	n, err := o.writer.Write(b)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

var _ io.Writer = (*output)(nil)

// close finishes a rendition whose encoder has ended with err, and gives it its
// name; one that is not whole is removed. It ends where the recording does.
func (o *output) close(s Source, err error) {
	err = errors.Join(err, o.err)
	if err == nil {
		err = s.complete(o.writer.Index().Info())
	}
	if err == nil {
		o.writer.Index().End(s.Duration)
		_, err = o.writer.Finish(mp4.Metadata{})
	}
	err = errors.Join(err, o.file.Close())
	if err == nil {
		err = os.Rename(o.file.Name(), o.result.Path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(o.result.Path))
	}
	if err != nil {
		o.result.Err = failed(o.result.Layer, err)
		_ = os.Remove(o.file.Name()) // made anew the next time in any case
		return
	}
	o.result.Bytes = sizeOf(o.result.Path)
}

// syncDir brings a rename to the disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("flush the directory: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// sizeOf returns the size of a file in bytes, 0 where it can't be had.
func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
