package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Info is what a file says of itself. Nothing of it was decoded.
type Info struct {
	Container       string            `json:"container"` // ffprobe's name of the format
	Bytes           int64             `json:"bytes"`
	StartSeconds    float64           `json:"start_seconds"` // the earliest start of a stream
	DurationSeconds float64           `json:"duration_seconds"`
	BitsPerSecond   int64             `json:"bits_per_second"`
	VideoStreams    int               `json:"video_streams"`
	AudioStreams    int               `json:"audio_streams"`
	Video           *VideoStream      `json:"video,omitempty"` // the first one
	Audio           *AudioStream      `json:"audio,omitempty"` // the first one
	MP4             *Boxes            `json:"mp4,omitempty"`
	Tags            map[string]string `json:"tags,omitempty"`
	// Comment is the comment tag where it holds JSON.
	Comment json.RawMessage `json:"comment,omitempty"`
	// Errors are the first lines that ffprobe complained with.
	Errors []string `json:"errors,omitempty"`
}

// VideoStream describes a video stream. Times are zero where the file has none.
type VideoStream struct {
	Codec           string  `json:"codec"`
	Profile         string  `json:"profile,omitempty"`
	Width           int     `json:"width"`
	Height          int     `json:"height"`
	PixelFormat     string  `json:"pixel_format"`
	ColourRange     string  `json:"colour_range,omitempty"`     // "tv" or "pc"
	ColourMatrix    string  `json:"colour_matrix,omitempty"`    // H.273 matrix coefficients, ffmpeg's names
	ColourPrimaries string  `json:"colour_primaries,omitempty"` // likewise
	ColourTransfer  string  `json:"colour_transfer,omitempty"`  // likewise
	NominalFPS      float64 `json:"nominal_fps"`                // the average of the file
	BFrames         bool    `json:"b_frames"`
	StartSeconds    float64 `json:"start_seconds"`
	DurationSeconds float64 `json:"duration_seconds"`
	BitsPerSecond   int64   `json:"bits_per_second"`
}

// AudioStream describes an audio stream. Times are zero where the file has none.
type AudioStream struct {
	Codec           string  `json:"codec"`
	Profile         string  `json:"profile,omitempty"`
	SampleRate      int     `json:"sample_rate"`
	Channels        int     `json:"channels"`
	StartSeconds    float64 `json:"start_seconds"`
	DurationSeconds float64 `json:"duration_seconds"`
	BitsPerSecond   int64   `json:"bits_per_second"`
	// PrimingUnmarked means that the stream is AAC in an MP4 file whose edit
	// list does not drop the encoder's priming samples. Players present them:
	// 1024 samples (21.3 ms at 48 kHz) with ffmpeg's encoder. All sound is
	// late by them, unless the writer of the file took them into account
	// otherwise. Decoded times include it; nothing is corrected.
	PrimingUnmarked bool `json:"priming_unmarked"`
}

// probed is ffprobe's JSON, as far as it is used.
type probed struct {
	Streams []struct {
		Type        string         `json:"codec_type"`
		Codec       string         `json:"codec_name"`
		Profile     string         `json:"profile"`
		Width       int            `json:"width"`
		Height      int            `json:"height"`
		PixFmt      string         `json:"pix_fmt"`
		Range       string         `json:"color_range"`
		Space       string         `json:"color_space"`
		Primaries   string         `json:"color_primaries"`
		Transfer    string         `json:"color_transfer"`
		AvgRate     string         `json:"avg_frame_rate"`
		BFrames     int            `json:"has_b_frames"`
		SampleRate  string         `json:"sample_rate"`
		Channels    int            `json:"channels"`
		Start       string         `json:"start_time"`
		Duration    string         `json:"duration"`
		BitRate     string         `json:"bit_rate"`
		Disposition map[string]int `json:"disposition"`
	} `json:"streams"`
	Format struct {
		Name     string            `json:"format_name"`
		Size     string            `json:"size"`
		Start    string            `json:"start_time"`
		Duration string            `json:"duration"`
		BitRate  string            `json:"bit_rate"`
		Tags     map[string]string `json:"tags"`
	} `json:"format"`
}

