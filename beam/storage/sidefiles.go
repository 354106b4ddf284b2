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
	"beam/layout"
	"beam/upload"
)

// sideFile is a file that belongs to a recording.
type sideFile struct {
	path string
	kind
	content []byte
	mode    fs.FileMode
}

// SideFiles returns those that have something in them, and names them in the
// report.
func SideFiles(r *report.Report, chat []layout.Chat) []sideFile {
	var out []sideFile
	spoken := false
	for _, p := range r.Participants {
		spoken = spoken || p.Recorded && len(p.Spoke) > 0
	}
	var b bytes.Buffer
	if spoken {
		// Writing into memory does not fail.
		_ = roster.WriteSpeakers(&b, r.Participants)
		r.Speakers = report.SpeakersPath(r.Output)
		out = append(out, sideFile{r.Speakers, speakersKind, hidden(r, b), r.Mode})
	}
	if len(chat) > 0 {
		b.Reset()
		_ = roster.WriteChat(&b, chat)
		r.Chat = report.ChatPath(r.Output)
		out = append(out, sideFile{r.Chat, chatKind, hidden(r, b), r.Mode})
	}
	return out
}

// hidden returns what is in the buffer without the recording's secrets.
func hidden(r *report.Report, b bytes.Buffer) []byte { return []byte(r.Secrets.Hide(b.String())) }

// WriteSideFiles writes them beside the recording, each whole or not at all.
func WriteSideFiles(files []sideFile, log *slog.Logger) {
	for _, f := range files {
		if err := report.WriteWhole(f.path, f.content, f.mode); err != nil {
			log.Warn("file beside the recording not written", "error", err)
		}
	}
}

// putSideFiles puts them beside the object, and their addresses into u. One that
// can't be put is told, and no loss of the recording.
func putSideFiles(ctx context.Context, s *upload.Store, key string, files []sideFile, u *report.Upload, failed func(string)) {
	for _, f := range files {
		beside := report.Beside(key, f.suffix)
		if err := s.Put(ctx, beside, f.contentType, f.content); err != nil {
			failed(filepath.Base(f.path) + " could not be put beside the object: " + err.Error())
			continue
		}
		u.Beside = append(u.Beside, "s3://"+path.Join(s.Target.Bucket, beside))
	}
}

// RemoveSideFiles removes those of an earlier recording.
func RemoveSideFiles(output string) error {
	var all error
	for _, path := range []string{report.Path(output), report.SpeakersPath(output), report.ChatPath(output)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	return errors.Join(all, os.RemoveAll(report.TracksPath(output)))
}
