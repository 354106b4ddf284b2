package beam

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/beam/fault"
	"beam/beam/sizing"
	"beam/beam/source"
	"beam/capture"
	"beam/capture/audio"
	"beam/capture/encode"
	"beam/capture/video"
)

// segment is an interval of the recording that one encoder makes from the frames
// of one engine. A recording is one segment, and one more after each pause, each
// encoder that was lost and each change of the engine.
type segment struct {
	beginning
	queue *encode.Queue
	video *video.Grid // nil without frames
	audio *audio.Track
	enc   *encode.Encoder

	pump errgroup.Group // of the frames, from takeFrames to stopFrames
	stop func()         // ends it; nil before
}

var _ live = (*segment)(nil)

func (s *segment) from() beginning               { return s.beginning }
func (s *segment) encoderEnded() <-chan struct{} { return s.enc.Done() }
func (s *segment) encoderFault() error           { return s.enc.Wait() }

func (s *segment) checkEncoder(now capture.Time) error {
	return s.enc.GiveUpIfHung(now, s.queue.Waits(now))
}

// still returns the frame that is on the screen at the segment's end, with a
// reference of the caller's; one without bytes where there is none.
func (s *segment) still() capture.Frame {
	if s.video == nil {
		return capture.Frame{}
	}
	f, _ := s.video.Still()
	return f
}

// takeFrames has the segment take frames of its engine, until stopFrames is called
// or ctx ends.
func (s *segment) takeFrames(ctx context.Context, router *source.Router) {
	ctx, s.stop = context.WithCancel(ctx)
	s.pump.Go(func() error { s.video.Run(ctx); return nil })
	router.Show(&source.Target{Engine: s.engine, Start: s.start, Take: s.video.Take})
}

func (s *segment) stopFrames() {
	if s.stop != nil {
		s.stop()
		_ = s.pump.Wait() // it returns none
	}
}

// release gives up what a segment that has ended still holds.
func (s *segment) release() {
	if s.video != nil {
		s.video.Release()
	}
}

// The times of a segment.
const (
	audioWait = 700 * time.Millisecond
)

// segmenter opens and records the segments of a recording.
type segmenter struct {
	fps      int
	vfr      bool
	size     capture.Size // of the frames; zero for audio alone
	log      *slog.Logger
	output   *encode.Output
	encoders *encode.Encoders
	tap      *audio.Tap
	router   *source.Router
	hear     func(pcm []int16)     // gets the audio that goes into the recording
	ending   func(context.Context) // called when the recording ends, before its sources do
	changing func(verdict)         // called when the engine changes, before the other one is used

	next *segment // takes frames already, of the other engine; nil but while the engine changes
}

// open opens a segment whose first frame is still, where there is one.
func (m *segmenter) open(hard context.Context, from beginning, still capture.Frame) (*segment, error) {
	s := m.next
	m.next = nil
	if s == nil {
		s = m.prepare(from, still)
	}
	if err := m.connect(hard, s); err != nil {
		s.stopFrames()
		return nil, err
	}
	return s, nil
}

// prepare makes a segment that can take frames, and has no encoder yet.
func (m *segmenter) prepare(from beginning, still capture.Frame) *segment {
	s := &segment{beginning: from, queue: encode.NewQueue(m.fps)}
	if m.size != (capture.Size{}) {
		s.video = video.NewGrid(from.start, m.fps, m.vfr, holdFor(from.engine), s.queue)
		s.video.ShowStill(still)
	}
	return s
}

// connect gives a segment its encoder, and the audio. The encoder before it has
// ended.
func (m *segmenter) connect(hard context.Context, s *segment) error {
	from := s.beginning
	if err := m.output.Follow(from.offset); err != nil {
		return &fault.Fault{Class: fault.ClassEncoder, Op: "go on with the file", Err: err}
	}
	var err error
	if s.enc, err = m.encoders.Take(hard, rawFrames(from.engine)); err != nil {
		return err
	}
	s.enc.WriteTo(m.output)
	s.audio = audio.NewTrack(from.start, from.offset, s.queue, m.hear, func(err error) {
		m.log.Warn("encoder does not take the audio", "error", err)
		s.enc.Kill() // the loop sees that it ended, and replaces it
	})
	m.tap.Attach(s.audio)
	return nil
}