// largestProbe bounds ffprobe's output; of a recording it is a few KiB.
const largestProbe = 16 << 20

// Probe reads what the file at path says of itself. A file that is no media
// file is a *capture.Fault of ClassUsage, missing programs are one of
// ClassEnvironment.
func (t Tools) Probe(ctx context.Context, path string) (Info, error) {
	args := append([]string{"-hide_banner", "-loglevel", "error", "-of", "json", "-show_format", "-show_streams"}, input(path)...)
	out, stderr, err := output(ctx, t.ffprobe(), args, largestProbe)
	switch {
	case ctx.Err() != nil:
		return Info{}, ctx.Err()
	case err != nil:
		return Info{}, fault("probe", t.ffprobe(), path, stderr, err)
	}
	info, err := parseProbe(out)
	if err != nil {
		return Info{}, fault("probe", t.ffprobe(), path, stderr, err)
	}
	info.Errors = stderr.First
	boxes, err := fileBoxes(path)
	switch {
	case err == nil:
		info.MP4 = &boxes
		if info.Audio != nil {
			info.Audio.PrimingUnmarked = info.Audio.Codec == "aac" && boxes.AudioSkip == 0
		}
	case !errors.Is(err, errNotMP4):
		info.Errors = append(info.Errors, err.Error())
	}
	return info, nil
}

func fileBoxes(path string) (Boxes, error) {
	f, err := os.Open(path)
	if err != nil {
		return Boxes{}, err
	}
	defer f.Close()
	stat, err := f.Stat()
	if err != nil {
		return Boxes{}, err
	}
	return readBoxes(f, stat.Size())
}

func parseProbe(out []byte) (Info, error) {
	var p probed
	if err := json.Unmarshal(out, &p); err != nil {
		return Info{}, fmt.Errorf("ffprobe's output: %w", err)
	}
	f := p.Format
	info := Info{
		Container: f.Name, Bytes: integer(f.Size), StartSeconds: number(f.Start),
		DurationSeconds: number(f.Duration), BitsPerSecond: integer(f.BitRate), Tags: f.Tags,
	}
	for key, value := range f.Tags {
		if strings.EqualFold(key, "comment") && json.Valid([]byte(value)) {
			info.Comment = json.RawMessage(value)
		}
	}
	for _, s := range p.Streams {
		switch {
		case s.Type == "video" && s.Disposition["attached_pic"] == 0:
			if info.VideoStreams++; info.VideoStreams > 1 {
				continue
			}
			info.Video = &VideoStream{
				Codec: s.Codec, Profile: s.Profile, Width: s.Width, Height: s.Height, PixelFormat: s.PixFmt,
				ColourRange: s.Range, ColourMatrix: s.Space, ColourPrimaries: s.Primaries, ColourTransfer: s.Transfer,
				NominalFPS: ratio(s.AvgRate), BFrames: s.BFrames > 0,
				StartSeconds: number(s.Start), DurationSeconds: number(s.Duration), BitsPerSecond: integer(s.BitRate),
			}
		case s.Type == "audio":
			if info.AudioStreams++; info.AudioStreams > 1 {
				continue
			}
			info.Audio = &AudioStream{
				Codec: s.Codec, Profile: s.Profile, SampleRate: int(integer(s.SampleRate)), Channels: s.Channels,
				StartSeconds: number(s.Start), DurationSeconds: number(s.Duration), BitsPerSecond: integer(s.BitRate),
			}
		}
	}
	return info, nil
}

// number, integer and ratio return 0 for what is missing or "N/A".
func number(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v != v || v > 1e12 || v < -1e12 {
		return 0
	}
	return v
}

func integer(s string) int64 {
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return v
}

func ratio(s string) float64 {
	num, den, ok := strings.Cut(s, "/")
	if d := number(den); ok && d != 0 {
		return number(num) / d
	}
	return number(s)
}
