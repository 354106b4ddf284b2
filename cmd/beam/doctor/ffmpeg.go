package doctor

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"beam/capture/ffmpeg"
)

const ffmpegFix = "install ffmpeg 5.1 or later (Debian: apt-get install ffmpeg), or name another in BEAM_FFMPEG"

// encoder is what was seen of ffmpeg.
type encoder struct {
	Path    string
	FindErr error
	Banner  string // what -version begins with: "ffmpeg version 5.1.9-0+deb12u1 Copyright ..."
	AskErr  error
	Has     map[string][]string // "encoders": names
	FFprobe string              // path, "" for none
}

// wanted is what a recording uses of ffmpeg, by the option that lists it.
var wanted = []struct{ kind, name string }{
	{"encoders", "libx264"}, {"encoders", "aac"},
	{"decoders", "mjpeg"}, {"decoders", "rawvideo"}, {"decoders", "pcm_s16le"},
	{"demuxers", "matroska"}, {"muxers", "mp4"},
	{"filters", "scale"}, {"filters", "format"},
}

// wantedDemo is what the demo room is made with.
var wantedDemo = []struct{ kind, name string }{{"encoders", "libvpx"}, {"encoders", "libopus"}}

func lookAtFFmpeg(ctx context.Context, e *examination) encoder {
	f := encoder{Has: map[string][]string{}}
	if f.Path, f.FindErr = ffmpeg.Find(e.options.Tools.FFmpeg); f.FindErr != nil {
		return f
	}
	if f.Banner, f.AskErr = ask(ctx, f.Path, "-version"); f.AskErr != nil {
		return f
	}
	for _, list := range [][]struct{ kind, name string }{wanted, wantedDemo} {
		for _, w := range list {
			if _, asked := f.Has[w.kind]; asked {
				continue
			}
			text, err := ask(ctx, f.Path, "-hide_banner", "-"+w.kind)
			if err != nil {
				f.AskErr = err
				return f
			}
			f.Has[w.kind] = listed(text)
		}
	}
	probe := e.options.Tools.FFprobe
	if probe == "" {
		probe = "ffprobe"
	}
	f.FFprobe, _ = exec.LookPath(probe) // its absence is what is to be found out
	return f
}

// listed returns the names in one of ffmpeg's lists: each line has flags, which
// are capitals and dots, a name or several with commas, and a description. Since
// ffmpeg 7 a small d among the flags marks devices.
func listed(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		flags := 0
		for flags < len(fields) && (fields[flags] == "d" || strings.Trim(fields[flags], ".|ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "") {
			flags++
		}
		if flags > 0 && flags < len(fields) && fields[flags] != "=" {
			names = append(names, strings.Split(fields[flags], ",")...)
		}
	}
	return names
}

func (e encoder) lacks(list []struct{ kind, name string }) []string {
	var lacking []string
	for _, w := range list {
		if !slices.Contains(e.Has[w.kind], w.name) {
			lacking = append(lacking, w.name)
		}
	}
	return lacking
}

var ffmpegVersion = regexp.MustCompile(`^ffmpeg version n?(\d+)(?:\.(\d+))?`)

// tooOld tells whether a version is known to be below 5.1. Builds of a commit
// have no number.
func tooOld(banner string) bool {
	m := ffmpegVersion.FindStringSubmatch(banner)
	if m == nil {
		return false
	}
	major, err := strconv.Atoi(m[1])
	minor, _ := strconv.Atoi(m[2]) // none is 0
	return err == nil && (major < 5 || major == 5 && minor < 1)
}

// shortVersion returns "ffmpeg 5.1.9-0+deb12u1" of a banner.
func shortVersion(banner string) string {
	line, _, _ := strings.Cut(banner, "\n")
	line, _, _ = strings.Cut(line, " Copyright")
	return strings.Replace(strings.TrimSpace(line), "ffmpeg version ", "ffmpeg ", 1)
}

func judgeFFmpeg(e encoder) Finding {
	version := shortVersion(e.Banner)
	f := Finding{ID: FFmpeg, Title: "ffmpeg", Status: OK, Fix: ffmpegFix, Data: map[string]any{
		"path": e.Path, "version": version, "ffprobe": e.FFprobe,
	}}
	switch {
	case e.FindErr != nil:
		f.Status, f.Found, f.Data = Problem, oneLine(e.FindErr), nil
		return f
	case e.AskErr != nil:
		f.Status, f.Found = Problem, "it does not run: "+oneLine(e.AskErr)
		return f
	case tooOld(e.Banner):
		f.Status, f.Found = Problem, version+" is too old, Beam needs 5.1 or later"
		return f
	}
	lacking, lackingDemo := e.lacks(wanted), e.lacks(wantedDemo)
	f.Data["lacking"] = slices.Concat(lacking, lackingDemo)
	const build = "install an ffmpeg that is built with it (Debian's is), or name another in BEAM_FFMPEG"
	switch {
	case len(lacking) > 0:
		f.Status, f.Found, f.Fix = Problem, fmt.Sprintf("%s lacks %s", version, strings.Join(lacking, ", ")), build
	case len(lackingDemo) > 0:
		f.Status, f.Found, f.Fix = Warning, fmt.Sprintf("%s lacks %s: the demo room can't be made", version, strings.Join(lackingDemo, ", ")), build
	case e.FFprobe == "":
		f.Status, f.Found = Warning, version+", but no ffprobe: beam inspect can't work"
		f.Fix = "install ffprobe (Debian: apt-get install ffmpeg), or name it in BEAM_FFPROBE"
	default:
		f.Found, f.Fix = fmt.Sprintf("%s, with libx264 and aac (%s)", version, e.Path), ""
	}
	return f
}
