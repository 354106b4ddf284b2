package beam

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"beam/beam/fault"
	"beam/beam/sizing"
	"beam/capture"
	"beam/capture/chrome"
	"beam/layout"
)

func TestMessageVerdict(t *testing.T) {
	for _, tt := range []struct {
		m      layout.Message
		ends   bool
		reason string
		class  fault.Class
		notice string
	}{
		{m: layout.Message{Type: layout.MessageStop}, ends: true, reason: ReasonPage},
		{m: layout.Message{Type: layout.MessageStop, Text: "over"}, ends: true, reason: ReasonPage + ": over"},
		{m: layout.Message{Type: layout.MessageEnded}, ends: true, reason: ReasonRoomEnded},
		{m: layout.Message{Type: layout.MessageKicked}, ends: true, reason: ReasonKicked},
		{m: layout.Message{Type: layout.MessageFail, Text: "x"}, ends: true, reason: ReasonFailure, class: fault.ClassRoom},
		{m: layout.Message{Type: layout.MessageRefused, Text: "x"}, ends: true, reason: ReasonFailure, class: fault.ClassRoom},
		{m: layout.Message{Type: layout.MessageReconnecting}, notice: "connecting again"},
		{m: layout.Message{Type: layout.MessageReconnected}, notice: "connected again"},
		{m: layout.Message{Type: layout.MessageWaiting}, notice: "waiting room"},
		{m: layout.Message{Type: layout.MessageReady}},
	} {
		v, ends := messageVerdict(7, tt.m)
		if ends != tt.ends || v.reason != tt.reason || fault.ClassOf(v.fault) != tt.class || ends && (v.next != nextEnd || v.end != 7) {
			t.Errorf("%s: %+v, ends %v", tt.m.Type, v, ends)
		}
		if got := messageNotice(tt.m); !strings.Contains(got, tt.notice) || (got == "") != (tt.notice == "") {
			t.Errorf("%s: notice %q", tt.m.Type, got)
		}
	}
}

func TestFaultVerdict(t *testing.T) {
	if v := faultVerdict(1, chrome.ErrPageClosed); v.reason != ReasonPageClosed || v.fault != nil {
		t.Errorf("a page that closed itself: %+v", v)
	}
	lost := errors.New("lost")
	if v := faultVerdict(1, lost); v.reason != ReasonFailure || !errors.Is(v.fault, lost) {
		t.Errorf("a fault: %+v", v)
	}
}

func TestCommandVerdict(t *testing.T) {
	from := &beginning{start: capture.Time(time.Second)}
	for name, tt := range map[string]struct {
		after  time.Duration // since the segment began
		pause  bool
		paused bool
		next   step
		end    time.Duration
		says   string
	}{
		"pause on the grid":    {after: 1049 * time.Millisecond, pause: true, next: nextPause, end: 31 * time.Second / 30},
		"pause at once":        {after: 10 * time.Millisecond, pause: true, says: "only just begun"},
		"pause in a pause":     {pause: true, paused: true, says: "paused already"},
		"resume":               {after: time.Hour, paused: true, next: nextResume, end: time.Hour},
		"resume without pause": {after: time.Hour, says: "not paused"},
	} {
		segment := from
		if tt.paused {
			segment = nil
		}
		v, err := commandVerdict(from.start.Add(tt.after), tt.pause, segment, 30)
		switch {
		case tt.says != "":
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s: %v, want %q", name, err, tt.says)
			}
		case err != nil || v.next != tt.next || v.end.Sub(from.start) != tt.end:
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}

func TestEngineVerdict(t *testing.T) {
	from := beginning{engine: sizing.EngineScreencast}
	toX11 := engineRequest{to: sizing.EngineX11, reason: "slow"}
	if v, ends := engineVerdict(capture.Time(time.Second), from, 30, toX11); !ends || v.next != nextEngine || v.end != capture.Time(time.Second) || v.request != toX11 {
		t.Errorf("%+v, %v", v, ends)
	}
	if _, ends := engineVerdict(capture.Time(time.Second), from, 30, engineRequest{to: sizing.EngineScreencast}); ends {
		t.Error("changed to the engine that it has")
	}
	if _, ends := engineVerdict(1, from, 30, toX11); ends {
		t.Error("an empty segment was ended")
	}
}

func TestEncoderVerdict(t *testing.T) {
	broken := errors.New("broken")
	if v := encoderVerdict(3, broken, true); v.next != nextEncoder || !errors.Is(v.fault, broken) || v.reason != "" {
		t.Errorf("replaceable: %+v", v)
	}
	if v := encoderVerdict(3, nil, true); v.next != nextEncoder || v.fault == nil {
		t.Errorf("one that says that all is well: %+v", v)
	}
	if v := encoderVerdict(3, broken, false); v.next != nextEnd || v.reason != ReasonFailure || !errors.Is(v.fault, broken) {
		t.Errorf("not replaceable: %+v", v)
	}
}

func TestRuleFault(t *testing.T) {
	if fault.ClassOf(ruleFault(ReasonDiskFull)) != fault.ClassEncoder || ruleFault(ReasonDuration) != nil {
		t.Error("only a full disk is a fault")
	}
}

// A segment goes on where the one before ended, but after a lost encoder with the
// last whole fragment of it.
func TestFollow(t *testing.T) {
	second := capture.Time(time.Second)
	from := beginning{start: 10 * second, offset: 4 * time.Second}
	for name, tt := range map[string]struct {
		next    step
		written time.Duration
		want    beginning
	}{
		"pause":                             {nextPause, 0, beginning{start: 16 * second, offset: 10 * time.Second}},
		"engine":                            {nextEngine, 0, beginning{start: 16 * second, offset: 10 * time.Second}},
		"encoder":                           {nextEncoder, 8 * time.Second, beginning{start: 14 * second, offset: 8 * time.Second}},
		"encoder that wrote nothing":        {nextEncoder, 2 * time.Second, beginning{start: 10 * second, offset: 4 * time.Second}},
		"encoder that wrote more than that": {nextEncoder, time.Minute, beginning{start: 16 * second, offset: 10 * time.Second}},
	} {
		got := follow(verdict{next: tt.next, end: 16 * second}, from, tt.written)
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(beginning{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