// change has the frames come from another engine at once: the encoder of the
// engine that is left may take seconds for what it has, and another takes a second
// to start on a busy machine. Both go on meanwhile, and the queue of the next
// segment holds what comes.
func (m *segmenter) change(hard context.Context, s *segment, v verdict) {
	m.changing(v)
	// It is left because its queue grew: that is not waited for.
	s.video.Forget(s.queue.DropFrames())
	next := follow(v, s.beginning, 0)
	next.engine = v.request.to
	m.next = m.prepare(next, capture.Frame{}) // a frame of one engine is of no use to the other's encoder
	m.next.takeFrames(hard, m.router)
	if err := m.encoders.StartAhead(hard, rawFrames(next.engine)); err != nil {
		m.log.Debug("no encoder was started ahead", "error", err) // it is tried again when it is needed
	}
}

// abandon gives up a segment that was prepared and will not be recorded.
func (m *segmenter) abandon() {
	if m.next == nil {
		return
	}
	m.router.Show(nil)
	m.next.stopFrames()
	m.next.queue.DropFrames()
	m.next.release()
	m.next = nil
}

// record records a segment until await says that it ends, and returns once
// everything captured has been handed to its encoder, and the encoder has ended.
func (m *segmenter) record(hard context.Context, s *segment, await func() verdict) verdict {
	var writer errgroup.Group
	writer.Go(func() error { return s.enc.Encode(hard, s.queue, m.size) })
	if s.video != nil && s.stop == nil {
		s.takeFrames(hard, m.router)
	}

	v := await()
	if v.next == nextEnd {
		m.ending(hard)
	}
	s.audio.EndAt(v.end)
	if v.next == nextEngine {
		m.change(hard, s, v)
	}
	m.drain(hard, s, v)
	if v.next != nextEngine {
		m.router.Show(nil)
	}
	m.tap.Detach()
	s.stopFrames()
	if v.next == nextEngine {
		s.video.Forget(s.queue.DropFrames())
	}
	if s.video != nil {
		s.video.Finish(v.end)
	}
	s.audio.Finish(v.end)
	s.queue.Close()
	s.enc.AwaitEnd(hard)
	_ = writer.Wait() // a broken pipe: the encoder's own error tells why
	if err := s.enc.Wait(); err != nil && hard.Err() == nil && v.next != nextEncoder {
		v.fault = fault.First(v.fault, err)
	}
	return v
}

// drain waits until what was captured before the end has arrived. Of an engine that
// is left nothing more comes but audio.
func (m *segmenter) drain(hard context.Context, s *segment, v verdict) {
	end := v.end
	deadline := time.NewTimer(audioWait)
	defer deadline.Stop()
	var frames <-chan time.Time
	if s.video != nil && v.next != nextEngine {
		frames = time.After(max(0, end.Add(max(s.video.Hold, video.SettleAfter)).Sub(capture.Now())))
	}
	tick := time.NewTicker(video.CastTick)
	defer tick.Stop()
	for frames != nil || !m.tap.Reached(end) {
		select {
		case <-frames:
			frames = nil
		case <-deadline.C:
			return
		case <-hard.Done():
			return
		case <-s.enc.Done():
			return
		case <-tick.C:
		}
	}
}

// holdFor returns how long frames of an engine are held back.
func holdFor(engine string) time.Duration {
	if engine == sizing.EngineX11 {
		return video.GrabHold
	}
	return video.CastHold
}

// rawFrames tells whether the frames of an engine are raw; else they are JPEG.
func rawFrames(engine string) bool { return engine == sizing.EngineX11 }
