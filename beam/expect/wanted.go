package expect

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Wanted is what is expected of a recording. The zero value expects nothing.
type Wanted struct {
	// Audio: at least a twentieth of the recording is louder than -50 dBFS,
	// told by windows of 100 ms (root mean square of the louder channel). So a
	// beep each second is audio, and a chime at the beginning is not.
	Audio bool
	// Motion: the video is not of one colour and changes in each quarter of
	// the recording. So a slow slide show moves, and a page that stops after
	// its first seconds does not.
	Motion bool
	// MinFPS is the least number of distinct frames a second, over the whole
	// recording; 0 expects nothing. A frame is distinct when it can be told
	// from the last distinct one: a repeated frame does not count.
	MinFPS float64
	// MaxFreeze is the longest time that one frame may be shown; 0 expects
	// nothing.
	MaxFreeze time.Duration
	// Texts have to be seen on the page at some time of the recording, each of
	// them. White space counts as one space, letters as they are shown.
	Texts []string
	// NoConsoleErrors: from the loading of the page to the end of the recording,
	// nothing was written with console.error or console.assert, and no exception
	// was left uncaught.
	NoConsoleErrors bool
}

// Any tells whether anything is expected.
func (w Wanted) Any() bool {
	return w.Audio || w.Motion || w.MinFPS > 0 || w.MaxFreeze > 0 || len(w.Texts) > 0 || w.NoConsoleErrors
}

// Check returns what can't be expected; fps is the rate of the recording, in
// frames a second.
func (w Wanted) Check(fps int, audioOnly bool) error {
	switch {
	case audioOnly && (w.Motion || w.MinFPS > 0 || w.MaxFreeze > 0):
		return errors.New("--expect-motion, --min-fps and --max-freeze need video, and --audio-only records none")
	case w.MinFPS < 0:
		return fmt.Errorf("--min-fps is %g; it has to be more than nothing", w.MinFPS)
	case w.MinFPS > float64(fps):
		return fmt.Errorf("--min-fps is %g, more than the %d frames a second that --fps records", w.MinFPS, fps)
	case w.MaxFreeze < 0:
		return fmt.Errorf("--max-freeze is %v; it has to be more than nothing", w.MaxFreeze)
	}
	for _, text := range w.Texts {
		if strings.TrimSpace(text) == "" {
			return errors.New("--expect-text has no text")
		}
	}
	return nil
}
