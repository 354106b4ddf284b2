package ffmpeg

import (
	"errors"
	"fmt"
	"strconv"

	ff "github.com/u2takey/ffmpeg-go"

	"beam/capture"
)

// RenditionSpec says what to make of a recording that is a file: several MP4s of it
// at once, from one decoding.
type RenditionSpec struct {
	Input     string // path of the recording
	Audio     bool   // it has an audio track
	CopyAudio bool   // which is AAC already, and is taken as it is
	FPS       int    // its highest rate, frames a second, rounded up
	Preset    string // of libx264
	Threads   int    // the cores that each encoder may use; 0 lets ffmpeg choose
	Outputs   []RenditionOutput
}

// RenditionOutput is one of the MP4s. The first is written to descriptor 4, the
// next to 5, and so on.
type RenditionOutput struct {
	Size    capture.Size // pixels; both even
	CRF     int          // constant quality of libx264, 0 (best) to 51
	MaxRate int          // cap of the video's bit rate, bits a second
}

// firstOutput is the descriptor of the first output; 3 has the progress.
const firstOutput = 4

// RenditionArgs returns ffmpeg's arguments for renditions, without the program's
// name. Every output has the frames of the input at their own times, and its key
// frames at the same ones: each two seconds, whatever is in the picture. The
// fragments are those of a recording, but cut at key frames only.
func RenditionArgs(s RenditionSpec) (args []string, err error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return build(renditionGlobal(), func() *ff.Stream {
		input := ff.Input("file:" + s.Input)
		var outputs []*ff.Stream
		for i, o := range s.Outputs {
			streams := []*ff.Stream{input.Video()}
			if s.Audio {
				streams = append(streams, input.Audio())
			}
			outputs = append(outputs, ff.Output(streams, fmt.Sprintf("pipe:%d", firstOutput+i), renditionContainer(), s.audio(), s.video(o)))
		}
		return ff.MergeOutputs(outputs...)
	})
}

func renditionGlobal() []string {
	return []string{
		"-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+warning",
		"-progress", "pipe:3", "-stats_period", "0.5", "-copyts",
	}
}

func renditionContainer() ff.KwArgs {
	return ff.KwArgs{
		"format":           "mp4",
		"movflags":         "frag_keyframe+empty_moov+default_base_moof+frag_discont+negative_cts_offsets",
		"output_ts_offset": strconv.FormatFloat(Origin.Seconds(), 'f', -1, 64),
		"map_chapters":     "-1",
	}
}

func (s RenditionSpec) audio() ff.KwArgs {
	switch {
	case !s.Audio:
		return nil
	case s.CopyAudio:
		return ff.KwArgs{"c:a": "copy"}
	}
	return ff.KwArgs{"c:a": "aac", "b:a": audioBitRate}
}

func (s RenditionSpec) video(o RenditionOutput) ff.KwArgs {
	args := ff.KwArgs{
		"c:v":       "libx264",
		"vf":        fmt.Sprintf("scale=%d:%d,setsar=1,format=yuv420p", o.Size.Width, o.Size.Height),
		"preset":    s.Preset,
		"crf":       strconv.Itoa(o.CRF),
		"profile:v": "high",
		"maxrate":   strconv.Itoa(o.MaxRate),
		"bufsize":   strconv.Itoa(2 * o.MaxRate),
		// As in a recording: no frame is shown in another order than it is decoded.
		"bf":               "0",
		"sc_threshold":     "0",
		"g":                strconv.Itoa(int(keyframeInterval.Seconds()) * s.FPS),
		"force_key_frames": fmt.Sprintf("expr:gte(t,n_forced*%g)", keyframeInterval.Seconds()),
		"color_primaries":  "bt709", "color_trc": "bt709", "colorspace": "bt709", "color_range": "tv",
		// The times are those of the input, not of a grid.
		"fps_mode": "passthrough", "enc_time_base": "-1",
		"bsf:v": exactDurations,
	}
	if s.Threads > 0 {
		args["threads"] = strconv.Itoa(s.Threads)
	}
	return args
}

func (s RenditionSpec) check() error {
	switch {
	case s.Input == "":
		return errors.New("no input")
	case len(s.Outputs) == 0:
		return errors.New("no outputs")
	case s.FPS <= 0:
		return fmt.Errorf("%d frames a second", s.FPS)
	}
	for _, o := range s.Outputs {
		if o.Size.Width <= 0 || o.Size.Height <= 0 || o.Size.Width%2 != 0 || o.Size.Height%2 != 0 {
			return fmt.Errorf("size %v is not even", o.Size)
		}
	}
	return nil
}
