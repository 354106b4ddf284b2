package beam

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"beam/upload"
)

// SpeakersPath returns the path of the WebVTT track that tells who spoke when:
// meeting.speakers.vtt beside meeting.mp4.
func SpeakersPath(output string) string { return beside(output, ".speakers.vtt") }

// ChatPath returns the path of what was written in the room: meeting.chat.csv
// beside meeting.mp4.
func ChatPath(output string) string { return beside(output, ".chat.csv") }

func beside(output, suffix string) string {
	return strings.TrimSuffix(output, filepath.Ext(output)) + suffix
}

// sideFile is a file that belongs to a recording.
type sideFile struct {
	path, suffix, contentType string
	content                   []byte
}

// sideFiles returns those that have something in them, and names them in the
// report.
func (t *take) sideFiles(r *Report) []sideFile {
	var out []sideFile
	spoken := false
	for _, p := range r.Participants {
		spoken = spoken || p.Recorded && len(p.Spoke) > 0
	}
	var b bytes.Buffer
	if spoken {
		// Writing into memory does not fail.
		_ = writeSpeakers(&b, r.Participants)
		r.Speakers = SpeakersPath(t.settings.Output)
		out = append(out, sideFile{r.Speakers, ".speakers.vtt", "text/vtt", bytes.Clone(b.Bytes())})
	}
	if chat := t.meeting.written(); len(chat) > 0 {
		b.Reset()
		_ = writeChat(&b, chat)
		r.Chat = ChatPath(t.settings.Output)
		out = append(out, sideFile{r.Chat, ".chat.csv", "text/csv; charset=utf-8", bytes.Clone(b.Bytes())})
	}
	return out
}

// writeSideFiles writes them beside the recording, each whole or not at all.
func (t *take) writeSideFiles(files []sideFile) {
	for _, f := range files {
		beside := renameio.WithTempDir(filepath.Dir(f.path))
		if err := renameio.WriteFile(f.path, f.content, 0o644, beside, renameio.WithStaticPermissions(0o644)); err != nil {
			t.log.Warn("file beside the recording not written", "error", err)
		}
	}
}

// putSideFiles puts them beside the object. One that can't be put is told, and
// no loss of the recording.
func putSideFiles(ctx context.Context, s *upload.Store, key string, files []sideFile, failed func(string)) {
	for _, f := range files {
		if err := s.Put(ctx, beside(key, f.suffix), f.contentType, f.content); err != nil {
			failed(filepath.Base(f.path) + " could not be put beside the object: " + err.Error())
		}
	}
}

// removeSideFiles removes those of an earlier recording.
func removeSideFiles(output string) error {
	var all error
	for _, path := range []string{ReportPath(output), SpeakersPath(output), ChatPath(output)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	return all
}
