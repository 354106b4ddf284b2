package mp4

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Recovery tells what Recover found and did.
type Recovery struct {
	Result
	Already bool  // it was finished; nothing was changed
	Copied  bool  // it had no reserve, so it was written anew and replaced
	Cut     int64 // bytes behind the last whole fragment, left out
	Info    Info
}

// Recover finishes the recording at path that a crash left: in the middle of
// recording, of Finish or of Compact. It does what Finish would have done, with
// the options that the file keeps, loses nothing but a fragment that isn't
// whole, and does nothing to a finished file; so it can be run again after a
// crash of its own. A fragmented MP4 without a reserve, from elsewhere, is
// copied. The error is ErrNoMedia when there is no whole fragment; the file is
// left as it is then. No other process may be writing the file.
func Recover(ctx context.Context, path string) (Recovery, error) {
	r, err := recoverFile(ctx, path)
	return r, fault("recover the recording", err)
}

func recoverFile(ctx context.Context, path string) (rec Recovery, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return rec, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	st, err := f.Stat()
	if err != nil {
		return rec, err
	}
	if !st.Mode().IsRegular() {
		return rec, fmt.Errorf("%w: not a regular file", ErrUnsupported)
	}
	ix, err := scan(f, st.Size())
	if err != nil {
		return rec, err
	}
	if err := removeIfThere(path + compactSuffix); err != nil {
		return rec, err
	}
	switch {
	case ix.finished:
		rec.Already = true
		rec.Info = ix.Info()
		rec.Size, rec.Duration = st.Size(), rec.Info.Duration
		return rec, nil
	case ix.inPlace():
		rec.Cut = st.Size() - ix.end
		rec.Result, err = ix.finish(output{f}, ix.settings.Metadata)
	default:
		rec.Cut, rec.Copied = st.Size()-ix.end, true
		rec.Result, err = ix.Compact(ctx, f, path, Metadata{})
	}
	if err != nil {
		return rec, err
	}
	rec.Info = ix.Info()
	rec.Info.Finished = true
	return rec, nil
}
