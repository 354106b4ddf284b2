package beam

import (
	"testing"
	"time"

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
	hd, fullHD := capture.Size{Width: 1280, Height: 720}, capture.Size{Width: 1920, Height: 1080}
	tests := []struct {
		name  string
		asked string
		m     machine
		size  capture.Size
		want  string
	}{
		{"asked for", EngineScreencast, machine{Cores: 1, Xvfb: true}, fullHD, EngineScreencast},
		{"two cores, 1080p", EngineAuto, machine{Cores: 2, Xvfb: true}, fullHD, EngineX11},
		{"two cores, 1080p, no Xvfb", EngineAuto, machine{Cores: 2}, fullHD, EngineScreencast},
		{"eight cores, 1080p", EngineAuto, machine{Cores: 8, Xvfb: true}, fullHD, EngineScreencast},
		{"two cores, 720p", EngineAuto, machine{Cores: 2, Xvfb: true}, hd, EngineScreencast},
		{"four cores, 720p", EngineAuto, machine{Cores: 4, Xvfb: true}, hd, EngineScreencast},
		{"half a core, 720p", EngineAuto, machine{Cores: 0.5, Xvfb: true}, hd, EngineX11},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, reason := chooseEngine(tt.asked, tt.m, tt.size, 30)
			if got != tt.want || reason == "" {
				t.Errorf("%s because %q, want %s", got, reason, tt.want)
			}
		})
	}
}

func TestChooseEncoder(t *testing.T) {
	hd, fullHD := capture.Size{Width: 1280, Height: 720}, capture.Size{Width: 1920, Height: 1080}
	if got := choosePreset(machine{Cores: 2}, EngineX11, fullHD, 30); got != "ultrafast" {
		t.Errorf("two cores at 1080p: %s, want ultrafast", got)
	}
	if got := choosePreset(machine{Cores: 16}, EngineScreencast, fullHD, 30); got != "veryfast" {
		t.Errorf("sixteen cores at 1080p: %s, want veryfast", got)
	}
	if got := chooseRate(hd, 30); got != 3_000_000 {
		t.Errorf("720p30: %d b/s, want 3 Mb/s", got)
	}
	if got := chooseRate(fullHD, 30); got != 4_500_000 {
		t.Errorf("1080p30: %d b/s, want 4.5 Mb/s", got)
	}
}

func TestParseCPUMax(t *testing.T) {
	for text, want := range map[string]float64{
		"150000 100000\n": 1.5, "max 100000\n": 0, "": 0, "100000": 0, "-1 100000": 0, "a b": 0, "100000 0": 0,
	} {
		if got, limited := parseCPUMax(text); got != want || limited != (want > 0) {
			t.Errorf("%q: %v, %v; want %v", text, got, limited, want)
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

func TestGrabRate(t *testing.T) {
	hd, fullHD := capture.Size{Width: 1280, Height: 720}, capture.Size{Width: 1920, Height: 1080}
	tests := []struct {
		cores     float64
		size      capture.Size
		fps, want int
	}{
		{2, hd, 30, 60}, {1, hd, 30, 60}, {0.5, hd, 30, 30}, {2, fullHD, 30, 60}, {1, fullHD, 30, 30},
		{8, hd, 60, 60}, {8, hd, 50, 60}, {4, hd, 15, 30},
	}
	for _, tt := range tests {
		if got := grabRate(machine{Cores: tt.cores}, tt.size, tt.fps); got != tt.want {
			t.Errorf("%v cores, %v, %d fps: grab %d times, want %d", tt.cores, tt.size, tt.fps, got, tt.want)
		}
	}
}
