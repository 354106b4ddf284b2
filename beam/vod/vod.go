package vod

import (
	"fmt"
	"path/filepath"

	"github.com/google/renameio/v2"

	"beam/beam/report"
	"beam/capture/hls"
	"beam/capture/mp4"
)

// Mode says what is made beside a recording for playing it as video on demand.
type Mode string

// The modes.
const (
	Off    Mode = ""     // nothing
	OfFile Mode = "file" // playlists over the one MP4, when it is finished
)

// ParseMode reads a mode as --vod takes it. "true" and "false" are what a flag
// without a value, and a line of a configuration file, may say.
func ParseMode(text string) (Mode, error) {
	switch text {
	case "", "false":
		return Off, nil
	case "true", string(OfFile):
		return OfFile, nil
	}
	return Off, fmt.Errorf("%q is no kind of video on demand; it can be %s", text, OfFile)
}

// ContentType is that of playlists (RFC 8216 clause 4).
const ContentType = "application/vnd.apple.mpegurl"

// Layer is one MP4 that can be played through a playlist: the recording itself, or
// a rendition of it.
type Layer struct {
	suffix string // its name after that of the recording: "" or "-720p"
	media  hls.Media
	format mp4.Format
}

// NewLayer returns the layer in the file whose index is given, and whose name is
// that of the recording with the suffix. The error is mp4.ErrNoMedia for a file
// without fragments.
func NewLayer(ix *mp4.Index, suffix string) (Layer, error) {
	media, err := hls.OfFile(ix, "")
	return Layer{suffix: suffix, media: media, format: ix.Format()}, err
}

// File is a playlist.
type File struct {
	Suffix  string // its name after that of the recording
	Content []byte
}

// The ends of the names of playlists, after that of the recording or of a
// rendition.
const (
	MasterSuffix = ".m3u8"
	mediaSuffix  = ".media.m3u8"
	// Presigned is the kind of playlists that name addresses with a signature, which
	// play from a private bucket.
	Presigned = ".presigned"
)

// Playlists returns the playlists over the layers of a recording, the master
// playlist last, so that whoever writes them in order has nothing that names what
// is not there. name is the recording's file name; kind, such as Presigned, is a part
// of the playlists' names, "" for the ordinary ones; address returns how a file of a
// given name, beside the recording, is named in a playlist.
func Playlists(layers []Layer, name, kind string, address func(name string) string) (files []File) {
	var variants []hls.Variant
	for _, l := range layers {
		file := name
		if l.suffix != "" {
			file = report.Beside(name, l.suffix+".mp4")
		}
		uri := address(file)
		media := l.media
		media.Segments = make([]hls.Segment, len(l.media.Segments))
		for i, s := range l.media.Segments {
			s.URI, s.Map.URI = uri, uri
			media.Segments[i] = s
		}
		f := File{l.suffix + kind + mediaSuffix, media.Text()}
		files = append(files, f)
		variants = append(variants, hls.VariantOf(media, address(report.Beside(name, f.Suffix)), l.format))
	}
	return append(files, File{kind + MasterSuffix, hls.Master(variants)})
}

// Write writes playlists beside the recording at path, each whole or not at all.
func Write(path string, files []File) error {
	beside := renameio.WithTempDir(filepath.Dir(path))
	for _, f := range files {
		if err := renameio.WriteFile(report.Beside(path, f.Suffix), f.Content, 0o644, beside, renameio.WithStaticPermissions(0o644)); err != nil {
			return err
		}
	}
	return nil
}
