package beam

import (
	"strings"
	"testing"

	"beam/beam/fault"
	"beam/capture"
	"beam/capture/rendition"
)

// What can't be made of a recording is refused before it.
func TestCheckRenditions(t *testing.T) {
	for name, tt := range map[string]struct {
		sides rendition.Sides
		audio bool
		says  string // "" for fine
	}{
		"none":        {},
		"some larger": {sides: rendition.Sides{1080, 480}},
		"all larger":  {sides: rendition.Sides{1080}, says: "none is larger than the recording"},
		"audio":       {sides: rendition.Sides{240}, audio: true, says: "--audio-only"},
		"audio, none": {audio: true},
	} {
		s := Settings{Config: Config{Renditions: tt.sides, AudioOnly: tt.audio}, Size: capture.Size{Width: 1280, Height: 720}}
		err := s.checkRenditions()
		if (err != nil) != (tt.says != "") || err != nil && (!strings.Contains(err.Error(), tt.says) || fault.ClassOf(err) != fault.ClassUsage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
