package audio

import (
	"testing"
	"time"
)

func TestToFrame(t *testing.T) {
	const frame = 1024 * time.Second / 48000
	for offset, want := range map[time.Duration]time.Duration{
		0: 0, frame: 0, time.Nanosecond: 0, frame / 2: frame / 2, 3*frame + frame/4: 3 * frame / 4, time.Hour: 0,
	} {
		if got := toNextFrame(offset); (got - want).Abs() > 21*time.Microsecond {
			t.Errorf("%v after the start: %v, want %v", offset, got, want)
		}
	}
}
