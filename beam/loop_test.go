package beam

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"beam/capture"
	"beam/layout"
)

// fakeSegment is a segment without an encoder, or with one that ends.
type fakeSegment struct {
	beginning
	ended chan struct{}
	looks int // for an encoder that hangs
}

func (s *fakeSegment) from() beginning               { return s.beginning }
func (s *fakeSegment) encoderEnded() <-chan struct{} { return s.ended }
func (s *fakeSegment) encoderFault() error           { return errors.New("killed") }
func (s *fakeSegment) checkEncoder(capture.Time) error {
	s.looks++
	return nil
}

// bench is a loop with everything that it hears from, on the clock of the bubble.
type bench struct {
	*loop
	messages chan layout.Message
	requests chan command
	engines  chan engineRequest
	faults   chan error
	told     []string
	progress int
	start    capture.Time
}

func newBench(rules stopRules) *bench {
	b := &bench{
		messages: make(chan layout.Message, 4), requests: make(chan command), engines: make(chan engineRequest, 1), faults: make(chan error, 1),
	}
	b.loop = &loop{
		now: func() capture.Time { return capture.Time(time.Now().UnixNano()) }, rules: rules, fps: 30,
		messages: b.messages, requests: b.requests, engines: b.engines, faults: b.faults,
		notice:      func(format string, args ...any) { b.told = append(b.told, fmt.Sprintf(format, args...)) },
		replaceable: func(capture.Time) bool { return true },
		pausing:     func(capture.Time) { b.told = append(b.told, "pausing") },
		watch:       func() {},
		progress:    func(capture.Time, time.Duration, live) { b.progress++ },
	}
	b.start = b.now()
	b.facts = func(now capture.Time, s live) stopFacts {
		f := stopFacts{Elapsed: now.Sub(b.start)}
		if s != nil {
			f.Recorded = s.from().at(now)
		}
		return f
	}
	return b
}

func (b *bench) segment() *fakeSegment {
	return &fakeSegment{beginning: beginning{start: b.now(), engine: "screencast"}, ended: make(chan struct{})}
}

func TestLoopEndsByRule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(stopRules{Duration: 2050 * time.Millisecond, MaxDuration: time.Hour})
		s := b.segment()
		v := b.await(t.Context(), t.Context(), s)
		if v.reason != ReasonDuration || v.end.Sub(s.start) != 2050*time.Millisecond {
			t.Errorf("%+v: not the length asked for, but %v", v, v.end.Sub(s.start))
		}
		if b.progress != 2 || s.looks < 20 {
			t.Errorf("told %d times in two seconds, looked %d times at the encoder", b.progress, s.looks)
		}
	})
}

func TestLoopStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(stopRules{MaxDuration: time.Hour})
		stop, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		if v := b.await(stop, t.Context(), b.segment()); v.reason != ReasonAsked || v.end.Sub(b.start) != time.Minute {
			t.Errorf("%+v", v)
		}
	})
}

func TestLoopHearsThePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(stopRules{MaxDuration: time.Hour})
		b.messages <- layout.Message{Type: layout.MessageReconnecting}
		b.messages <- layout.Message{Type: layout.MessageEnded}
		if v := b.await(t.Context(), t.Context(), b.segment()); v.reason != ReasonRoomEnded || len(b.told) != 1 {
			t.Errorf("%+v, told %q", v, b.told)
		}
	})
}

func TestLoopReplacesTheEncoder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(stopRules{MaxDuration: time.Hour})
		s := b.segment()
		time.AfterFunc(time.Second, func() { close(s.ended) })
		if v := b.await(t.Context(), t.Context(), s); v.next != nextEncoder || v.end.Sub(s.start) != time.Second {
			t.Errorf("%+v", v)
		}
		b.replaceable = func(capture.Time) bool { return false }
		if v := b.await(t.Context(), t.Context(), s); v.next != nextEnd || v.reason != ReasonFailure || v.fault == nil {
			t.Errorf("not replaceable: %+v", v)
		}
	})
}

func TestLoopPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(stopRules{MaxDuration: time.Hour})
		ask := func(after time.Duration, pause bool) <-chan error {
			answer := make(chan error, 1)
			time.AfterFunc(after, func() { b.requests <- command{pause: pause, answer: answer} })
			return answer
		}
		refused, paused := ask(100*time.Millisecond, false), ask(time.Second, true)
		if v := b.await(t.Context(), t.Context(), b.segment()); v.next != nextPause || len(b.told) != 1 {
			t.Errorf("%+v, told %q", v, b.told)
		}
		if <-refused == nil || <-paused != nil {
			t.Error("a recording that was not paused was resumed, or not paused")
		}
		again, resumed := ask(time.Second, true), ask(time.Minute, false)
		b.engines <- engineRequest{to: "x11"} // waits for the next segment
		if v := b.await(t.Context(), t.Context(), nil); v.next != nextResume {
			t.Errorf("%+v", v)
		}
		if <-again == nil || <-resumed != nil {
			t.Error("a pause was paused, or not resumed")
		}
		s := b.segment()
		s.start -= capture.Time(time.Second)
		if v := b.await(t.Context(), t.Context(), s); v.next != nextEngine || v.request.to != "x11" {
			t.Errorf("%+v", v)
		}
	})
}

func TestLoopEndsByFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(stopRules{MaxDuration: time.Hour})
		lost := errors.New("lost")
		b.faults <- lost
		if v := b.await(t.Context(), t.Context(), nil); v.reason != ReasonFailure || !errors.Is(v.fault, lost) {
			t.Errorf("%+v", v)
		}
	})
}
