package beam

import "fmt"

// State is where a recording is in its life.
type State string

// The states of a recording.
const (
	StateStarting  State = "starting"  // sound server, browser
	StateJoining   State = "joining"   // the page loads and becomes ready
	StateRecording State = "recording" // frames and audio are being written
	StatePaused    State = "paused"    // nothing is being written until the recording is resumed
	StateStopping  State = "stopping"  // what is on its way is being written
	StateUploading State = "uploading" // the rest of the finished file goes to the bucket
	StateCompleted State = "completed" // the file is finished, and in the bucket if there is one
	StateFailed    State = "failed"    // the recording ended by a fault; the file may be there
)

// next lists the states that can follow each state.
var next = map[State][]State{
	StateStarting:  {StateJoining, StateUploading, StateFailed}, // the second where only an upload was left
	StateJoining:   {StateRecording, StateFailed},
	StateRecording: {StatePaused, StateStopping, StateFailed},
	StatePaused:    {StateRecording, StateStopping, StateFailed},
	StateStopping:  {StateUploading, StateCompleted, StateFailed},
	StateUploading: {StateCompleted, StateFailed},
	StateCompleted: {},
	StateFailed:    {},
}

// To returns the state to, or an error when it can't follow s.
func (s State) To(to State) (State, error) {
	for _, n := range next[s] {
		if n == to {
			return to, nil
		}
	}
	return s, fmt.Errorf("a recording can't go from %s to %s", s, to)
}
