package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"beam/capture"
	"beam/capture/child"
)

var program = child.Program{
	Name: "ffmpeg", Commands: []string{"ffmpeg"}, Package: "ffmpeg", Variable: "BEAM_FFMPEG",
}

// Find returns the path of ffmpeg: path itself if it is not empty, else the one
// in PATH. It returns a capture.Fault of the class environment when there is
// none.
func Find(path string) (string, error) { return program.Find(path) }

// Version is what an ffmpeg tells of itself.
type Version struct {
	Text         string // "5.1.9-0+deb12u1"; a build of a commit has no number
	Major, Minor int    // 5, 1; both 0 where the text has no number
	X264, AAC    bool   // has the encoders libx264 and aac
}

// The oldest version that has what a recording uses: fps_mode.
const (
	leastMajor = 5
	leastMinor = 1
)

// probeWait is how long ffmpeg may take to answer. Its start alone was seen to
// take 1.4 s on a busy machine.
const probeWait = 15 * time.Second

// probeLimit is how much of its answer is looked at, bytes; of ffmpeg 7 it is
// some 20 KB.
const probeLimit = 1 << 20

// Probe asks the ffmpeg at path what it is, with one start of it. The error is
// a capture.Fault of the class environment when it does not answer, is older
// than 5.1, or lacks libx264 or aac; the Version is what is known even then.
func Probe(ctx context.Context, path string) (Version, error) {
	ctx, cancel := context.WithTimeout(ctx, probeWait)
	defer cancel()
	banner, list := &child.Buffer{Limit: probeLimit, Forget: true}, &child.Buffer{Limit: probeLimit, Forget: true}
	if err := child.Run(ctx, child.Command{
		Path: path, Args: []string{"-nostdin", "-encoders"}, Env: child.Tool.Environment(), Stdout: list, Stderr: banner,
		Linger: time.Second, // a wrapper's descendants can't hold it up
	}); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("no answer: %w", context.Cause(ctx))
		}
		return Version{}, &capture.Fault{Class: capture.ClassEnvironment, Op: "ask ffmpeg for its version", Err: err, Hint: hintTooOld}
	}
	v := parseVersion(banner.String())
	v.X264, v.AAC = lists(list.String(), "libx264"), lists(list.String(), "aac")
	return v, v.check()
}

func (v Version) check() error {
	unfit := func(hint, format string, args ...any) error {
		return &capture.Fault{Class: capture.ClassEnvironment, Op: "check ffmpeg", Err: fmt.Errorf(format, args...), Hint: hint}
	}
	var lacking []string
	if !v.X264 {
		lacking = append(lacking, "libx264")
	}
	if !v.AAC {
		lacking = append(lacking, "aac")
	}
	switch {
	case v.Text == "":
		return &capture.Fault{Class: capture.ClassEnvironment, Op: "check ffmpeg", Err: errNoFFmpeg, Hint: hintTooOld}
	case v.TooOld():
		return unfit(hintTooOld, "ffmpeg %s is too old; 5.1 or later is needed", v.Text)
	case len(lacking) > 0:
		return unfit(hintBuild, "ffmpeg %s lacks the encoder %s", v.Text, strings.Join(lacking, " and "))
	}
	return nil
}

var errNoFFmpeg = errors.New("the program does not say that it is ffmpeg")

// TooOld tells whether the version is known to be below 5.1.
func (v Version) TooOld() bool {
	return v.Major != 0 && (v.Major < leastMajor || v.Major == leastMajor && v.Minor < leastMinor)
}

// versionLine matches ffmpeg's banner: "ffmpeg version 5.1.9-0+deb12u1 Copyright
// ...", "ffmpeg version n7.0 ...", "ffmpeg version N-109468-gd39b34123d ...".
var (
	versionLine   = regexp.MustCompile(`(?m)^ffmpeg version (\S+)`)
	versionNumber = regexp.MustCompile(`^n?(\d{1,3})(?:\.(\d{1,4}))?(?:[^\d].*)?$`)
)

func parseVersion(banner string) (v Version) {
	line := versionLine.FindStringSubmatch(banner)
	if line == nil {
		return v
	}
	v.Text = line[1]
	if number := versionNumber.FindStringSubmatch(v.Text); number != nil {
		v.Major, _ = strconv.Atoi(number[1]) // digits, few of them
		v.Minor, _ = strconv.Atoi(number[2]) // none is 0
	}
	return v
}

// lists tells whether the list that -encoders prints has an encoder:
//
//	V....D libx264              libx264 H.264 / AVC / ...
func lists(list, name string) bool {
	for line := range strings.Lines(list) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[1] == name {
			return true
		}
	}
	return false
}
