package ffmpeg

import (
	"errors"
	"strings"
	"syscall"
)

// hints maps what ffmpeg or the system says to what the user can do.
var hints = []struct {
	says, hint string
}{
	{"Unknown encoder 'libx264'", "this ffmpeg is built without libx264; install one that has it (Debian's does)"},
	{"Unknown input format: 'x11grab'", "this ffmpeg can't grab a display; use --capture screencast, or install an ffmpeg with x11grab (Debian's has it)"},
	{"Unrecognized option", "this ffmpeg is too old; Beam needs 5.1 or later"},
	{"Option fps_mode", "this ffmpeg is too old; Beam needs 5.1 or later"},
	{"Cannot open display", "the private Xvfb is gone; see whether the machine ran out of memory"},
	{"Cannot allocate memory", "the machine ran out of memory; use a lower --resolution"},
	{"signal: killed", "something killed ffmpeg; if it was the kernel, the machine ran out of memory (see dmesg)"},
	{"signal: segmentation fault", "ffmpeg crashed; try another build of it"},
}

// hintFor returns what the user can do about a failure, or "".
func hintFor(err error, log []string) string {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return "the disk is full; what was recorded so far is kept. Free some space, or set --output to another disk"
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
