package tracks

import (
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"beam/capture"
	"beam/capture/webm"
	"beam/layout"
)

// Options say how tracks are recorded.
type Options struct {
	Dir  string      // that the files go into; it is made
	Mode fs.FileMode // of the files
	Log  *slog.Logger
}

// Recorder records tracks. Its methods may be called from any goroutine.
type Recorder struct {
	o Options

	mu       sync.Mutex
	clocks   map[string]*pageClock
	page     pageClock // of the main frame
	tracks   map[string]*track
	order    []*track
	made     int // files
	position func(capture.Time) (time.Duration, bool)
	closed   bool
}

// New returns a recorder that records nothing before Begin. The directory is made with
// the first file.
func New(o Options) *Recorder {
	return &Recorder{o: o, clocks: map[string]*pageClock{}, tracks: map[string]*track{}}
}

// Begin records from now on. position returns where an instant is in the recording;
// false for one that is not recorded, as in a pause.
func (r *Recorder) Begin(position func(capture.Time) (time.Duration, bool)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.position = position
}

// Hear takes what the page says of its tracks.
func (r *Recorder) Hear(now capture.Time, m layout.Message) {
	switch m.Type {
	case layout.MessageTracks:
		r.Tracks(m.Tracks)
	case layout.MessagePlayed:
		r.Played(now, m.Now, m.Played)
	}
}

// place is Options.position; nothing is recorded before Begin.
func (r *Recorder) place(at capture.Time) (time.Duration, bool) {
	if r.position == nil {
		return 0, false
	}
	return r.position(at)
}

// Media takes a batch that arrived at now.
func (r *Recorder) Media(now capture.Time, b layout.MediaBatch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	clock := r.clocks[b.Clock]
	if clock == nil {
		clock = &pageClock{}
		r.clocks[b.Clock] = clock
	}
	clock.see(now, b.Now)
	for _, f := range b.Frames {
		came, ok := clock.time(f.Received)
		if !ok || came > now {
			came = now
		}
		r.track(f.Track).take(came, f, r.open, r.place)
	}
	for _, t := range r.order {
		t.flushFiles()
	}
}

func (r *Recorder) track(number string) *track {
	t := r.tracks[number]
	if t == nil {
		t = &track{number: number}
		r.tracks[number] = t
		r.order = append(r.order, t)
	}
	return t
}

// open makes the next file.
func (r *Recorder) open(codec webm.Codec, _ frame) *file {
	r.made++
	if err := makeDir(r.o.Dir, r.o.Mode); err != nil {
		return &file{codec: codec, failed: fmt.Errorf("make the directory of tracks: %w", err)}
	}
	return create(filepath.Join(r.o.Dir, fmt.Sprintf("track-%03d.webm", r.made)), codec, r.o.Mode)
}

// Tracks takes whose the tracks are. What is not known any more stays as it was.
func (r *Recorder) Tracks(list []layout.Track) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range list {
		t := r.track(one.Number)
		if one.Person == "" {
			one.Person, one.Name, one.Role, one.Medium = t.owner.Person, t.owner.Name, t.owner.Role, t.owner.Medium
		}
		t.owner = one
	}
}

// Played takes when frames were played, in a message that the page sent at sent on its
// clock and that arrived at now.
func (r *Recorder) Played(now capture.Time, sent float64, list []layout.Played) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.page.see(now, sent)
	for _, one := range list {
		at, ok := r.page.time(one.At)
		if t := r.tracks[one.Number]; ok && t != nil {
			t.played(at.Add(outputDelay), one.RTP)
		}
	}
}

// outputDelay is what Chrome takes from handing a frame out, which is when it says that
// it played it, to its being heard and seen: measured at 35 to 48 ms, Chromium 156.
const outputDelay = 40 * time.Millisecond

// Close ends all files and returns what was recorded.
func (r *Recorder) Close() (Manifest, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	var first error
	for _, t := range r.order {
		if len(t.files) > 0 {
			t.flush(r.open, r.place)
		}
		for _, f := range t.files {
			if f == nil {
				continue
			}
			if err := f.close(); err != nil && first == nil {
				first = err
			}
		}
	}
	return r.manifest(), first
}

// makeDir makes the directory, for those who may read the files.
func makeDir(dir string, files fs.FileMode) error {
	mode := files | 0o700 | (files&0o044)>>2
	if err := os.MkdirAll(dir, mode); err != nil {
		return err
	}
	return os.Chmod(dir, mode)
}

func (t *track) flushFiles() {
	for _, f := range t.files {
		if f != nil {
			f.flush()
		}
	}
}
