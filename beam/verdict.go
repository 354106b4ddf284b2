package beam

import (
	"errors"
	"time"

	"beam/beam/fault"
	"beam/beam/source"
	"beam/capture"
	"beam/layout"
)

// step is what comes after a segment or a pause.
type step int

const (
	nextEnd     step = iota // the end of the recording
	nextPause               // a pause
	nextResume              // a segment
	nextEncoder             // a segment in the place of one whose encoder was lost
	nextEngine              // a segment with the frames of another engine
)

// verdict is how a segment or a pause ended, and what comes next.
type verdict struct {
	next    step
	end     capture.Time
	reason  string        // why the recording ends; with nextEnd only
	fault   error         // what ended it before its time
	request engineRequest // with nextEngine only
}

// live is what the loop needs of the segment that is being recorded.
type live interface {
	from() beginning
	encoderEnded() <-chan struct{}
	encoderFault() error                 // of an encoder that has ended; nil when it says that all is well
	checkEncoder(now capture.Time) error // gives up an encoder that hangs
}

// endVerdict ends the recording.
func endVerdict(end capture.Time, reason string, fault error) verdict {
	return verdict{next: nextEnd, end: end, reason: reason, fault: fault}
}

// messageNotice returns what the user should know of a message of the page, ""
// for nothing.
func messageNotice(m layout.Message) string {
	switch m.Type {
	case layout.MessageReconnecting:
		return "the room lost its connection and is connecting again"
	case layout.MessageReconnected:
		return "the room is connected again"
	case layout.MessageWaiting:
		return "the room put the recorder into its waiting room"
	case layout.MessageOpened:
		return "the page was loaded anew, or another one took its place"
	}
	return ""
}

// messageVerdict returns the verdict on a message of the page, false for one
// that does not end the recording.
func messageVerdict(now capture.Time, m layout.Message) (v verdict, ends bool) {
	switch m.Type {
	case layout.MessageStop:
		reason := ReasonPage
		if m.Text != "" {
			reason += ": " + m.Text
		}
		return endVerdict(now, reason, nil), true
	case layout.MessageFail, layout.MessageRefused:
		return endVerdict(now, ReasonFailure, &fault.Fault{Class: fault.ClassRoom, Op: "record the room", Err: errors.New("the page says: " + m.Text)}), true
	case layout.MessageEnded:
		return endVerdict(now, ReasonRoomEnded, nil), true
	case layout.MessageKicked:
		return endVerdict(now, ReasonKicked, nil), true
	}
	return verdict{}, false
}

// faultVerdict ends the recording by the fault of a goroutine. A page that
// closed itself is none.
func faultVerdict(now capture.Time, err error) verdict {
	if source.PageClosed(err) {
		return endVerdict(now, ReasonPageClosed, nil)
	}
	return endVerdict(now, ReasonFailure, err)
}

// commandVerdict is the verdict on a request to pause, or else to resume; from is
// the segment that is being recorded, nil in a pause. The error is for the user:
// the request is refused, and nothing ends.
func commandVerdict(now capture.Time, pause bool, from *beginning, fps int) (verdict, error) {
	switch {
	case pause && from == nil:
		return verdict{}, errors.New("it is paused already")
	case !pause && from != nil:
		return verdict{}, errors.New("it is not paused")
	case !pause:
		return verdict{next: nextResume, end: now}, nil
	}
	end := from.whole(now, fps)
	if end <= from.start {
		return verdict{}, errors.New("it has only just begun")
	}
	return verdict{next: nextPause, end: end}, nil
}

// engineVerdict ends a segment where the engine is to change; false where it has
// only just begun, or has that engine.
func engineVerdict(now capture.Time, from beginning, fps int, request engineRequest) (v verdict, ends bool) {
	end := from.whole(now, fps)
	if request.to == from.engine || end <= from.start {
		return verdict{}, false
	}
	return verdict{next: nextEngine, end: end, request: request}, true
}

// encoderVerdict is the verdict on an encoder that ended by itself, also on one
// that says that all is well.
func encoderVerdict(now capture.Time, cause error, replaceable bool) verdict {
	cause = fault.First(cause, &capture.Fault{Class: capture.ClassEncoder, Op: "encode", Err: source.ErrEnded("ffmpeg")})
	if !replaceable {
		return endVerdict(now, ReasonFailure, cause)
	}
	return verdict{next: nextEncoder, end: now, fault: cause}
}

// ruleFault is the fault of a recording that a rule ends where that is not what
// the user asked for.
func ruleFault(reason string) error {
	if reason != ReasonDiskFull {
		return nil
	}
	return &fault.Fault{Class: fault.ClassEncoder, Op: "write the recording", Err: errors.New("the disk is full"),
		Hint: "what was recorded so far is kept; free some space, or set --output to another disk"}
}

// follow returns where the segment begins that comes after one that ended by a
// verdict. written is how much media is in the file, on the recording's time.
func follow(v verdict, from beginning, written time.Duration) beginning {
	length := from.at(v.end)
	if v.next != nextEncoder {
		return beginning{start: v.end, offset: length}
	}
	// It begins with the last whole fragment of the lost encoder: the audio since
	// then is kept, and the last frame stands.
	offset := max(from.offset, min(length, written))
	return beginning{start: from.start.Add(offset - from.offset), offset: offset}
}
