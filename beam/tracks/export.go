package tracks

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"beam/capture/ffmpeg"
	"beam/capture/webm"
)

// The formats of a participant's file.
const (
	FormatAuto = "auto" // MP4 for H.264, WebM for all else: nothing is encoded anew but AAC
	FormatMP4  = "mp4"  // H.264 and AAC; a video in another codec is encoded anew
	FormatWebM = "webm" // as it was sent; H.264 comes in Matroska
	FormatM4A  = "m4a"  // audio alone, AAC
	FormatOgg  = "ogg"  // audio alone, Opus
	FormatWAV  = "wav"  // audio alone, PCM of 16 bits
)

// Formats lists them.
func Formats() []string {
	return []string{FormatAuto, FormatMP4, FormatWebM, FormatM4A, FormatOgg, FormatWAV}
}

// Export makes one file a participant out of the files of the tracks.
type Export struct {
	Dir    string // of the tracks
	FFmpeg string
	Format string
	Mode   fs.FileMode // of the files
}

// Person is a participant's file.
type Person struct {
	File    string   `json:"file"` // relative to the manifest
	Peer    string   `json:"peer"`
	Name    string   `json:"name"`
	Role    string   `json:"role"`
	Medium  string   `json:"medium"`   // camera, with the microphone; screen, with its audio
	StartMS int64    `json:"start_ms"` // where the file begins in the recording
	Seconds float64  `json:"seconds"`
	Bytes   int64    `json:"bytes"`
	Tracks  []string `json:"tracks"` // files of Manifest.Tracks that it was made of
	Error   string   `json:"error,omitempty"`
}

// part is what one file is made of: all tracks of a participant's camera and
// microphone, or of the screen and its audio.
type part struct {
	peer, name, role, medium string
	video, audio             []TrackEntry // in the order of their begin
}

// parts groups the tracks, in the order in which the people came.
func parts(m Manifest) (all []*part) {
	find := func(e TrackEntry) *part {
		medium := "camera"
		if strings.HasPrefix(e.Medium, "screen") {
			medium = "screen"
		}
		// What nobody owns is told apart by its stream.
		peer := cmp.Or(e.Peer, e.Stream, e.Track, e.File)
		for _, p := range all {
			if p.peer == peer && p.medium == medium {
				return p
			}
		}
		p := &part{peer: peer, name: e.Name, role: e.Role, medium: medium}
		all = append(all, p)
		return p
	}
	entries := slices.SortedStableFunc(slices.Values(m.Tracks), func(a, b TrackEntry) int { return cmp.Compare(a.StartMS, b.StartMS) })
	for _, e := range entries {
		if e.File == "" {
			continue
		}
		p := find(e)
		if e.Kind == "audio" {
			p.audio = append(p.audio, e)
		} else {
			p.video = append(p.video, e)
		}
	}
	return all
}

// Run makes the files and returns what became of each. One that fails costs no other;
// the error is that of the first.
func (x Export) Run(ctx context.Context, m Manifest) (people []Person, err error) {
	taken := map[string]bool{}
	for _, p := range parts(m) {
		if !x.wants(p) {
			continue
		}
		for n, piece := range x.pieces(p) {
			one, failed := x.join(ctx, p, piece, x.name(p, n, taken))
			if failed != nil {
				one.Error = failed.Error()
				err = cmp.Or(err, failed)
			}
			people = append(people, one)
		}
	}
	return people, err
}

// wants tells whether a part has what the format holds.
func (x Export) wants(p *part) bool { return len(p.audio) > 0 || !x.audioAlone() && len(p.video) > 0 }

func (x Export) audioAlone() bool {
	return x.Format == FormatM4A || x.Format == FormatOgg || x.Format == FormatWAV
}

// pieces cuts a part where the codec of its video changes: one file has one.
func (x Export) pieces(p *part) []*part {
	if x.audioAlone() {
		return []*part{{audio: p.audio}}
	}
	all := []*part{{audio: p.audio}}
	for _, e := range p.video {
		last := all[len(all)-1]
		if len(last.video) > 0 && last.video[0].Codec != e.Codec {
			last = &part{}
			all = append(all, last)
		}
		last.video = append(last.video, e)
	}
	return all
}

// name returns a name that no other file has.
func (x Export) name(p *part, n int, taken map[string]bool) string {
	base := fileName(cmp.Or(p.name, p.peer))
	if p.medium == "screen" {
		base += "-screen"
	}
	if n > 0 {
		base += fmt.Sprintf("-part%d", n+1)
	}
	name := base
	for i := 2; taken[name]; i++ {
		name = fmt.Sprintf("%s-%d", base, i)
	}
	taken[name] = true
	return name
}

// longestName bounds a file's name, characters.
const longestName = 60

