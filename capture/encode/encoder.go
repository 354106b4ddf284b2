package encode

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"beam/capture"
	"beam/capture/ffmpeg"
	"beam/capture/h264"
	"beam/capture/matroska"
	"beam/capture/mp4"
)

// Encoder is a running ffmpeg that waits for the stream of one segment.
type Encoder struct {
	*ffmpeg.Process
	raw     bool // it takes I420 frames, else JPEG
	stopped func(pid int) bool
	started capture.Time // or given its work
	log     *slog.Logger
	outlet  outlet
	filler  *mp4.Filler // between ffmpeg and the outlet; nil where no grid is to be filled

	mu     sync.Mutex
	reason error // why it was killed
}

// outlet is where an encoder writes: ffmpeg is started before the room is
// ready, and the file is made when it is.
type outlet struct{ to atomic.Pointer[Output] }

func (o *outlet) Write(b []byte) (int, error) {
	to := o.to.Load()
	if to == nil {
		return 0, errEncoderStuck // it writes nothing before it was given something
	}
	return to.Write(b)
}

// WriteTo sets where the encoder writes. It must be called before the encoder
// is given anything, and its work is judged from then on.
func (e *Encoder) WriteTo(o *Output) {
	e.started = capture.Now()
	e.outlet.to.Store(o)
}

// codecOf returns in which form frames go to the encoder.
func codecOf(raw bool) (matroska.Codec, ffmpeg.Codec) {
	if raw {
		return matroska.I420, ffmpeg.I420
	}
	return matroska.MJPEG, ffmpeg.JPEG
}

// Encoders starts the encoders of a recording: one ahead, while the room is
// joined, and one for each segment. It is used by one goroutine at a time.
type Encoders struct {
	path    string             // of ffmpeg
	spec    ffmpeg.Spec        // without the codec
	stopped func(pid int) bool // tells whether a process or a descendant was stopped by a signal
	log     *slog.Logger

	ahead *Encoder // not used yet; nil when there is none
}

// NewEncoders returns what starts the encoders of a recording: path is ffmpeg's, the
// spec's codec is left to each of them, and stopped tells whether a process or one of
// its descendants was stopped by a signal.
func NewEncoders(path string, spec ffmpeg.Spec, stopped func(pid int) bool, log *slog.Logger) *Encoders {
	return &Encoders{path: path, spec: spec, stopped: stopped, log: log}
}

// start starts an encoder for raw or JPEG frames. It has to be waited for.
func (c *Encoders) start(hard context.Context, raw bool) (*Encoder, error) {
	spec := c.spec
	_, spec.Codec = codecOf(raw)
	args, err := ffmpeg.Args(spec)
	if err != nil {
		return nil, &capture.Fault{Class: capture.ClassInternal, Op: "start ffmpeg", Err: err}
	}
	e := &Encoder{raw: raw, stopped: c.stopped, started: capture.Now(), log: c.log}
	var to io.Writer = &e.outlet
	if spec.Size != (capture.Size{}) && !spec.VFR {
		e.filler = mp4.NewFiller(to, spec.FPS, func(config []byte) (mp4.Repeater, error) { return h264.NewRepeater(config) })
		to = e.filler
	}
	e.Process, err = ffmpeg.Start(hard, ffmpeg.Options{Path: c.path, Args: args, Output: to, Log: c.log})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// StartAhead starts an encoder that the first Take gets.
func (c *Encoders) StartAhead(hard context.Context, raw bool) (err error) {
	c.ahead, err = c.start(hard, raw)
	return err
}

// Take returns an encoder for raw or JPEG frames: the one that was started
// ahead, if it is of use, or a new one.
func (c *Encoders) Take(hard context.Context, raw bool) (*Encoder, error) {
	ahead := c.ahead
	c.ahead = nil
	if ahead != nil {
		select {
		case <-ahead.Done():
		default:
			if ahead.raw == raw {
				return ahead, nil
			}
		}
		ahead.End()
	}
	return c.start(hard, raw)
}

// Close ends an encoder that was started ahead and not used.
func (c *Encoders) Close() {
	if c.ahead != nil {
		c.ahead.End()
	}
}

// End ends an encoder that is not needed.
func (e *Encoder) End() {
	e.Kill()
	_ = e.Process.Wait() // it was killed
}

// giveUp gives an encoder up, for a reason that its error will tell.
func (e *Encoder) giveUp(reason error) {
	e.mu.Lock()
	if e.reason == nil {
		e.reason = reason
	}
	e.mu.Unlock()
	e.Kill()
}

// Wait waits for the end of the encoder and returns why it ended, nil for in
// order.
func (e *Encoder) Wait() error {
	err := e.Process.Wait()
	if e.filler != nil && e.filler.Plain() != nil {
		e.log.Warn("the file has no constant rate, only the frames that differ", "reason", e.filler.Plain())
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.reason != nil {
		return &capture.Fault{Class: capture.ClassEncoder, Op: "encode", Err: e.reason,
			Hint: "see whether something stopped ffmpeg, whether the machine is overloaded, or whether the disk of the output hangs"}
	}
	return err
}

// The times after which an encoder counts as hanging.
const (
	stoppedAfter = time.Second     // without a word, and the process is stopped (T in /proc/PID/stat)
	silentAfter  = 4 * time.Second // without a word although there is work
)

// hung tells whether an encoder hangs that has told nothing for so long (silent), and
// whose work has been waiting for so long: ffmpeg tells of its progress twice a
// second as long as it gets something to do. What has been waiting says nothing of one
// that was stopped: the pipe to it holds seconds.
func hung(silent, waiting time.Duration, stopped func() bool) bool {
	return min(silent, waiting) >= silentAfter || silent >= stoppedAfter && stopped()
}

// GiveUpIfHung gives up an encoder that hangs, and returns why.
func (e *Encoder) GiveUpIfHung(now capture.Time, waiting time.Duration) error {
	// The time that it needs to start is not held against it.
	silent := now.Sub(max(e.started, e.Progress().At))
	if !hung(silent, waiting, func() bool { return e.stopped(e.PID()) }) {
		return nil
	}
	e.giveUp(errSilent)
	return errSilent
}

// errSilent is why an encoder is given up that hangs.
var errSilent = errors.New("ffmpeg does not answer")
