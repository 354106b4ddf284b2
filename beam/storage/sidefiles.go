package storage

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"

	"beam/beam/report"
	"beam/beam/roster"
	"beam/beam/vod"
	"beam/capture/hls"
	"beam/capture/mp4"
	"beam/layout"
	"beam/upload"
)

// SideFile is a file that belongs to a recording.
type SideFile struct {
	kind
	// content returns what is in it beside a recording of the given file name, which
	// may be another in the bucket than on the disk.
	content  func(recording string) []byte
	playlist bool // it names the recording's file, and is of no use without it
}

// always is the content of a file that does not depend on the recording's name.
func always(content []byte) func(string) []byte { return func(string) []byte { return content } }

// SideFiles returns those that have something in them, and names them in the
// report.
func SideFiles(r *report.Report, chat []layout.Chat) []SideFile {
	var out []SideFile
	spoken := false
	for _, p := range r.Participants {
		spoken = spoken || p.Recorded && len(p.Spoke) > 0
	}
	var b bytes.Buffer
	if spoken {
		// Writing into memory does not fail.
		_ = roster.WriteSpeakers(&b, r.Participants)
		r.Speakers = report.SpeakersPath(r.Output)
		out = append(out, SideFile{kind: speakersKind, content: always(hidden(r, b))})
	}
	if len(chat) > 0 {
		b.Reset()
		_ = roster.WriteChat(&b, chat)
		r.Chat = report.ChatPath(r.Output)
		out = append(out, SideFile{kind: chatKind, content: always(hidden(r, b))})
	}
	return out
}

// hidden returns what is in the buffer without the recording's secrets.
func hidden(r *report.Report, b bytes.Buffer) []byte { return []byte(r.Secrets.Hide(b.String())) }

// Playlists returns the playlists over the recording at output, and names the one
// to open in the report. The error is that there is nothing to play.
func Playlists(r *report.Report, output string, ix *mp4.Index) ([]SideFile, error) {
	layer, err := vod.NewLayer(ix, "")
	if err != nil {
		return nil, err
	}
	var out []SideFile
	for i, f := range vod.Playlists([]vod.Layer{layer}, filepath.Base(output), "", hls.Reference) {
		out = append(out, SideFile{kind: kind{f.Suffix, vod.ContentType}, playlist: true, content: func(recording string) []byte {
			return vod.Playlists([]vod.Layer{layer}, recording, "", hls.Reference)[i].Content
		}})
	}
	r.Playlist = report.PlaylistPath(output)
	return out, nil
}

// WriteSideFiles writes them beside the recording at output, each whole or not at
// all, readable by whom the mode says.
func WriteSideFiles(output string, files []SideFile, mode fs.FileMode, log *slog.Logger) {
	for _, f := range files {
		if err := report.WriteWhole(report.Beside(output, f.suffix), f.content(filepath.Base(output)), mode); err != nil {
			log.Warn("file beside the recording not written", "error", err)
		}
	}
}

// putSideFiles puts them beside the object, and their addresses into u. One that
// can't be put is told, and no loss of the recording.
func putSideFiles(ctx context.Context, s *upload.Store, key string, files []SideFile, u *report.Upload, failed func(string)) {
	for _, f := range files {
		beside := report.Beside(key, f.suffix)
		if err := s.Put(ctx, beside, f.contentType, f.content(path.Base(key))); err != nil {
			failed(path.Base(beside) + " could not be put beside the object: " + err.Error())
			continue
		}
		if beside == report.PlaylistPath(key) {
			u.PlaylistURL = s.Target.ObjectURL(beside)
		}
		u.Beside = append(u.Beside, "s3://"+path.Join(s.Target.Bucket, beside))
	}
}

// RemoveSideFiles removes those of an earlier recording.
func RemoveSideFiles(output string) error {
	var all error
	for _, path := range report.Files(output) {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	return errors.Join(all, os.RemoveAll(report.TracksPath(output)))
}

// dropPlaylists removes the local playlists of a recording whose local file is
// gone; those beside the object stay.
func dropPlaylists(r *report.Report, output string, files []SideFile, log *slog.Logger) {
	for _, f := range files {
		if !f.playlist {
			continue
		}
		r.Playlist = ""
		if err := os.Remove(report.Beside(output, f.suffix)); err != nil && !errors.Is(err, os.ErrNotExist) {
			log.Warn("playlist of the deleted file not removed", "error", err)
		}
	}
}