// fileName makes a name of a file out of one of a person.
func fileName(name string) string {
	safe := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '_'
	}, name)
	if runes := []rune(safe); len(runes) > longestName {
		safe = string(runes[:longestName])
	}
	if safe = strings.Trim(safe, "._"); safe == "" || strings.HasPrefix(safe, "track-") {
		return "participant-" + safe
	}
	return safe
}

// join makes one file.
func (x Export) join(ctx context.Context, p, piece *part, name string) (Person, error) {
	one := Person{Peer: p.peer, Name: p.name, Role: p.role, Medium: p.medium}
	for _, e := range slices.Concat(piece.video, piece.audio) {
		one.Tracks = append(one.Tracks, e.File)
	}
	begin, end := span(piece)
	if x.audioAlone() {
		begin = 0 // a transcript's times are the recording's
	}
	one.StartMS, one.Seconds = begin.Milliseconds(), seconds(end-begin)
	j, suffix := x.plan(piece)
	one.File = name + suffix
	j.Output = filepath.Join(x.Dir, "."+name+".partial")
	defer os.Remove(j.Output)
	for _, input := range []struct {
		entries []TrackEntry
		to      **ffmpeg.JoinInput
	}{{piece.video, &j.Video}, {piece.audio, &j.Audio}} {
		if len(input.entries) == 0 || x.audioAlone() && input.to == &j.Video {
			continue
		}
		path, err := x.concatenate(input.entries, name)
		if err != nil {
			return one, err
		}
		defer os.Remove(path)
		*input.to = &ffmpeg.JoinInput{Path: path, Offset: start(input.entries[0]) - begin}
	}
	if err := j.Run(ctx, x.FFmpeg); err != nil {
		return one, err
	}
	info, err := os.Stat(j.Output)
	if err != nil {
		return one, err
	}
	one.Bytes = info.Size()
	_ = os.Chmod(j.Output, x.Mode) // as ffmpeg made it, everybody may read it; some file systems have no modes
	return one, os.Rename(j.Output, filepath.Join(x.Dir, one.File))
}

// plan chooses the container and the codecs.
func (x Export) plan(piece *part) (j ffmpeg.Join, suffix string) {
	codec := webm.Codec("")
	if len(piece.video) > 0 {
		codec = webm.Codec(piece.video[0].Codec)
	}
	switch {
	case x.Format == FormatM4A:
		return ffmpeg.Join{Container: "ipod", AudioCodec: "aac"}, ".m4a"
	case x.Format == FormatOgg:
		return ffmpeg.Join{Container: "ogg", AudioCodec: "libopus"}, ".ogg"
	case x.Format == FormatWAV:
		return ffmpeg.Join{Container: "wav", AudioCodec: "pcm_s16le"}, ".wav"
	case x.Format == FormatMP4 && codec != webm.H264:
		return ffmpeg.Join{Container: "mp4", VideoCodec: "libx264", AudioCodec: "aac"}, ".mp4"
	case x.Format == FormatMP4, x.Format == FormatAuto && codec == webm.H264:
		return ffmpeg.Join{Container: "mp4", VideoCodec: "copy", AudioCodec: "aac"}, ".mp4"
	case codec == webm.H264:
		return ffmpeg.Join{Container: "matroska", VideoCodec: "copy", AudioCodec: "copy"}, ".mkv"
	}
	return ffmpeg.Join{Container: "webm", VideoCodec: "copy", AudioCodec: "copy"}, ".webm"
}

// concatenate makes one file of those of one medium, with their times as they are.
func (x Export) concatenate(entries []TrackEntry, name string) (path string, err error) {
	out, err := os.CreateTemp(x.Dir, "."+name+"-*.partial")
	if err != nil {
		return "", err
	}
	defer func() {
		err = errors.Join(err, out.Close())
		if err != nil {
			os.Remove(out.Name())
		}
	}()
	buffered := bufio.NewWriterSize(out, 1<<20)
	var w *webm.Writer
	for _, e := range entries {
		in, err := os.Open(filepath.Join(x.Dir, e.File))
		if err != nil {
			return "", err
		}
		err = webm.Read(in, func(f webm.Frame) (err error) {
			if w == nil {
				if w, err = webm.Copy(buffered, webm.Track{Codec: webm.Codec(e.Codec), Width: e.Width, Height: e.Height}, f); err != nil {
					return err
				}
			}
			return w.Stored(f)
		})
		in.Close()
		if err != nil {
			return "", fmt.Errorf("%s: %w", e.File, err)
		}
	}
	return out.Name(), buffered.Flush()
}

func start(e TrackEntry) time.Duration { return time.Duration(e.StartMS) * time.Millisecond }

// span returns the first and the last instant of a piece in the recording.
func span(p *part) (begin, end time.Duration) {
	begin = -1
	for _, e := range slices.Concat(p.video, p.audio) {
		if at := start(e); begin < 0 || at < begin {
			begin = at
		}
		end = max(end, start(e)+time.Duration(e.Seconds*float64(time.Second)))
	}
	return max(begin, 0), end
}
