package tracks

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/google/renameio/v2"

	"beam/capture/webm"
)

// SchemaVersion is that of Manifest. Keys are added without a change of it.
const SchemaVersion = 1

// Manifest is tracks.json: what was recorded of each participant.
type Manifest struct {
	Version int          `json:"version"`
	People  []Person     `json:"people"` // one file a participant
	Tracks  []TrackEntry `json:"tracks"`
}

// TrackEntry is one file of one track.
type TrackEntry struct {
	File   string `json:"file"`   // relative to the manifest; "" where nothing was kept, and Error says why
	Peer   string `json:"peer"`   // the participant's id in the room; "" where nobody told
	Name   string `json:"name"`   // "" where the room tells none
	Role   string `json:"role"`   // the same
	Kind   string `json:"kind"`   // audio or video
	Medium string `json:"medium"` // microphone, camera, screen, screen-audio; "" where nobody told
	Stream string `json:"stream"` // id of the media stream
	Track  string `json:"track"`  // id of the track
	Codec  string `json:"codec"`  // media type, "video/vp8"
	// StartMS is where the file's first frame is in the recording; the times in the
	// file are on the recording's clock too.
	StartMS int64   `json:"start_ms"`
	Seconds float64 `json:"seconds"` // from the first frame to the last
	Frames  int     `json:"frames"`
	Bytes   int64   `json:"bytes"` // of the frames
	Width   int     `json:"width"` // the largest, pixels; 0 for audio
	Height  int     `json:"height"`
	Gaps    []Gap   `json:"gaps"`
	// ByArrival tells that the page never played the track: its times are those of
	// arrival, without the delay that the page's playing adds.
	ByArrival bool   `json:"by_arrival"`
	Error     string `json:"error,omitempty"`
}

func (r *Recorder) manifest() Manifest {
	m := Manifest{Version: SchemaVersion, People: []Person{}, Tracks: []TrackEntry{}}
	for _, t := range r.order {
		if e, ok := t.missing(); ok {
			m.Tracks = append(m.Tracks, e)
		}
		for _, f := range t.files {
			if f == nil || f.writer == nil {
				continue
			}
			e := TrackEntry{
				File: filepath.Base(f.path), Peer: t.owner.Person, Name: t.owner.Name, Role: t.owner.Role, Kind: "video", Medium: t.owner.Medium,
				Stream: t.owner.Stream, Track: t.owner.Track, Codec: string(f.codec), StartMS: f.began.Milliseconds(), Seconds: seconds(f.end - f.began),
				Frames: f.frames, Bytes: f.bytes, Width: f.width, Height: f.height, Gaps: append([]Gap{}, f.gaps...), ByArrival: !f.playedBy,
			}
			if f.codec.Audio() {
				e.Kind = "audio"
			}
			if f.failed != nil {
				e.Error = f.failed.Error()
			}
			m.Tracks = append(m.Tracks, e)
		}
	}
	return m
}

// missing is the entry of a track of which something could not be kept.
func (t *track) missing() (TrackEntry, bool) {
	e := TrackEntry{
		Peer: t.owner.Person, Name: t.owner.Name, Role: t.owner.Role, Kind: t.owner.Kind, Medium: t.owner.Medium,
		Stream: t.owner.Stream, Track: t.owner.Track, Gaps: []Gap{},
	}
	switch {
	case t.refused != "":
		e.Codec, e.Error = t.refused, "frames of the codec "+t.refused+" are not kept"
	case t.broken > 0:
		e.Codec, e.Error = string(webm.Opus), fmt.Sprintf("%d packets with redundant audio could not be read", t.broken)
	}
	return e, e.Error != ""
}

// Missing tells of what could not be kept, a text for each track.
func (m Manifest) Missing() (texts []string) {
	for _, t := range m.Tracks {
		if t.Error != "" {
			texts = append(texts, fmt.Sprintf("the %s of %s: %s", cmp.Or(t.Medium, t.Kind, "track"), cmp.Or(t.Name, t.Peer, "somebody"), t.Error))
		}
	}
	return texts
}

// Write writes the manifest into the directory of the tracks.
func (m Manifest) Write(dir string, mode fs.FileMode) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", ManifestName, err)
	}
	if err := makeDir(dir, mode); err != nil {
		return fmt.Errorf("write %s: %w", ManifestName, err)
	}
	return renameio.WriteFile(filepath.Join(dir, ManifestName), append(data, '\n'), mode, renameio.WithTempDir(dir), renameio.WithStaticPermissions(mode))
}

// ManifestName is the file that lists the tracks.
const ManifestName = "tracks.json"

// Files returns the files that go beside the recording in a bucket: the participants',
// those of tracks of which none was made, and the list.
func (m Manifest) Files(dir string) (files []string) {
	made := map[string]bool{}
	for _, p := range m.People {
		if p.Error == "" {
			files = append(files, filepath.Join(dir, p.File))
			for _, t := range p.Tracks {
				made[t] = true
			}
		}
	}
	for _, t := range m.Tracks {
		if t.File != "" && !made[t.File] {
			files = append(files, filepath.Join(dir, t.File))
		}
	}
	return append(files, filepath.Join(dir, ManifestName))
}

// MediaType returns that of a file (RFC 6838), by its name.
func MediaType(file string) string {
	switch filepath.Ext(file) {
	case ".webm":
		return "video/webm"
	case ".mkv":
		return "video/matroska"
	case ".mp4":
		return "video/mp4"
	case ".m4a":
		return "audio/mp4"
	case ".ogg":
		return "audio/ogg"
	case ".wav":
		return "audio/wav"
	}
	return "application/json"
}
