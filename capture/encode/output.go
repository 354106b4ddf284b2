package encode

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

	"beam/capture/mp4"
)

// Output is the file of a recording: ffmpeg's fragments go into it as they
// come, and it is finished in place.
type Output struct {
	path    string
	file    *os.File
	writer  *mp4.Writer
	Head    int64            // bytes that finishing may write anew
	Grown   func(safe int64) // told of each whole fragment; set before ffmpeg starts
	written atomic.Int64
	broken  atomic.Bool // a write failed
	begun   bool        // an encoder has written into it
	whole   bool        // its fragments have to stay as they are
}

// Media tells what is in a finished file.
type Media struct {
	Bytes         int64
	Duration      time.Duration
	Frames        int
	Distinct      int           // frames whose coded size says that they differ from the one before
	LongestFreeze time.Duration // by the same sign
}

// ErrNoMedia means that a recording ended before anything was encoded.
var ErrNoMedia = mp4.ErrNoMedia

// CreateOutput claims the file and begins to write it; see Claim.
func CreateOutput(path string, mode fs.FileMode, length time.Duration, fps int, playlist bool) (*Output, error) {
	claim, err := ClaimOutput(path)
	if err != nil {
		return nil, err
	}
	o, err := claim.Create(mode, length, fps, playlist)
	if err != nil {
		return nil, errors.Join(err, claim.Release())
	}
	return o, nil
}

// syncEvery is how often the file is flushed to the disk: what a power cut takes
// with it.
const syncEvery = 5 * time.Second

// Write takes ffmpeg's output.
func (o *Output) Write(b []byte) (int, error) {
	n, err := o.writer.Write(b)
	o.written.Add(int64(n))
	if err != nil {
		o.broken.Store(true)
	}
	return n, err
}

// Follow prepares for the output of an encoder whose time 0 is at offset on the
// recording's time. The one before has ended.
func (o *Output) Follow(offset time.Duration) error {
	if !o.begun {
		o.begun = true
		return nil
	}
	return o.writer.Restart(offset)
}

// Failed tells whether the file could not be written.
func (o *Output) Failed() bool { return o.broken.Load() }

// Recorded returns how much media is in the file, on the recording's time.
func (o *Output) Recorded() time.Duration { return o.writer.Progress().Media }

// Size returns the bytes written so far.
func (o *Output) Size() int64 { return o.written.Load() }

// Index returns the index of what is in the file. It changes with every Write.
func (o *Output) Index() *mp4.Index { return o.writer.Index() }

// Discard removes the file.
func (o *Output) Discard() {
	// It was made here, and nothing is in it. The lock goes last: without it the name
	// may be somebody else's.
	_ = os.Remove(o.path)
	o.file.Close()
}

// CompactBelow is the size up to which a recording is copied into a file without
// reserve, bytes; above it the copy would take longer than it is worth.
const CompactBelow = 64 << 20

// Finish turns the fragments into an ordinary MP4: copied into a compact file
// where they are few, else in place. A copy that fails, as on a full disk, is no
// loss: in place needs no room.
// The presentation ends at length; what was encoded beyond that is not shown.
// Bytes that have been uploaded stay where they are: a compact copy is allowed
// only where there are none.
func (o *Output) Finish(ctx context.Context, length time.Duration, compact bool, m mp4.Metadata) (Media, error) {
	flushed := o.writer.Wait() // Finish returns the same error, when it has done what it can
	index := o.writer.Index()
	index.End(length)
	info := summarise(index, length)
	if err := ctx.Err(); err == nil && flushed == nil && compact && !o.whole && info.Bytes <= CompactBelow {
		if result, err := index.Compact(ctx, o.file, o.path, m); err == nil {
			info.Bytes, info.Duration = result.Size, result.Duration
			return info, o.file.Close()
		}
	}
	result, err := o.writer.Finish(m)
	if err != nil {
		return info, errors.Join(err, o.file.Close())
	}
	info.Bytes, info.Duration = result.Size, result.Duration
	return info, o.file.Close()
}

// summarise reads off the index what the report tells of the frames.
func summarise(index *mp4.Index, length time.Duration) Media {
	info := index.Info()
	m := Media{Bytes: info.Size, Duration: info.Duration}
	frames, still, freeze := index.Still(stillBytes, length)
	m.Frames, m.Distinct, m.LongestFreeze = frames, frames-still, freeze
	return m
}

// stillBytes is the largest coded size of a frame that shows the one before
// again. It takes 11 to 66 bytes up to 1080p, whether libx264 coded it or it was put
// in between (mp4.Filler); the least change that was measured, four cells of a
// timing strip, takes above 100.
const stillBytes = 80
