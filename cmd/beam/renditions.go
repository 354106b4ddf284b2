package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"beam/beam"
	"beam/beam/renditions"
	"beam/beam/storage"
	"beam/capture/rendition"
)

// renditionOptions are those of beam renditions.
type renditionOptions struct {
	sizes   []string
	dir     string
	storage beam.Storage
	json    bool
}

// usualSizes are the renditions that are made when none are named.
var usualSizes = []string{"1080p", "720p", "480p", "240p"}

func (a *app) renditionsCommand() *cobra.Command {
	var o renditionOptions
	cmd := &cobra.Command{
		Use:   "renditions FILE | s3://BUCKET/KEY",
		Short: "Make smaller MP4s of a recording, and a playlist over all",
		Long: `Renditions makes an MP4 for each size, meeting-720p.mp4 beside meeting.mp4, and the
playlist meeting.m3u8, from which a player takes what fits its network. All have the
recording's frames, length and audio, and their key frames at the same instants. A
size larger than the recording is left out.

It decodes once, encodes all sizes in one ffmpeg of low priority, and can be run again:
what is whole is kept, what is not is made anew. The renditions of a recording in a
bucket go beside it; those of a file do with --bucket.`,
		Example: `  beam renditions meeting.mp4
  beam renditions meeting.mp4 --sizes 480p,240p --bucket s3://recordings/team-a
  beam renditions s3://recordings/team-a/meeting.mp4`,
		Args: exactArgs(1, "recording"),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.renditions(args[0], o)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.sizes, "sizes", usualSizes, "short sides of the renditions, such as 720p,480p")
	f.StringVar(&o.dir, "dir", "", "where a recording from a bucket is kept while it is worked on, and after that (default a private directory that goes away)")
	f.StringVar(&o.storage.Bucket, "bucket", "", "where the renditions of a file go: s3://BUCKET/PREFIX (default they stay on the disk)")
	f.DurationVar(&o.storage.Timeout, "upload-timeout", 15*time.Minute, "how long a finished rendition waits for a bucket that does not answer")
	storeFlags(f, &o.storage)
	f.BoolVar(&o.json, "json", false, "print the progress, and then what was made, as JSON lines")
	return cmd
}

func (a *app) renditions(what string, o renditionOptions) (err error) {
	job := renditions.Job{Version: version, Log: a.log, Notice: func(text string) { a.stderr.warn("%s", text) }}
	if job.Sides, err = rendition.ParseSides(o.sizes); err != nil {
		return usageError{err}
	}
	tools, err := beam.DecodeTools(beam.ToolsFromEnvironment())
	if err != nil {
		return err
	}
	job.FFmpeg = tools.FFmpeg
	show := a.newRenditionProgress(o.json)
	defer show.end()
	job.Progress = show.tell
	done, err := a.renditionSource(&job, what, o)
	if err != nil {
		return err
	}
	defer done()
	outcome, err := renditions.Run(a.stop, job)
	show.end()
	if o.json && len(outcome.Renditions) > 0 {
		err = errors.Join(err, json.NewEncoder(a.stdout).Encode(renditionLine{Type: "renditions", Outcome: &outcome}))
	} else {
		a.tellRenditions(outcome)
	}
	if failed := outcome.Failed(); err == nil && len(failed) > 0 {
		for _, text := range failed {
			a.stderr.warn("degraded: %s", text)
		}
		err = &errDegraded{why: failed}
	}
	return err
}

// renditionSource brings the recording to where it can be read, and says where in a
// bucket it is; done ends with what that needs.
func (a *app) renditionSource(job *renditions.Job, what string, o renditionOptions) (done func(), err error) {
	done = func() { job.Object.Close() }
	if !strings.Contains(what, "://") {
		job.File = what
		if o.storage.Bucket != "" {
			job.Object, err = storage.ObjectOf(a.stop, what, o.storage, a.log)
		}
		return done, err
	}
	if o.storage.Bucket != "" {
		return done, usagef("--bucket is for the renditions of a file; those of %s go beside it", what)
	}
	if job.Object, err = storage.OpenObject(a.stop, what, o.storage, a.log); err != nil {
		return done, err
	}
	dir := o.dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "beam-renditions-"); err != nil {
			return done, err
		}
		done = func() { job.Object.Close(); _ = os.RemoveAll(dir) }
	}
	job.File = filepath.Join(dir, job.Object.Name())
	err = job.Object.Download(a.stop, job.File, func(got, all int64) {
		job.Progress(renditions.Progress{Stage: renditions.StageDownload, Done: float64(got) / float64(max(all, 1))})
	})
	if err != nil {
		done()
		done = func() {}
	}
	return done, err
}

// renditionLine is a line of --json.
type renditionLine struct {
	Type string `json:"type"` // progress, and at the end renditions
	*renditions.Progress
	*renditions.Outcome
}

// tellRenditions prints what was made, one line each.
func (a *app) tellRenditions(o renditions.Outcome) {
	for _, r := range o.Renditions {
		if r.Error != "" {
			continue
		}
		line := fmt.Sprintf("%s: %dx%d, %s", r.File, r.Width, r.Height, size(r.Bytes))
		if r.Kept {
			line += ", kept"
		}
		if r.URL != "" {
			line += "; uploaded to " + r.URL
		}
		fmt.Fprintln(a.stdout, line)
	}
	if o.Playlist != "" {
		fmt.Fprintf(a.stdout, "playlist: %s\n", o.Playlist)
	}
	if o.PlaylistURL != "" {
		fmt.Fprintf(a.stdout, "playlist: %s\n", o.PlaylistURL)
	}
}
