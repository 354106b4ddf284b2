package beam

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"beam/beam/fault"
	"beam/beam/machine"
	"beam/beam/sizing"
	"beam/capture"
	"beam/capture/ffmpeg"
	"beam/capture/h264"
	"beam/capture/matroska"
	"beam/capture/mp4"
)

// encoder is a running ffmpeg that waits for the stream of one segment.
type encoder struct {
	*ffmpeg.Process
	engine  string // whose frames it takes
	started capture.Time
	log     *slog.Logger
	outlet  outlet
	filler  *mp4.Filler // between ffmpeg and the outlet; nil where no grid is to be filled

	mu     sync.Mutex
	reason error // why it was killed
}

// outlet is where an encoder writes: ffmpeg is started before the room is
// ready, and the file is made when it is.
type outlet struct{ to atomic.Pointer[output] }

func (o *outlet) Write(b []byte) (int, error) {
	to := o.to.Load()
	if to == nil {
		return 0, errEncoderStuck // it writes nothing before it was given something
	}
	return to.Write(b)
}

// writeTo sets where the encoder writes. It must be called before the encoder
// is given anything.
func (e *encoder) writeTo(o *output) { e.outlet.to.Store(o) }

// codecOf returns in which form an engine's frames go to the encoder.
func codecOf(engine string) (matroska.Codec, ffmpeg.Codec) {
	if engine == sizing.EngineX11 {
		return matroska.I420, ffmpeg.I420
	}
	return matroska.MJPEG, ffmpeg.JPEG
}

// encoders starts the encoders of a recording: one ahead, while the room is
// joined, and one for each segment. It is used by one goroutine at a time.
type encoders struct {
	path string      // of ffmpeg
	spec ffmpeg.Spec // without the codec
	log  *slog.Logger

	ahead *encoder // not used yet; nil when there is none
}

// start starts an encoder for the frames of an engine. It has to be waited for.
func (c *encoders) start(hard context.Context, engine string) (*encoder, error) {
	spec := c.spec
	_, spec.Codec = codecOf(engine)
	args, err := ffmpeg.Args(spec)
	if err != nil {
		return nil, &fault.Fault{Class: fault.ClassInternal, Op: "start ffmpeg", Err: err}
	}
	e := &encoder{engine: engine, started: capture.Now(), log: c.log}
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

// startAhead starts an encoder that the first take gets.
func (c *encoders) startAhead(hard context.Context, engine string) (err error) {
	c.ahead, err = c.start(hard, engine)
	return err
}

// take returns an encoder for the frames of an engine: the one that was started
// ahead, if it is of use, or a new one.
func (c *encoders) take(hard context.Context, engine string) (*encoder, error) {
	ahead := c.ahead
	c.ahead = nil
	if ahead != nil {
		select {
		case <-ahead.Done():
		default:
			if ahead.engine == engine {
				return ahead, nil
			}
		}
		ahead.end()
	}
	return c.start(hard, engine)
}

// close ends an encoder that was started ahead and not used.
func (c *encoders) close() {
	if c.ahead != nil {
		c.ahead.end()
	}
}

// end ends an encoder that is not needed.
func (e *encoder) end() {
	e.Kill()
	_ = e.Process.Wait() // it was killed
}

// giveUp gives an encoder up, for a reason that its error will tell.
func (e *encoder) giveUp(reason error) {
	e.mu.Lock()
	if e.reason == nil {
		e.reason = reason
	}
	e.mu.Unlock()
	e.Kill()
}

// Wait waits for the end of the encoder and returns why it ended, nil for in
// order.
func (e *encoder) Wait() error {
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

// hangs tells whether the encoder hangs at now, when its work has been waiting
// for so long: ffmpeg tells of its progress twice a second as long as it gets
// something to do. The time it needs to start is not held against it. What has
// been waiting says nothing of one that was stopped: the pipe to it holds
// seconds.
func (e *encoder) hangs(now capture.Time, waiting time.Duration) bool {
	silent := now.Sub(max(e.started, e.Progress().At))
	return min(silent, waiting) >= silentAfter || silent >= stoppedAfter && anyStopped(e.PID(), 0)
}

// giveUpIfHung gives up an encoder that hangs, and returns why.
func (e *encoder) giveUpIfHung(now capture.Time, waiting time.Duration) error {
	if !e.hangs(now, waiting) {
		return nil
	}
	e.giveUp(errSilent)
	return errSilent
}

// anyStopped tells whether a process, or one of its descendants, was stopped by
// a signal or a debugger; except with its own does not count.
func anyStopped(pid, except int) bool {
	all, err := machine.ReadProcesses()
	if err != nil {
		return false
	}
	for _, p := range all.Tree(pid, func(pid int) bool { return pid == except }) {
		if p.Stopped() {
			return true
		}
	}
	return false
}

// errSilent is why an encoder is given up that hangs.
var errSilent = errors.New("ffmpeg does not answer")
