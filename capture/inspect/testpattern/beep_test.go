package testpattern

import (
	"testing"
	"time"
)

func TestBeeps(t *testing.T) {
	const rate = 48000
	type beep struct {
		at, length time.Duration
		hz, level  float64
	}
	for name, tt := range map[string]struct {
		beeps []beep // what is to be heard
		found int    // of them, the first ones
		noise float32
		rate  int
	}{
		"clean":        {beeps: []beep{{time.Second, 60 * time.Millisecond, 1000, 0.25}}, found: 1},
		"at the start": {beeps: []beep{{0, 60 * time.Millisecond, 1000, 0.25}}, found: 1},
		"at the end":   {beeps: []beep{{2930 * time.Millisecond, 60 * time.Millisecond, 1000, 0.25}}, found: 1},
		"both tones": {beeps: []beep{
			{1234567 * time.Microsecond, 60 * time.Millisecond, 1000, 0.25},
			{2100 * time.Millisecond, 100 * time.Millisecond, 1500, 0.5},
		}, found: 2},
		"quiet":        {beeps: []beep{{time.Second, 60 * time.Millisecond, 1000, 0.006}}, found: 1, noise: 0.0005},
		"in noise":     {beeps: []beep{{time.Second, 60 * time.Millisecond, 1500, 0.1}}, found: 1, noise: 0.05},
		"over a voice": {beeps: []beep{{time.Second, 60 * time.Millisecond, 1000, 0.2}, {0, 3 * time.Second, 440, 0.2}}, found: 1},
		"44.1 kHz":     {beeps: []beep{{time.Second, 60 * time.Millisecond, 1000, 0.25}}, found: 1, rate: 44100},
		"noise only":   {noise: 0.3},
		"too short":    {beeps: []beep{{time.Second, 25 * time.Millisecond, 1000, 0.25}}},
		"too long":     {beeps: []beep{{time.Second, 400 * time.Millisecond, 1000, 0.25}}},
		"other tone":   {beeps: []beep{{time.Second, 60 * time.Millisecond, 2000, 0.25}}},
		"inaudible":    {beeps: []beep{{time.Second, 60 * time.Millisecond, 1000, 0.002}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := rate
			if tt.rate != 0 {
				r = tt.rate
			}
			pcm := make([]float32, 3*r)
			noise(pcm, tt.noise)
			for _, b := range tt.beeps {
				tone(pcm, r, b.at, b.length, b.hz, b.level)
			}
			got := Beeps(pcm, r)
			if len(got) != tt.found {
				t.Fatalf("found %+v, want %d", got, tt.found)
			}
			for i, b := range got {
				want := tt.beeps[i]
				near(t, "onset", milliseconds(b.At), milliseconds(want.at), 0.5)
				near(t, "length", milliseconds(b.Length), milliseconds(want.length), 1)
				near(t, "level", b.LevelDBFS, decibels(want.level), 1)
				if b.Hz != want.hz {
					t.Errorf("%v Hz", b.Hz)
				}
			}
		})
	}
}

// Every onset must be found, whatever its phase, and however the stream is cut.
func TestBeepFinderMissesNone(t *testing.T) {
	const rate, seconds = 48000, 120
	pcm := make([]float32, seconds*rate)
	noise(pcm, 0.0005)
	at := func(k int) time.Duration {
		return time.Duration(k)*time.Second + time.Duration(k)*317*time.Microsecond
	}
	for k := range seconds {
		tone(pcm, rate, at(k), 60*time.Millisecond, BeepHz, 0.2)
	}
	f := NewBeepFinder(rate)
	for i, n := 0, 1; i < len(pcm); i, n = i+n, n%2999+1 {
		f.Push(time.Duration(i)*time.Second/rate, pcm[i:min(i+n, len(pcm))])
	}
	got := f.Beeps()
	if len(got) != seconds {
		t.Fatalf("%d beeps", len(got))
	}
	for k, b := range got {
		near(t, "onset", milliseconds(b.At), milliseconds(at(k)), 0.3)
	}
}

// Times come from the stream: a hole moves what follows, and one in a beep
// spoils only that.
func TestBeepFinderFollowsTheTimes(t *testing.T) {
	const rate = 48000
	pcm := make([]float32, 4*rate)
	for k := range 4 {
		tone(pcm, rate, time.Duration(k)*time.Second+500*time.Millisecond, 60*time.Millisecond, BeepHz, 0.2)
	}
	f := NewBeepFinder(rate)
	f.Push(-time.Second, pcm[:rate])                        // the beep is at -0.5 s
	f.Push(10*time.Second, pcm[rate:2*rate+rate/2+rate/50]) // 10.5 s; and 20 ms of the one at 11.5 s
	f.Push(12*time.Second, pcm[3*rate:])                    // 12.5 s
	got := f.Beeps()
	if len(got) != 3 {
		t.Fatalf("found %+v", got)
	}
	for i, want := range []float64{-500, 10500, 12500} {
		near(t, "onset", milliseconds(got[i].At), want, 0.3)
	}
}

func TestBeepFinderOfNothing(t *testing.T) {
	if got := Beeps(nil, 48000); len(got) != 0 {
		t.Errorf("found %v", got)
	}
}

func FuzzBeeps(f *testing.F) {
	f.Add([]byte{0, 127, 255, 3}, 48000, 5)
	f.Add([]byte{}, 1, 0)
	f.Fuzz(func(t *testing.T, data []byte, rate, gap int) {
		if rate < 1 || rate > 200000 || len(data) > 1<<16 {
			return
		}
		pcm := make([]float32, len(data))
		for i, b := range data {
			pcm[i] = float32(int8(b)) / 128
		}
		finder := NewBeepFinder(rate)
		finder.Push(0, pcm)
		finder.Push(time.Duration(gap), pcm)
		for _, b := range finder.Beeps() {
			if b.Length < shortestBeep || b.Length > longestBeep {
				t.Errorf("beep %+v", b)
			}
		}
	})
}
