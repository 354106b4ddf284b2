package encode

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

// errEncoderStuck means that ffmpeg has not read for longer than the queue can
// hold the audio.
var errEncoderStuck = errors.New("ffmpeg has stopped reading")

// Queue is the bounded queue between the capture and the encoder. Frames that
// find it full are refused, and the caller counts them; audio is never refused,
// and so it is bounded by time alone.
type Queue struct {
	most int // frames

	mu      sync.Mutex
	changed sync.Cond
	queue   []block
	frames  int // in the queue
	bytes   int // of those
	audio   int // values in the queue
	taken   int // frames that have left it
	closed  bool
	err     error
}

// The bounds of a queue. The audio of a minute takes 12 MB; an encoder that does
// not read for so long won't read again. Raw frames are large: 1.4 MB at 720p,
// 3.1 MB at 1080p.
const (
	queueTime         = 1500 * time.Millisecond // of frames at the rate that was asked for
	queueLeast        = 6                       // frames, however low the rate
	queueBytes        = 64 << 20
	queueAudioSeconds = 60
	queueAudio        = queueAudioSeconds * capture.SampleRate * capture.Channels // values
)

// NewQueue returns a queue for frames at a rate.
func NewQueue(fps int) *Queue {
	f := &Queue{most: max(queueLeast, int(queueTime.Seconds()*float64(fps)))}
	f.changed.L = &f.mu
	return f
}

// WriteFrame queues a frame, and takes a reference of its own; false means that
// the queue was full, and that the frame is dropped. The frames that end a
// segment are queued all the same (last): without them its video would end
// early. fresh tells whether it differs from the one before.
func (f *Queue) WriteFrame(at time.Duration, frame capture.Frame, fresh, last bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	size := len(frame.Bytes())
	full := f.frames >= f.most || f.bytes+size > queueBytes && f.frames > 0
	if f.closed || full && !last {
		return false
	}
	f.frames++
	f.bytes += size
	f.push(block{at: at, frame: frame.Retain(), fresh: fresh})
	f.changed.Signal()
	return true
}

// WriteSamples queues audio. It fails only when the encoder is stuck.
func (f *Queue) WriteSamples(at time.Duration, pcm []int16) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	if f.audio+len(pcm) > queueAudio {
		f.err = errEncoderStuck
		f.changed.Broadcast()
		return f.err
	}
	f.audio += len(pcm)
	f.push(block{at: at, pcm: pcm})
	if f.audio >= wakeFor {
		f.changed.Signal()
	}
	return nil
}

// push appends a block. It wakes nobody: most blocks are 10 ms of audio, and each
// waking costs more than what there is to do. A frame wakes the reader, or this
// much audio.
func (f *Queue) push(b block) {
	b.queued = capture.Now()
	f.queue = append(f.queue, b)
}

// wakeFor is the audio that wakes the reader where no frame does, in values:
// 100 ms.
const wakeFor = capture.SampleRate / 10 * capture.Channels

// Close ends the stream; what is queued is still handed out.
func (f *Queue) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.changed.Broadcast()
}

// DropFrames gives up the frames that are queued, and returns how many of them
// differed from the one before; the audio stays. It is for an encoder that nobody
// wants to wait for.
func (f *Queue) DropFrames() (fresh int) {
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
func (f *Queue) abandon() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for _, b := range f.queue {
		b.frame.Release()
	}
	f.queue, f.frames, f.bytes, f.audio = nil, 0, 0, 0
	f.changed.Broadcast()
}

// next returns the next block, and false at the end of the stream or when ctx
// has ended. The caller releases the block's frame.
func (f *Queue) next(ctx context.Context) (block, bool) {
	wake := context.AfterFunc(ctx, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.changed.Broadcast()
	})
	defer wake()
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.frames == 0 && f.audio < wakeFor && !f.closed && f.err == nil && ctx.Err() == nil {
		f.changed.Wait()
	}
	if len(f.queue) == 0 || ctx.Err() != nil || f.err != nil {
		return block{}, false
	}
	return f.pop(), true
}

// ready returns the next block if there is one.
func (f *Queue) ready() (block, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) == 0 || f.err != nil {
		return block{}, false
	}
	return f.pop(), true
}

func (f *Queue) pop() block {
	b := f.queue[0]
	f.queue[0] = block{}
	f.queue = f.queue[1:]
	if b.isFrame() {
		f.frames--
		f.bytes -= len(b.frame.Bytes())
		f.taken++
	}
	f.audio -= len(b.pcm)
	return b
}

// Waits returns for how long the head of the queue has been waiting at now: how
// far the encoder is behind. Nothing that happened to the capture, such as a
// hole in the audio, makes it longer.
func (f *Queue) Waits(now capture.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) == 0 {
		return 0
	}
	return max(0, now.Sub(f.queue[0].queued))
}

// Left returns how many frames have left the queue so far.
func (f *Queue) Left() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.taken
}
