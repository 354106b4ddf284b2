package ffmpeg

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"beam/capture"
)

// Progress is what ffmpeg tells of its work with -progress, twice a second. An
// ffmpeg that is stopped or hangs tells nothing: At stands still.
type Progress struct {
	At     capture.Time // when the last whole report came; 0 before the first
	Frames int          // pictures encoded; on a grid, repeats of one that stands count
	// Moved is by how much the encoded time has grown since one of the first
	// reports: with -copyts ffmpeg counts from the first position that it
	// reports, whatever that was. So its growth tells how fast the encoders
	// are, also without pictures; where they are is told by Frames on a grid,
	// and by the fragments that come out.
	Moved time.Duration
}

type progressReader struct {
	told func(Progress) // called with each report; nil for nobody

	mu   sync.Mutex
	seen Progress
}

func (r *progressReader) last() Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen
}

// read takes reports until the pipe ends. A report is a block of key=value
// lines that ends with the key progress.
func (r *progressReader) read(pipe io.Reader, now func() capture.Time) {
	var block Progress
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), "=")
		if key == "progress" {
			block.At = now()
			r.mu.Lock()
			r.seen = block
			r.mu.Unlock()
			if r.told != nil {
				r.told(block)
			}
			continue
		}
		block.set(key, strings.TrimSpace(value))
	}
}

// set takes one line of a report. Keys it does not know and values that are no
// numbers ("N/A" before the first packet) leave the report as it is.
func (p *Progress) set(key, value string) {
	switch key {
	case "frame":
		setInt(&p.Frames, value)
	case "out_time_us":
		// At most 285 years, which a Duration holds.
		if us, err := strconv.ParseInt(value, 10, 64); err == nil && us >= 0 && us < 1<<53 {
			p.Moved = time.Duration(us) * time.Microsecond
		}
	}
}

func setInt(to *int, value string) {
	if n, err := strconv.Atoi(value); err == nil && n >= 0 {
		*to = n
	}
}
