package ffmpeg

import (
	"fmt"
	"strconv"
	"strings"

	ff "github.com/u2takey/ffmpeg-go"
)

// Args returns ffmpeg's arguments for a recording, without the program's name.
func Args(s Spec) (args []string, err error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	// ffmpeg-go panics when it is misused.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("build ffmpeg arguments: %v", p)
		}
	}()
	out := ff.Output(streams(s), "pipe:1", container(s), audioCodec(), videoCodec(s), timing(s))
	// ffmpeg-go puts global options behind the output, where ffmpeg ignores them.
	return append(global(), out.GetArgs()...), nil
}

func global() []string {
	return []string{
		"-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+warning",
		"-progress", "pipe:3", "-stats_period", "0.5",
		// The times in the stream are the recording's own: ffmpeg is not to
		// move them, least of all each input by its own start.
		"-copyts",
	}
}

// streams returns the picture, filtered, and the sound.
func streams(s Spec) []*ff.Stream {
	stream := ff.Input("pipe:0", ff.KwArgs{
		"format": "matroska",
		// The head tells all there is to know; probing would hold up the start.
		"probesize": "32", "analyzeduration": "0",
		"thread_queue_size": "64",
	})
	switch {
	case !s.pictures():
		return []*ff.Stream{stream.Audio()}
	case s.Grab == nil:
		// Chrome's JPEGs are full range BT.601 (JFIF 1.02); the output is
		// tagged, and so has to be, limited range BT.709.
		picture := stream.Video().
			Filter("scale", nil, ff.KwArgs{
				"in_color_matrix": "bt601", "in_range": "pc",
				"out_color_matrix": "bt709", "out_range": "tv",
			}).
			Filter("format", ff.Args{"yuv420p"})
		return []*ff.Stream{picture, stream.Audio()}
	default:
		picture := grab(s).Video().
			Filter("scale", nil, ff.KwArgs{"out_color_matrix": "bt709", "out_range": "tv"}).
			Filter("format", ff.Args{"yuv420p"})
		if s.Grab.Rate > s.FPS {
			picture = slot(picture, s)
		}
		return []*ff.Stream{picture, stream.Audio()}
	}
}

// slot puts pictures that are grabbed faster than the grid on the grid, by the
// rule of capture.Slotter. Grabbing at the grid's own rate would beat against
// the page's: two of its pictures fall between two grabs, and one is lost.
//
// Registers: 0 the first free slot, 1 the slot of this picture, 2 the lead, 3
// how much earlier than captured this picture would be shown in the first free
// slot, 4 whether it is kept. TestSlotFilterIsTheSlotter holds the two equal.
func slot(picture *ff.Stream, s Spec) *ff.Stream {
	rule := func(time string) string {
		pos := fmt.Sprintf("%s*%d", time, s.FPS)
		return strings.Join([]string{
			fmt.Sprintf("st(1,round(%s))", pos),
			fmt.Sprintf("st(3,%s-ld(0))", pos),
			// Kept, unless it is too late for the first free slot.
			"st(4,not(gt(ld(0),0)*lt(ld(1),ld(0))*(gt(-ld(3),1)+lt(ld(2),-0.55))))",
			// It goes to the first free slot, unless that is too early.
			"st(1,if(eq(ld(0),0),0,if(gt(ld(1),ld(0))*(gt(ld(3),0.75)+gt(ld(2),0.55)),ld(1),ld(0))))",
			fmt.Sprintf("st(2,ld(2)+ld(4)*(max(0,%s)-ld(1)-ld(2))*0.05)", pos),
			"if(ld(4),st(0,ld(1)+1))",
		}, ";")
	}
	// Pictures from before the start are dropped, but for the last slot's worth.
	keep := fmt.Sprintf("if(gt(t*%d,-1),%s;ld(4),0)", s.FPS, rule("t"))
	move := fmt.Sprintf("%s;ld(1)/%d/TB", rule("T"), s.FPS)
	return picture.
		// What is grabbed twice is equal to the bit. One in a while is passed
		// on, so that a page that does not change keeps the output flowing.
		Filter("mpdecimate", nil, ff.KwArgs{"hi": "0", "lo": "0", "frac": "0", "max": strconv.Itoa(s.Grab.Rate * 2 / 5)}).
		Filter("select", ff.Args{keep}).
		Filter("setpts", ff.Args{move})
}

func grab(s Spec) *ff.Stream {
	return ff.Input(s.Grab.Display+"+0,0", ff.KwArgs{
		"format":     "x11grab",
		"video_size": s.Size.String(),
		"framerate":  strconv.Itoa(s.Grab.Rate),
		"draw_mouse": "0",
		// Raw pictures: each is 8 MB at 1080p.
		"thread_queue_size": "4",
		"itsoffset":         fmt.Sprintf("-%d.%06d", s.Grab.Start.Unix(), s.Grab.Start.Nanosecond()/1000),
	})
}

func container(s Spec) ff.KwArgs {
	args := ff.KwArgs{
		"format": "mp4",
		// Without frag_discont each track would begin at zero, whatever the
		// time of its first packet; negative_cts_offsets keeps a picture's
		// presentation time where it is.
		"movflags":         "frag_keyframe+empty_moov+default_base_moof+frag_discont+negative_cts_offsets",
		"frag_duration":    strconv.FormatInt(fragmentTime.Microseconds(), 10),
		"flush_packets":    "1",
		"output_ts_offset": strconv.FormatFloat(Origin.Seconds(), 'f', -1, 64),
	}
	if s.Grab != nil {
		// The grab has no end of its own: it ends with the sound.
		args["shortest"] = ""
	}
	return args
}

func audioCodec() ff.KwArgs {
	return ff.KwArgs{"c:a": "aac", "b:a": audioBitRate}
}

func videoCodec(s Spec) ff.KwArgs {
	if !s.pictures() {
		return nil
	}
	return ff.KwArgs{
		"c:v":                   "libx264",
		"preset":                s.Preset,
		"crf":                   strconv.Itoa(s.CRF),
		"profile:v":             "high",
		"maxrate":               strconv.Itoa(s.MaxRate),
		"bufsize":               strconv.Itoa(2 * s.MaxRate),
		"bf":                    "0",
		"sc_threshold":          "0",
		"g":                     strconv.Itoa(int(keyframeInterval.Seconds()) * s.FPS),
		"force_key_frames":      fmt.Sprintf("expr:gte(t,n_forced*%g)", keyframeInterval.Seconds()),
		"color_primaries":       "bt709",
		"color_trc":             "bt709",
		"colorspace":            "bt709",
		"color_range":           "tv",
		"video_track_timescale": strconv.Itoa(videoTimescale),
	}
}

func timing(s Spec) ff.KwArgs {
	switch {
	case !s.pictures():
		return nil
	case s.VFR:
		return ff.KwArgs{"fps_mode": "vfr", "enc_time_base": fmt.Sprintf("1:%d", videoTimescale)}
	default:
		return ff.KwArgs{"fps_mode": "cfr", "r": strconv.Itoa(s.FPS)}
	}
}
