package ffmpeg

import (
	"errors"
	"strings"
	"syscall"
)

// What the user can do about an ffmpeg that can't encode a recording.
const (
	hintTooOld = "install ffmpeg 5.1 or later (Debian: apt-get install ffmpeg), or name another in BEAM_FFMPEG"
	hintBuild  = "install an ffmpeg that is built with it (Debian's is), or name another in BEAM_FFMPEG"
)

// hints maps what ffmpeg or the system says to what the user can do.
var hints = []struct {
	says, hint string
}{
	{"Unknown encoder '", hintBuild},
	{"Unrecognized option", hintTooOld},
	{"Option fps_mode", hintTooOld},
	{"Cannot allocate memory", "the machine ran out of memory; record at a lower resolution"},
	{"signal: killed", "something killed ffmpeg; if it was the kernel, the machine ran out of memory (see dmesg)"},
	{"signal: segmentation fault", "ffmpeg crashed; try another build of it"},
}

// hintFor returns what the user can do about a failure, or "".
func hintFor(err error, log []string) string {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return "the disk is full; what was recorded so far is kept. Free some space, or write to another disk"
	case errors.Is(err, syscall.EDQUOT):
		return "the disk quota is used up; what was recorded so far is kept"
	}
	text := err.Error() + "\n" + strings.Join(log, "\n")
	for _, h := range hints {
		if strings.Contains(text, h.says) {
			return h.hint
		}
	}
	return ""
}
