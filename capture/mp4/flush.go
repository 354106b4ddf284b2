package mp4

import "time"

// flusher brings the file to the disk now and then. The flush runs beside the
// writing: on a slow disk it takes as long as it takes, and the next one waits
// for it.
type flusher struct {
	every time.Duration // 0: never
	began time.Time     // of the last flush
	done  chan error    // of the one under way, or nil
}

// fragment is told of each whole fragment. The error is that of a flush which
// has ended: what it should have brought to the disk may be lost.
func (f *flusher) fragment(o output, now time.Time) error {
	if f.every <= 0 {
		return nil
	}
	if f.done != nil {
		select {
		case err := <-f.done:
			f.done = nil
			if err != nil {
				return err
			}
		default:
			return nil
		}
	}
	if now.Sub(f.began) < f.every {
		return nil
	}
	f.began = now
	done := make(chan error, 1)
	f.done = done
	go func() { done <- o.sync() }()
	return nil
}

// wait waits for a flush that is under way.
func (f *flusher) wait() error {
	if f.done == nil {
		return nil
	}
	err := <-f.done
	f.done = nil
	return err
}
