package ffmpeg

import (
	"context"
	"strconv"
	"time"

	ff "github.com/u2takey/ffmpeg-go"

	"beam/capture"
	"beam/capture/child"
)

// JoinInput is a file with one stream, and where its first frame is in the joined
// file.
type JoinInput struct {
	Path   string
	Offset time.Duration
}

// Join says how a video and an audio are put into one file.
type Join struct {
	Video, Audio *JoinInput // nil for none
	Output       string
	Container    string // ffmpeg's name of the format: mp4, webm, matroska, ipod, ogg, wav
	VideoCodec   string // copy, or an encoder
	AudioCodec   string
}

// joinNice keeps what is made when the recording is safe out of the way of others.
const joinNice = 10

// Run makes the file. What is encoded anew gets silence where nothing was sent; what
// is copied keeps its times. The error is a capture.Fault of the class encoder.
func (j Join) Run(ctx context.Context, path string) error {
	args, err := j.args()
	if err != nil {
		return &capture.Fault{Class: capture.ClassEncoder, Op: "join a participant's tracks", Err: err}
	}
	said := child.NewTail(10)
	err = child.Run(ctx, child.Command{Path: path, Args: args, Env: child.Tool.Environment(), Stderr: said, Nice: joinNice})
	if err != nil && ctx.Err() == nil {
		return fault("join a participant's tracks", err, said.Lines())
	}
	return err
}

func (j Join) args() (args []string, err error) {
	return build([]string{"-hide_banner", "-nostdin", "-nostats", "-y", "-loglevel", "level+warning"}, func() *ff.Stream {
		var streams []*ff.Stream
		out := ff.KwArgs{"format": j.Container}
		if j.Video != nil {
			streams = append(streams, j.Video.stream().Video())
			out["c:v"] = j.VideoCodec
			if j.VideoCodec != "copy" {
				out["preset"], out["crf"], out["pix_fmt"], out["fps_mode"] = "veryfast", strconv.Itoa(20), "yuv420p", "vfr"
			}
		}
		if j.Audio != nil {
			audio := j.Audio.stream().Audio()
			if j.AudioCodec != "copy" {
				audio = audio.Filter("aresample", nil, ff.KwArgs{"async": "1", "first_pts": "0"})
			}
			streams = append(streams, audio)
			out["c:a"] = j.AudioCodec
		}
		if j.Container == "mp4" || j.Container == "ipod" {
			out["movflags"] = "+faststart"
		}
		return ff.Output(streams, "file:"+j.Output, out)
	})
}

func (i *JoinInput) stream() *ff.Stream {
	return ff.Input("file:"+i.Path, ff.KwArgs{"itsoffset": strconv.FormatFloat(i.Offset.Seconds(), 'f', 3, 64)})
}
