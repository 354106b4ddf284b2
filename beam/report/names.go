package report

import (
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

var unsafeName = regexp.MustCompile(`[^A-Za-z0-9]+`)

// DefaultOutput returns the name of a recording that none was given for:
// Rec-ROOM-EPOCHMS.mp4, where ROOM is the end of the URL's path, or its host.
func DefaultOutput(room string, now time.Time) string {
	name := room
	if u, err := url.Parse(PublicRoom(room)); err == nil && u.Host != "" {
		name = u.Hostname()
		if segments := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' }); len(segments) > 0 {
			name = segments[len(segments)-1]
		}
	}
	name = strings.Trim(unsafeName.ReplaceAllString(name, "-"), "-")
	if len(name) > 64 {
		name = name[:64]
	}
	if name == "" {
		name = "room"
	}
	return fmt.Sprintf("Rec-%s-%d.mp4", name, now.UnixMilli())
}

// SpeakersPath returns the path of the WebVTT track that tells who spoke when:
// meeting.speakers.vtt beside meeting.mp4.
func SpeakersPath(output string) string { return Beside(output, ".speakers.vtt") }

// ChatPath returns the path of what was written in the room: meeting.chat.csv
// beside meeting.mp4.
func ChatPath(output string) string { return Beside(output, ".chat.csv") }

// PlaylistPath returns the path of the playlist to open: meeting.m3u8 beside
// meeting.mp4.
func PlaylistPath(output string) string { return Beside(output, ".m3u8") }

// MediaPlaylistPath returns the path of the playlist over the recording's own
// file: meeting.media.m3u8 beside meeting.mp4.
func MediaPlaylistPath(output string) string { return Beside(output, ".media.m3u8") }

// PresignedPath returns the path of the playlist that plays from a private bucket:
// meeting.presigned.m3u8 beside meeting.mp4.
func PresignedPath(output string) string { return Beside(output, ".presigned.m3u8") }

// ZipPath returns the path of the zip of a recording and its playlists: meeting.zip
// beside meeting.mp4.
func ZipPath(output string) string { return Beside(output, ".zip") }

// Files returns the paths of all files that may be made beside a recording.
func Files(output string) []string {
	return []string{Path(output), SpeakersPath(output), ChatPath(output), MediaPlaylistPath(output), PlaylistPath(output), PresignedPath(output), ZipPath(output)}
}

// Beside returns the path of a file that belongs to a recording, or the key of one
// that belongs to an object.
func Beside(output, suffix string) string {
	return strings.TrimSuffix(output, filepath.Ext(output)) + suffix
}

// PartName returns the name of a part of a recording, or its key: meeting.mp4 is the
// first, meeting-2.mp4 the second.
func PartName(output string, part int) string {
	if part < 2 {
		return output
	}
	return Beside(output, fmt.Sprintf("-%d%s", part, filepath.Ext(output)))
}

// Path returns the path of the report that belongs to a recording:
// meeting.json beside meeting.mp4.
func Path(output string) string {
	return Beside(output, ".json")
}

// FailurePath returns the directory that tells why a room could not be recorded:
// meeting.failure beside meeting.mp4.
func FailurePath(output string) string {
	return Beside(output, ".failure")
}

// TracksPath returns the directory of the participants' tracks: meeting.tracks beside
// meeting.mp4.
func TracksPath(output string) string { return Beside(output, ".tracks") }

// The stop reasons of recordings that ended before their meeting.
const (
	ReasonCrash   = "recorder killed; recovered"
	ReasonFailure = "failure" // followed by a colon and the kind
)

// RecordName is the shape of DefaultOutput.
var RecordName = regexp.MustCompile(`^Rec-(.+)-(\d{13})$`)
