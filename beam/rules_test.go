package beam

import (
	"testing"
	"time"

	"beam/beam/machine"
	"beam/capture"
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
		{StateStarting, StateFailed}: true, {StateJoining, StateFailed}: true,
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

func TestChooseEngine(t *testing.T) {
	for _, tt := range []struct {
		asked string
		xvfb  bool
		want  string
	}{
		{EngineScreencast, true, EngineScreencast},
		{EngineX11, true, EngineX11},
		{EngineAuto, true, EngineX11},
		{EngineAuto, false, EngineScreencast},
	} {
		// Neither cores nor speed decide: x11 is the cheaper one everywhere.
		for _, m := range []machineFacts{{Cores: 0.5, Xvfb: tt.xvfb}, {Cores: 64, Xvfb: tt.xvfb}} {
			got, reason := chooseEngine(tt.asked, m)
			if got != tt.want || reason == "" {
				t.Errorf("%s, Xvfb %v, %v cores: %s because %q, want %s", tt.asked, tt.xvfb, m.Cores, got, reason, tt.want)
			}
		}
	}
}

func TestChooseEncoder(t *testing.T) {
	hd, fullHD := capture.Size{Width: 1280, Height: 720}, capture.Size{Width: 1920, Height: 1080}
	if got := choosePreset(machineFacts{Cores: 2}, EngineX11, fullHD, 30); got != "ultrafast" {
		t.Errorf("two cores at 1080p: %s, want ultrafast", got)
	}
	if got := choosePreset(machineFacts{Cores: 16}, EngineScreencast, fullHD, 30); got != "veryfast" {
		t.Errorf("sixteen cores at 1080p: %s, want veryfast", got)
	}
	if got := choosePreset(machineFacts{Cores: 16, Speed: machine.Speed{ScreencastFactor: 8}}, EngineScreencast, fullHD, 30); got != "ultrafast" {
		t.Errorf("sixteen cores that are eight times slower: %s, want ultrafast", got)
	}
	if got := chooseRate(hd, 30); got != 3_000_000 {
		t.Errorf("720p30: %d b/s, want 3 Mb/s", got)
	}
	if got := chooseRate(fullHD, 30); got != 4_500_000 {
		t.Errorf("1080p30: %d b/s, want 4.5 Mb/s", got)
	}
}

func TestEncoderThreads(t *testing.T) {
	for cores, want := range map[float64]int{0.5: 1, 1: 1, 1.5: 2, 2: 2, 64: 16} {
		if got := (machineFacts{Cores: cores}).threads(); got != want {
			t.Errorf("%v cores: %d threads, want %d", cores, got, want)
		}
	}
}

func TestDecibels(t *testing.T) {
	for amplitude, want := range map[float64]float64{0: silenceDBFS, 32768: 0, 16384: -6, 1: -90.3} {
		if got := decibels(amplitude); got != want {
			t.Errorf("%v: %v dBFS, want %v", amplitude, got, want)
		}
	}
}
