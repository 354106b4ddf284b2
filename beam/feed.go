package beam

import (
	"context"
	"errors"
	"sync"
	"time"

	"beam/capture"
)

// block is one piece of the stream on its way to the encoder: a frame or some
// audio.
type block struct {
	at     time.Duration // on the segment's time
	frame  capture.Frame // a frame, or
	fresh  bool          // a frame that differs from the one before
	pcm    []int16       // audio
	queued capture.Time
}

// isFrame tells a frame from audio.
func (b block) isFrame() bool { return b.pcm == nil }

// errEncoderStuck means that ffmpeg has not read for longer than the feed can
// hold the audio.
var errEncoderStuck = errors.New("ffmpeg has stopped reading")

// feed is the bounded queue between the capture and the encoder. Frames that
// find it full are refused, and the caller counts them; audio is never refused,
// and so it is bounded by time alone.
type feed struct {
	most int // frames

	mu      sync.Mutex
	changed sync.Cond
	queue   []block
	frames  int // in the queue
	bytes   int // of those
	sound   int // values in the queue
	taken   int // frames that have left it
	closed  bool
	err     error
}

// The bounds of a feed. The audio of a minute takes 12 MB; an encoder that does
// not read for so long won't read again. Raw frames are large: 1.4 MB at 720p,
// 3.1 MB at 1080p.
const (
	feedTime         = 1500 * time.Millisecond // of frames at the rate that was asked for
	feedLeast        = 6                       // frames, however low the rate
	feedBytes        = 64 << 20
	feedSoundSeconds = 60
	feedSound        = feedSoundSeconds * capture.SampleRate * capture.Channels // values
)

// newFeed returns a feed for frames at a rate.
func newFeed(fps int) *feed {
	f := &feed{most: max(feedLeast, int(feedTime.Seconds()*float64(fps)))}
	f.changed.L = &f.mu
	return f
}

// picture queues a frame, and takes a reference of its own; false means that
// the queue was full, and that the frame is dropped. The frames that end a
// segment are queued all the same (last): without them its video would end
// early. fresh tells whether it differs from the one before.
func (f *feed) picture(at time.Duration, frame capture.Frame, fresh, last bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	size := len(frame.Bytes())
	full := f.frames >= f.most || f.bytes+size > feedBytes && f.frames > 0
	if f.closed || full && !last {
		return false
	}
	f.frames++
	f.bytes += size
	f.push(block{at: at, frame: frame.Retain(), fresh: fresh})
	f.changed.Signal()
	return true
}

// samples queues audio. It fails only when the encoder is stuck.
func (f *feed) samples(at time.Duration, pcm []int16) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	if f.sound+len(pcm) > feedSound {
		f.err = errEncoderStuck
		f.changed.Broadcast()
		return f.err
	}
	f.sound += len(pcm)
	f.push(block{at: at, pcm: pcm})
	if f.sound >= wakeFor {
		f.changed.Signal()
	}
	return nil
}

// push appends a block. It wakes nobody: most blocks are 10 ms of audio, and each
// waking costs more than what there is to do. A frame wakes the reader, or this
// much audio.
func (f *feed) push(b block) {
	b.queued = capture.Now()
	f.queue = append(f.queue, b)
}

// wakeFor is the audio that wakes the reader where no frame does, in values:
// 100 ms.
const wakeFor = capture.SampleRate / 10 * capture.Channels

// close ends the stream; what is queued is still handed out.
func (f *feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.changed.Broadcast()
}

// dropFrames gives up the frames that are queued, and returns how many of them
// differed from the one before; the audio stays. It is for an encoder that nobody
// wants to wait for.
func (f *feed) dropFrames() (fresh int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	kept := f.queue[:0]
	for _, b := range f.queue {
		if b.isFrame() {
			b.frame.Release()
			if b.fresh {
				fresh++
			}
		} else {
			kept = append(kept, b)
		}
	}
	clear(f.queue[len(kept):])
	f.queue, f.frames, f.bytes = kept, 0, 0
	return fresh
}

// abandon ends the stream and gives up what is queued: nobody reads any more.
func (f *feed) abandon() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for _, b := range f.queue {
		b.frame.Release()
	}
	f.queue, f.frames, f.bytes, f.sound = nil, 0, 0, 0
	f.changed.Broadcast()
}

// next returns the next block, and false at the end of the stream or when ctx
// has ended. The caller releases the block's frame.
func (f *feed) next(ctx context.Context) (block, bool) {
	wake := context.AfterFunc(ctx, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.changed.Broadcast()
	})
	defer wake()
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.frames == 0 && f.sound < wakeFor && !f.closed && f.err == nil && ctx.Err() == nil {
		f.changed.Wait()
	}
	if len(f.queue) == 0 || ctx.Err() != nil || f.err != nil {
		return block{}, false
	}
	return f.pop(), true
}

// ready returns the next block if there is one.
func (f *feed) ready() (block, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) == 0 || f.err != nil {
		return block{}, false
	}
	return f.pop(), true
}

func (f *feed) pop() block {
	b := f.queue[0]
	f.queue[0] = block{}
	f.queue = f.queue[1:]
	if b.isFrame() {
		f.frames--
		f.bytes -= len(b.frame.Bytes())
		f.taken++
	}
	f.sound -= len(b.pcm)
	return b
}

// waits returns for how long the head of the queue has been waiting at now: how
// far the encoder is behind. Nothing that happened to the capture, such as a
// hole in the audio, makes it longer.
func (f *feed) waits(now capture.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) == 0 {
		return 0
	}
	return max(0, now.Sub(f.queue[0].queued))
}

// left returns how many frames have left the queue so far.
func (f *feed) left() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.taken
}
