package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// clipVersion is part of the cache's name: raise it whenever the clips are to
// look or sound different, or are kept in another way.
const clipVersion = 2

// clips returns all clips: from dir, where an earlier run left them, or newly
// made. With dir "" they are kept in the user's cache, or nowhere where there
// is none.
func clips(ctx context.Context, ffmpeg, dir string, log *slog.Logger) (*library, error) {
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err == nil {
			err = os.MkdirAll(filepath.Join(cache, "beam"), 0o755)
		}
		if err != nil {
			log.Debug("demo clips are not kept", "reason", err)
			return uncached(ctx, ffmpeg)
		}
		dir = filepath.Join(cache, "beam", fmt.Sprintf("demo-v%d", clipVersion))
	}
	if l, err := load(dir); err == nil {
		return l, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, err
	}
	// Other processes respect it, and it ends with this one at the latest. The
	// file stays: removing it would let two in.
	lock := flock.New(dir+".lock", flock.SetPermissions(0o644))
	if _, err := lock.TryLockContext(ctx, 50*time.Millisecond); err != nil {
		return nil, fmt.Errorf("lock %s: %w", lock.Path(), err)
	}
	defer lock.Close()
	// Somebody else may have made them meanwhile.
	if l, err := load(dir); err == nil {
		return l, nil
	} else if !errors.Is(err, os.ErrNotExist) {
		log.Info("demo clips are made again", "reason", err)
	}
	began := time.Now()
	partial := dir + ".partial"
	// What a run left that was killed goes too: the lock says nobody uses it.
	if err := os.RemoveAll(partial); err != nil {
		return nil, err
	}
	defer os.RemoveAll(partial)
	if err := os.Mkdir(partial, 0o755); err != nil {
		return nil, err
	}
	if err := encodeAll(ctx, ffmpeg, partial); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := os.Rename(partial, dir); err != nil {
		return nil, err
	}
	log.Info("demo clips made", "dir", dir, "took", time.Since(began).Round(time.Millisecond))
	return load(dir)
}

// uncached makes the clips in a temporary folder.
func uncached(ctx context.Context, ffmpeg string) (*library, error) {
	dir, err := os.MkdirTemp("", "beam-demo-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := encodeAll(ctx, ffmpeg, dir); err != nil {
		return nil, err
	}
	return load(dir)
}
