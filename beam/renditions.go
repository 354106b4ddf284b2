package beam

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"

	"beam/beam/renditions"
	"beam/beam/report"
	"beam/beam/storage"
	"beam/beam/vod"
)

// afterwards makes what is made of a recording when it is safe. What fails lessens the
// recording and costs nothing of it.
func (r *run) afterwards(hard context.Context, rep *report.Report) {
	lessened := r.events.degrade
	if len(r.settings.Renditions) > 0 {
		r.makeRenditions(hard, rep, lessened)
	}
	object := r.transfer.Object()
	if object != nil && r.settings.Presign > 0 {
		r.presign(hard, rep, object, lessened)
	}
	if r.settings.Zip {
		r.zip(hard, rep, object, lessened)
	}
	r.events.tell(rep)
	if object == nil {
		return
	}
	r.transfer.Later = false
	r.transfer.Settle(hard, rep, nil, r.events.degrade, r.log)
	if rep.Upload.LocalDeleted {
		r.dropRenditions(rep)
	}
}

// makeRenditions makes the renditions that were asked for.
func (r *run) makeRenditions(hard context.Context, rep *report.Report, lessened func(string)) {
	out, err := renditions.Run(hard, renditions.Job{
		File: r.settings.Output, Sides: r.settings.Renditions, FFmpeg: r.opening.tools.FFmpeg, Version: r.settings.Version,
		Object: r.transfer.Object(), Log: r.log, Notice: func(text string) { r.events.notice("%s", text) },
		Progress: func(p renditions.Progress) { r.events.emit(Event{Type: EventRenditions, Renditions: &p}) },
	})
	for _, text := range out.Failed() {
		lessened(text)
	}
	if err != nil {
		lessened("renditions: " + err.Error())
	}
	rep.Renditions = out.Renditions
	if out.Playlist != "" {
		rep.Playlist = out.Playlist
	}
	if out.PlaylistURL != "" {
		rep.Upload.PlaylistURL = out.PlaylistURL
	}
}

// presign makes the playlists that play from the private bucket.
func (r *run) presign(hard context.Context, rep *report.Report, object *storage.Object, lessened func(string)) {
	layers, err := renditions.Layers(r.settings.Output, rep.Renditions)
	var until time.Time
	if err == nil {
		until, err = object.PutPresigned(hard, layers, r.settings.Output, r.settings.Presign)
	}
	if err != nil {
		lessened("no presigned playlist: " + err.Error())
		return
	}
	until = until.UTC().Truncate(time.Second)
	rep.Presigned, rep.PresignedUntil = report.PresignedPath(r.settings.Output), &until
	if time.Until(until) < r.settings.Presign-time.Minute {
		r.events.notice("the presigned playlist plays until %s only: the credentials that signed it end then", until.Format(time.RFC3339))
	}
}

// zip puts all that can be played into one file.
func (r *run) zip(hard context.Context, rep *report.Report, object *storage.Object, lessened func(string)) {
	output := r.settings.Output
	files := []string{report.PlaylistPath(output), report.MediaPlaylistPath(output), output}
	for _, made := range rep.Renditions {
		if made.Error == "" {
			files = append(files, report.MediaPlaylistPath(made.File), made.File)
		}
	}
	// Where a rendition stands for the recording itself, that has no playlist.
	files = slices.DeleteFunc(files, func(path string) bool { return onDisk(path) == 0 })
	path := report.ZipPath(output)
	err := vod.Zip(hard, path, files)
	if err == nil {
		rep.Zip = path
		if object != nil {
			rep.Upload.ZipURL, err = object.PutFile(hard, ".zip", path, "application/zip", r.settings.Version, r.log)
		}
	}
	if err != nil {
		lessened("zip: " + err.Error())
	}
}

// dropRenditions removes the local renditions that are in the bucket, and the
// playlists, as the local recording was.
func (r *run) dropRenditions(rep *report.Report) {
	drop := []string{report.PlaylistPath(rep.Output), report.MediaPlaylistPath(rep.Output)}
	for _, made := range rep.Renditions {
		if made.URL != "" && made.Error == "" {
			drop = append(drop, made.File, report.MediaPlaylistPath(made.File))
		}
	}
	if rep.Upload.ZipURL != "" {
		drop = append(drop, rep.Zip)
		rep.Zip = ""
	}
	for _, path := range drop {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			r.log.Warn("not removed with the local recording", "file", path, "error", err)
		}
	}
	rep.Playlist = ""
}
