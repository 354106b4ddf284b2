package beam

import (
	"os"
	"testing"
)

// However many are made at once, none is swept away while it is made: each sweeps
// before it makes its own.
func TestWorkDirsAtOnce(t *testing.T) {
	parent := t.TempDir()
	made := make(chan *workDir)
	for range 16 {
		go func() {
			var last *workDir
			for range 25 {
				w, err := newWorkDir(parent)
				if err != nil {
					t.Error(err)
					break
				}
				if last != nil {
					if err := last.remove(); err != nil {
						t.Error(err)
					}
				}
				last = w
			}
			made <- last
		}()
	}
	for range 16 {
		w := <-made
		if w == nil {
			continue
		}
		if _, err := os.Stat(w.Path); err != nil {
			t.Errorf("a directory was taken away: %v", err)
		}
		if err := w.remove(); err != nil {
			t.Error(err)
		}
	}
}
