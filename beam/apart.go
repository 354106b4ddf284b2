package beam

import (
	"context"
	"fmt"
	"path/filepath"

	"beam/beam/report"
	"beam/beam/tracks"
)

// newTracks prepares the recording of each participant apart, where it is wanted.
func (o *opening) newTracks() {
	if o.settings.tracks() != "" {
		o.tracks = tracks.New(tracks.Options{Dir: report.TracksPath(o.settings.Output), Mode: o.settings.FileMode, Log: o.log})
	}
}

// closeTracks ends the files of the tracks, and lists them.
func (r *run) closeTracks() tracks.Manifest {
	t := r.opening.tracks
	if t == nil {
		return tracks.Manifest{}
	}
	manifest, err := t.Close()
	if err != nil {
		r.log.Warn("a track is not whole", "error", err) // which its entry tells too
	}
	for _, text := range manifest.Missing() {
		r.events.degrade("tracks: " + text)
	}
	r.listTracks(manifest)
	return manifest
}

// exportTracks makes one file a participant, when the recording itself is safe: it may
// take a while.
func (r *run) exportTracks(hard context.Context, manifest tracks.Manifest, rep *report.Report) {
	if r.opening.tracks == nil {
		return
	}
	dir := report.TracksPath(r.settings.Output)
	rep.Tracks = filepath.Join(dir, tracks.ManifestName)
	export := tracks.Export{Dir: dir, FFmpeg: r.opening.tools.FFmpeg, Format: r.settings.TracksFormat, Mode: r.settings.FileMode}
	var err error
	if manifest.People, err = export.Run(hard, manifest); err != nil {
		r.events.degrade(fmt.Sprintf("a participant's file could not be made; the tracks that it is made of are in %s: %v", dir, err))
	}
	r.listTracks(manifest)
	object := r.transfer.Object()
	if object == nil {
		return
	}
	for _, file := range manifest.Files(dir) {
		url, err := object.PutFile(hard, ".tracks/"+filepath.Base(file), file, tracks.MediaType(file), r.settings.Version, r.log)
		if err != nil {
			r.events.degrade(fmt.Sprintf("%s is not beside the recording in the bucket: %v", file, err))
			continue
		}
		rep.Upload.Beside = append(rep.Upload.Beside, url)
	}
	r.events.tell(rep)
	r.transfer.Report(hard, rep, r.events.degrade, r.log)
}

func (r *run) listTracks(manifest tracks.Manifest) {
	if err := manifest.Write(report.TracksPath(r.settings.Output), r.settings.FileMode); err != nil {
		r.events.degrade(fmt.Sprintf("the tracks are not listed: %v", err))
	}
}
