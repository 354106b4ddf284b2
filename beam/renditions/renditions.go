package renditions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"beam/beam/fault"
	"beam/beam/report"
	"beam/beam/storage"
	"beam/beam/vod"
	"beam/capture/hls"
	"beam/capture/mp4"
	"beam/capture/rendition"
)

// Job is what to make.
type Job struct {
	File    string          // of the recording, finished
	Sides   rendition.Sides // the largest first
	FFmpeg  string          // path of it
	Version string          // of Beam
	Object  *storage.Object // where the recording is, or would be, in a bucket; nil for none

	Progress func(Progress) // called from one goroutine at a time; may be nil
	Notice   func(text string)
	Log      *slog.Logger
}

// Progress is how far a job is.
type Progress struct {
	Stage string  `json:"stage"` // see the constants
	Done  float64 `json:"done"`  // 0 to 1, of the stage
}

// The stages.
const (
	StageDownload = "download"
	StageEncode   = "encode"
	StageUpload   = "upload"
)

// Outcome is what a job has made.
type Outcome struct {
	Renditions []report.Rendition `json:"renditions"`
	Playlist   string             `json:"playlist,omitempty"` // of all, on the disk
	// PlaylistURL is that beside the object, with a bucket.
	PlaylistURL string `json:"playlist_url,omitempty"`
}

// Failed returns what could not be made, for people; empty when all was.
func (o Outcome) Failed() (texts []string) {
	for _, r := range o.Renditions {
		if r.Error != "" {
			texts = append(texts, fmt.Sprintf("rendition %s: %s", r.Name, r.Error))
		}
	}
	return texts
}

// Run makes the renditions. One that fails is in the outcome, and costs no other.
// The error is a fault: that nothing can be made at all, or that the playlists could
// not be written or brought to the bucket.
func Run(ctx context.Context, j Job) (Outcome, error) {
	source, err := rendition.Open(j.File)
	if err != nil {
		return Outcome{}, err
	}
	layers, left := rendition.Plan(source.Size, j.Sides)
	for _, side := range left {
		j.notice("the rendition %dp is left out: the recording has %v, and no rendition is larger", side, source.Size)
	}
	if len(layers) == 0 {
		return Outcome{}, fault.Refuse("ask for smaller ones", "no rendition of %s can be made: the recording has %v", j.File, source.Size)
	}
	results, err := rendition.Make(ctx, source, layers, rendition.Options{
		FFmpeg: j.FFmpeg, Version: j.Version, Log: j.Log, Progress: func(done float64) { j.tell(StageEncode, done) },
	})
	if err != nil {
		return Outcome{}, &fault.Fault{Class: fault.ClassEncoder, Op: "make renditions of " + j.File, Err: err, Hint: "run it again: beam renditions " + j.File}
	}
	j.tell(StageEncode, 1)
	out := j.upload(ctx, results)
	return out, j.playlists(ctx, &out)
}

func (j Job) notice(format string, args ...any) {
	if j.Notice != nil {
		j.Notice(fmt.Sprintf(format, args...))
	}
}

func (j Job) tell(stage string, done float64) {
	if j.Progress != nil {
		j.Progress(Progress{Stage: stage, Done: done})
	}
}

// upload brings the renditions to the bucket, where there is one, and returns what
// is known of each.
func (j Job) upload(ctx context.Context, results []rendition.Result) (out Outcome) {
	for i, r := range results {
		entry := report.Rendition{Name: r.Name, File: r.Path, Width: r.Size.Width, Height: r.Size.Height, Bytes: r.Bytes, Kept: r.Kept}
		err := r.Err
		if err == nil && j.Object != nil {
			j.tell(StageUpload, float64(i)/float64(len(results)))
			entry.URL, err = j.Object.PutFile(ctx, r.Suffix()+".mp4", r.Path, "video/mp4", j.Version, j.Log)
		}
		if err != nil {
			entry.Error = err.Error()
		}
		out.Renditions = append(out.Renditions, entry)
	}
	if j.Object != nil {
		j.tell(StageUpload, 1)
	}
	return out
}

// playlists writes the playlists over the recording and all of its renditions that
// are there, beside the file and beside the object.
func (j Job) playlists(ctx context.Context, out *Outcome) error {
	layers, err := Layers(j.File, out.Renditions)
	if err != nil || len(layers) == 0 {
		return err
	}
	files := vod.Playlists(layers, filepath.Base(j.File), "", hls.Reference)
	if err := vod.Write(j.File, files); err != nil {
		return &fault.Fault{Class: fault.ClassEncoder, Op: "write the playlists", Err: err}
	}
	out.Playlist = report.PlaylistPath(j.File)
	if j.Object == nil {
		return nil
	}
	if err := j.Object.PutPlaylists(ctx, vod.Playlists(layers, j.Object.Name(), "", hls.Reference)); err != nil {
		return err
	}
	out.PlaylistURL = j.Object.URL(vod.MasterSuffix)
	return nil
}

// Layers returns what can be played of a recording: the renditions that were made,
// and the recording itself, where it has fragments and no rendition of its size.
func Layers(file string, made []report.Rendition) (layers []vod.Layer, err error) {
	main, err := index(file)
	if err != nil {
		return nil, err
	}
	format := main.Format()
	own := false
	for _, r := range made {
		if r.Error != "" {
			continue
		}
		ix, err := index(r.File)
		if err != nil {
			return nil, err
		}
		layer, err := vod.NewLayer(ix, "-"+r.Name)
		if err != nil {
			return nil, err
		}
		own = own || r.Width == format.Width && r.Height == format.Height
		layers = append(layers, layer)
	}
	if own {
		return layers, nil
	}
	switch layer, err := vod.NewLayer(main, ""); {
	case err == nil:
		layers = append([]vod.Layer{layer}, layers...)
	case !errors.Is(err, mp4.ErrNoMedia):
		return nil, err
	}
	return layers, nil
}

func index(file string) (*mp4.Index, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, &fault.Fault{Class: fault.ClassEncoder, Op: "read the recording", Err: err}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, &fault.Fault{Class: fault.ClassEncoder, Op: "read the recording", Err: err}
	}
	return mp4.Scan(f, info.Size())
}
