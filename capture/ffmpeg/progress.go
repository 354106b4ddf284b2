package ffmpeg

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"sync"
)

// Progress is what ffmpeg tells of its work with -progress.
type Progress struct {
	Frames     int // pictures encoded
	Duplicated int // of those, repeats that fill the grid
	Dropped    int // pictures that ffmpeg had no place for
}

type progressReader struct {
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
func (r *progressReader) read(pipe io.Reader) {
	var block Progress
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), "=")
		if key == "progress" {
			r.mu.Lock()
			r.seen = block
			r.mu.Unlock()
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
	case "dup_frames":
		setInt(&p.Duplicated, value)
	case "drop_frames":
		setInt(&p.Dropped, value)
	}
}

func setInt(to *int, value string) {
	if n, err := strconv.Atoi(value); err == nil && n >= 0 {
		*to = n
	}
}
