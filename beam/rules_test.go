package beam

import (
	"testing"
	"time"

	"beam/beam/report"
)

func TestStopRules(t *testing.T) {
	limited := stopRules{Duration: 10 * time.Second, MaxDuration: time.Minute, MinFree: 100}
	meeting := stopRules{MaxDuration: time.Minute, Idle: 5 * time.Second, Silence: 6 * time.Second, Reconnect: 7 * time.Second}
	open := stopRules{MaxDuration: time.Minute, MinFree: 100}
	tests := []struct {
		name  string
		rules stopRules
		facts stopFacts
		want  string
	}{
		{"under way", limited, stopFacts{Recorded: 9999 * time.Millisecond}, ""},
		{"duration", limited, stopFacts{Recorded: 10 * time.Second}, ReasonDuration},
		{"no duration", open, stopFacts{Recorded: 30 * time.Second}, ""},
		{"max duration", open, stopFacts{Elapsed: time.Minute}, ReasonMaxDuration},
		{"a pause counts for max duration", limited, stopFacts{Recorded: time.Second, Elapsed: time.Minute}, ReasonMaxDuration},
		{"both: the duration", stopRules{Duration: time.Minute, MaxDuration: time.Minute}, stopFacts{Recorded: time.Minute, Elapsed: time.Minute}, ReasonDuration},
		{"alone", meeting, stopFacts{Empty: 5 * time.Second}, ReasonLastLeft},
		{"alone for a while", meeting, stopFacts{Empty: 4 * time.Second}, ""},
		{"silent", meeting, stopFacts{Silent: 6 * time.Second}, ReasonSilence},
		{"lost", meeting, stopFacts{Disconnected: 7 * time.Second}, ReasonLost},
		{"alone because lost", meeting, stopFacts{Disconnected: 7 * time.Second, Empty: 7 * time.Second}, ReasonLost},
		{"no such limits", open, stopFacts{Empty: time.Hour, Silent: time.Hour, Disconnected: time.Hour}, ""},
		{"disk", open, stopFacts{Free: 99, FreeOK: true}, ReasonDiskFull},
		{"disk with room", open, stopFacts{Free: 100, FreeOK: true}, ""},
		{"disk unknown", open, stopFacts{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, stop := tt.rules.decide(tt.facts)
			if got != tt.want || stop != (tt.want != "") {
				t.Errorf("decided %q, %v; want %q", got, stop, tt.want)
			}
		})
	}
	if limited.limit() != 10*time.Second || open.limit() != time.Minute {
		t.Error("the limit is not the shorter of the two")
	}
}

func TestStates(t *testing.T) {
	states := []State{StateStarting, StateJoining, StateRecording, StatePaused, StateStopping, StateUploading, StateCompleted, StateFailed}
	allowed := map[[2]State]bool{
		{StateStarting, StateJoining}: true, {StateJoining, StateRecording}: true,
		{StateRecording, StateStopping}: true, {StateStopping, StateCompleted}: true,
		{StateRecording, StatePaused}: true, {StatePaused, StateRecording}: true, {StatePaused, StateStopping}: true, {StatePaused, StateFailed}: true,
		{StateStarting, StateFailed}: true, {StateJoining, StateFailed}: true, {StateStarting, StateUploading}: true,
		{StateRecording, StateFailed}: true, {StateStopping, StateFailed}: true,
		{StateStopping, StateUploading}: true, {StateUploading, StateCompleted}: true, {StateUploading, StateFailed}: true,
	}
	for _, from := range states {
		for _, to := range states {
			got, err := from.To(to)
			if want := allowed[[2]State{from, to}]; want != (err == nil) {
				t.Errorf("%s to %s: %v", from, to, err)
			} else if want && got != to || !want && got != from {
				t.Errorf("%s to %s ended in %s", from, to, got)
			}
		}
	}
}

func TestFileChapters(t *testing.T) {
	if n := len(fileChapters(make([]report.Chapter, 400))); n != mostChapters {
		t.Errorf("%d chapters, an MP4 lists %d", n, mostChapters)
	}
}
