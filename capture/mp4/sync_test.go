package mp4

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
)

// A flash and a beep that begin at the same instants, each second but the
// first, must come out together: within a millisecond, where AAC's priming
// alone would be 21.
func TestFlashAndBeep(t *testing.T) {
	flash := []string{"-f", "lavfi", "-i", "color=black:s=64x64:r=30:d=5,geq=lum='if(gte(T,0.99)*lt(mod(T+0.001,1),0.2),235,16)':cb=128:cr=128"}
	beep := []string{"-f", "lavfi", "-i", "aevalsrc='if(gte(t,1)*lt(mod(t,1),0.2),0.9*sin(2*PI*2000*t),0)':s=48000:d=5"}
	for _, c := range []struct {
		name  string
		flags string
		args  []string
		only  bool    // run in the exhaustive lane only
		raw   float64 // how late the sound of the encoder's own output is, seconds
	}{
		{
			name:  "zeroed, no B-frames",
			flags: "+default_base_moof+negative_cts_offsets",
			args:  join(flash, beep, []string{"-bf", "0"}),
			raw:   1024. / 48000,
		},
		{
			name:  "zeroed, B-frames",
			only:  true,
			flags: "+default_base_moof+negative_cts_offsets",
			args:  join(flash, beep, []string{"-bf", "2"}),
		},
		{
			name:  "stretched, B-frames",
			flags: "+default_base_moof",
			args:  join(flash, beep, []string{"-bf", "2"}),
		},
		{
			name:  "stretched, no B-frames",
			only:  true,
			flags: "+default_base_moof",
			args:  join(flash, beep, []string{"-bf", "0"}),
		},
		{
			name:  "absolute, seconds since boot",
			flags: "+default_base_moof+negative_cts_offsets+frag_discont",
			args:  join([]string{"-copyts"}, at("86400", flash), at("86400", beep), []string{"-bf", "2"}),
		},
		{
			name:  "absolute, sound begins later",
			only:  true,
			flags: "+default_base_moof+negative_cts_offsets+frag_discont",
			args: join([]string{"-copyts"}, at("86400", flash), at("86400", beep),
				[]string{"-af", "atrim=start=86400.37", "-bf", "0"}),
		},
	} {
		if c.only && !exhaustive {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			data := encode(t, c.flags, c.args...)
			if c.raw != 0 {
				// The test can see the fault that it is about.
				for _, late := range lateness(t, write(t, data)) {
					if math.Abs(late-c.raw) > 0.001 {
						t.Errorf("raw: sound %+.4f s, want %+.4f", late, c.raw)
					}
				}
			}
			path, _ := finished(t, data, Options{Reserve: 64 << 10})
			all := lateness(t, path)
			if len(all) != 4 {
				t.Errorf("%d flashes with a beep, want 4", len(all))
			}
			for i, late := range all {
				t.Logf("%d: sound %+.2f ms", i, 1000*late)
				if math.Abs(late) > 0.001 {
					t.Errorf("flash %d: sound %+.4f s late", i, late)
				}
			}
		})
	}
}

// lateness returns, for each flash, by how much the beep follows it: seconds.
func lateness(t *testing.T, path string) (late []float64) {
	t.Helper()
	var times []float64
	for _, p := range packets(t, path, "v") {
		times = append(times, p.PTS)
	}
	// Frames are 1/30 s apart in these recordings, so the n-th lies n/30 behind
	// the first, but ffmpeg may have stretched the first one.
	const side = 64 * 64
	gray := run(t, "ffmpeg", "-v", "error", "-copyts", "-i", path, "-map", "0:v", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-")
	slices.Sort(times)
	// first_pts=0 makes the n-th sample the one presented at n/48000.
	pcm := run(t, "ffmpeg", "-v", "error", "-copyts", "-i", path, "-map", "0:a", "-af", "aresample=async=1:first_pts=0", "-ac", "1", "-f", "s16le", "-")
	bright := false
	from := 0
	for n := 0; (n+1)*side <= len(gray); n++ {
		is := gray[n*side+side/2] > 128
		if is && !bright {
			onset, ok := beepAfter(pcm, max(from, int((times[n]-0.3)*48000)))
			if ok {
				late = append(late, float64(onset)/48000-times[n])
				from = onset + 24000
			}
		}
		bright = is
	}
	return late
}

// beepAfter returns the first loud sample.
func beepAfter(pcm []byte, from int) (int, bool) {
	for i := max(from, 0); 2*i+1 < len(pcm); i++ {
		v := int16(binary.LittleEndian.Uint16(pcm[2*i:]))
		if v > 8000 || v < -8000 {
			return i, true
		}
	}
	return 0, false
}
