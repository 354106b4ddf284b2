package beam

import (
	"context"
	"errors"
	"sync"
	"time"
)

// block is one piece of the stream on its way to the encoder: a picture or
// some sound.
type block struct {
	at   time.Duration // on the recording's time
	jpeg []byte        // a picture, or
	pcm  []int16       // sound
}

// errEncoderStuck means that ffmpeg has not read for longer than the feed can
// hold the sound.
var errEncoderStuck = errors.New("ffmpeg has stopped reading")

// feed is the bounded queue between the capture and the encoder. Pictures that
// find it full are refused, and the caller counts them; sound is never
// refused, and so it is bounded by time alone.
type feed struct {
	maxPictures int
	maxSound    int // values

	mu       sync.Mutex
	changed  sync.Cond
	queue    []block
	pictures int
	sound    int
	closed   bool
	err      error
}

// The sound of a minute takes 12 MB; an encoder that does not read for so long
// won't read again.
const (
	feedPictures     = 45
	feedSoundSeconds = 60
)

func newFeed() *feed {
	f := &feed{maxPictures: feedPictures, maxSound: feedSoundSeconds * 48000 * 2}
	f.changed.L = &f.mu
	return f
}

// picture queues a picture; false means that the queue was full, and that the
// picture is dropped.
func (f *feed) picture(at time.Duration, jpeg []byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || f.pictures >= f.maxPictures {
		return false
	}
	f.pictures++
	f.push(block{at: at, jpeg: jpeg})
	return true
}

// samples queues sound. It fails only when the encoder is stuck.
func (f *feed) samples(at time.Duration, pcm []int16) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	if f.sound+len(pcm) > f.maxSound {
		f.err = errEncoderStuck
		f.changed.Broadcast()
		return f.err
	}
	f.sound += len(pcm)
	f.push(block{at: at, pcm: pcm})
	return nil
}

func (f *feed) push(b block) {
	f.queue = append(f.queue, b)
	f.changed.Signal()
}

// close ends the stream; what is queued is still handed out.
func (f *feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	f.changed.Broadcast()
}

// next returns the next block, and false at the end of the stream or when ctx
// has ended.
func (f *feed) next(ctx context.Context) (block, bool) {
	wake := context.AfterFunc(ctx, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.changed.Broadcast()
	})
	defer wake()
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.queue) == 0 && !f.closed && f.err == nil && ctx.Err() == nil {
		f.changed.Wait()
	}
	if len(f.queue) == 0 || ctx.Err() != nil || f.err != nil {
		return block{}, false
	}
	b := f.queue[0]
	f.queue[0] = block{}
	f.queue = f.queue[1:]
	if b.jpeg != nil {
		f.pictures--
	}
	f.sound -= len(b.pcm)
	return b, true
}

// lag returns how far what is queued reaches back: how much the encoder is
// behind the capture.
func (f *feed) lag() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) == 0 {
		return 0
	}
	first, last := f.queue[0].at, f.queue[0].at
	for _, b := range f.queue {
		last = max(last, b.at)
		first = min(first, b.at)
	}
	return last - first
}
