package ffmpeg

import (
	"fmt"
	"strconv"

	ff "github.com/u2takey/ffmpeg-go"
)

// Args returns ffmpeg's arguments for a recording, without the program's name.
func Args(s Spec) (args []string, err error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return build(global(s), func() *ff.Stream {
		return ff.Output(streams(s), "pipe:1", container(), audioCodec(), videoCodec(s), timing(s))
	})
}

// build returns the arguments of what makes an output, behind the global ones:
// ffmpeg-go puts those behind the output, where ffmpeg ignores them.
func build(global []string, output func() *ff.Stream) (args []string, err error) {
	defer func() { // ffmpeg-go panics when it is misused
		if p := recover(); p != nil {
			err = fmt.Errorf("build ffmpeg arguments: %v", p)
		}
	}()
	return append(global, output().GetArgs()...), nil
}

func global(s Spec) []string {
	args := []string{
		"-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+warning",
		"-progress", "pipe:3", "-stats_period", "0.5",
		// The times in the stream are the recording's own: ffmpeg is not to
		// move them, least of all each input by its own start.
		"-copyts",
	}
	if s.pictures() && s.Codec == JPEG && s.Threads > 0 {
		args = append(args, "-filter_complex_threads", s.threads())
	}
	return args
}

// streams returns the picture, converted where it has to be, and the sound.
//
// There is no thread_queue_size: with one input ffmpeg 5.1 then reads when it
// has room, so that what waits, waits in Beam, where it can be seen. Its 64
// packets were half a second that nobody knew of, and 46 MB of raw pictures at
// 1080p.
func streams(s Spec) []*ff.Stream {
	args := ff.KwArgs{
		"format": "matroska",
		// The head tells all there is to know; probing would hold up the start.
		"probesize": "32", "analyzeduration": "0",
	}
	if s.pictures() && s.Codec == JPEG && s.Threads > 0 {
		args["threads"] = s.threads()
	}
	stream := ff.Input("pipe:0", args)
	if !s.pictures() {
		return []*ff.Stream{stream.Audio()}
	}
	// Without a conversion ffmpeg encodes the very bytes of a raw picture.
	picture := stream.Video()
	if s.Codec == JPEG {
		// Chrome's JPEGs are full range BT.601 (JFIF 1.02); the output is
		// tagged, and so has to be, limited range BT.709.
		picture = picture.
			Filter("scale", nil, ff.KwArgs{
				"in_color_matrix": "bt601", "in_range": "pc",
				"out_color_matrix": "bt709", "out_range": "tv",
			}).
			Filter("format", ff.Args{"yuv420p"})
	}
	return []*ff.Stream{picture, stream.Audio()}
}

func container() ff.KwArgs {
	return ff.KwArgs{
		"format": "mp4",
		// Without frag_discont each track would begin at zero, whatever the
		// time of its first packet; negative_cts_offsets keeps a picture's
		// presentation time where it is.
		"movflags":         "frag_keyframe+empty_moov+default_base_moof+frag_discont+negative_cts_offsets",
		"frag_duration":    strconv.FormatInt(fragmentTime.Microseconds(), 10),
		"flush_packets":    "1",
		"output_ts_offset": strconv.FormatFloat(Origin.Seconds(), 'f', -1, 64),
	}
}

func audioCodec() ff.KwArgs {
	return ff.KwArgs{"c:a": "aac", "b:a": audioBitRate}
}

func videoCodec(s Spec) ff.KwArgs {
	if !s.pictures() {
		return nil
	}
	args := ff.KwArgs{
		"c:v":                   "libx264",
		"preset":                s.Preset,
		"crf":                   strconv.Itoa(s.CRF),
		"profile:v":             "high",
		"maxrate":               strconv.Itoa(s.MaxRate),
		"bufsize":               strconv.Itoa(2 * s.MaxRate),
		"bf":                    "0",
		"qmin":                  leastQP,
		"refs":                  "1", // or a picture put between two would take the place of one that is referred to
		"sc_threshold":          "0",
		"g":                     strconv.Itoa(int(keyframeInterval.Seconds()) * s.FPS),
		"force_key_frames":      fmt.Sprintf("expr:gte(t,n_forced*%g)", keyframeInterval.Seconds()),
		"color_primaries":       "bt709",
		"color_trc":             "bt709",
		"colorspace":            "bt709",
		"color_range":           "tv",
		"video_track_timescale": strconv.Itoa(s.timescale()),
		"bsf:v":                 exactDurations,
	}
	if s.Threads > 0 {
		// libx264's own choice is 1.5 times the machine's cores, whatever part
		// of them a container may use.
		args["threads"] = s.threads()
	}
	switch s.Preset {
	case "ultrafast":
		// What makes it High, not Constrained Baseline. Measured at 720p, 30
		// fps, libx264 164: a page of text is 36 % smaller for 2 % more CPU; a
		// page that moves all over and meets the cap has 1.1 dB more for 1 ms
		// more a picture.
		args["x264-params"] = "cabac=1:8x8dct=1:deblock=0,0:aq-mode=1"
	case "superfast": // looks at no picture ahead, like ultrafast
	default:
		// veryfast keeps ten pictures for looking ahead, 203 MB in all at 1080p.
		// With four it is 165; a page of text comes out 12 % smaller and 0.004
		// lower in SSIM, a moving one as it was.
		args["rc-lookahead"] = "4"
	}
	return args
}

// leastQP bounds the quality: libx264 gives a picture that lasts long a better
// one, down to 0, where its levels overflow (libx264 164: flat pictures at 1 fps,
// one gray of five comes out as another).
const leastQP = "8"

// exactDurations gives each picture the time until the next one as its duration.
// The encoder says one slot, the muxer believes it where a fragment ends, and
// moves the first picture of the next fragment there (ffmpeg 5.1,
// mov_write_packet): what follows a gap would be shown before its time.
const exactDurations = `setts=duration=if(gt(NEXT_PTS\,PTS)\,NEXT_PTS-PTS\,DURATION)`

// timing keeps the pictures' times, on the grid or their own. Nothing is
// repeated here: what shows no change is not encoded (mp4.Filler).
func timing(s Spec) ff.KwArgs {
	switch {
	case !s.pictures():
		return nil
	case s.VFR:
		return ff.KwArgs{"fps_mode": "vfr", "enc_time_base": fmt.Sprintf("1:%d", s.timescale())}
	default:
		return ff.KwArgs{"fps_mode": "vfr", "r": strconv.Itoa(s.FPS)}
	}
}
