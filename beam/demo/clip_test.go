//go:build e2e

package demo

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4/pkg/media/oggwriter"

	"beam/capture/inspect/testpattern"
)

func decode(t *testing.T, stdin []byte, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ffmpeg", append([]string{"-v", "error", "-threads", "1"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(stdin), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, &stderr)
	}
	return out
}

// decodePictures returns each step-th picture of a clip's file.
func decodePictures(t *testing.T, r pictureRecipe, step int) []*testpattern.RGB {
	t.Helper()
	raw := decode(t, nil, "-i", filepath.Join(cacheDir(t), r.name+".ivf"),
		"-vf", fmt.Sprintf("select=not(mod(n\\,%d))", step), "-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
	size, want := 3*r.width*r.height, (r.pictures+step-1)/step
	if len(raw) != want*size {
		t.Fatalf("%s: %d bytes decoded, want %d pictures", r.name, len(raw), want)
	}
	var all []*testpattern.RGB
	for part := range slices.Chunk(raw, size) {
		all = append(all, testpattern.NewRGB(part, r.width, r.height))
	}
	return all
}

func gray(p *testpattern.RGB) *image.Gray {
	g := image.NewGray(p.Rect)
	for i, to, from := 0, g.Pix, p.Pix; i < len(to); i, from = i+1, from[3:] {
		to[i] = uint8((int(from[0])*299 + int(from[1])*587 + int(from[2])*114) / 1000)
	}
	return g
}

// What is in the cache is what the painters paint now (else clipVersion has to
// be raised), the strip of each picture can be read, and people can be told by
// their colour.
func TestPictureClips(t *testing.T) {
	const step = 37
	pictures, _ := recipes()
	people := map[string]Participant{}
	for _, p := range Participants() {
		people[p.ID], people[busyName(p.ID)] = p, p
	}
	for _, r := range pictures {
		t.Run(r.name, func(t *testing.T) {
			paint := must(r.paint())
			want := r.frame()
			for i, got := range decodePictures(t, r, step) {
				n := i * step
				paint(want, n)
				// The busy pattern is more than its bit rate can carry.
				if d := meanDifference(got, want); d > 12 {
					t.Errorf("picture %d differs from the painted one by %.1f levels on average", n, d)
				}
				if r.name != screenName {
					number, err := testpattern.ReadStrip(gray(got), testpattern.ClipRect(got.Rect), testpattern.Picture)
					if err != nil || number != uint32(n) {
						t.Errorf("picture %d: strip says %d, %v", n, number, err)
					}
				}
				if p, ok := people[r.name]; ok {
					for _, other := range Participants() {
						share := testpattern.Share(got, got.Rect, other.Color, 12)
						if other.ID == p.ID && share < 0.6 {
							t.Errorf("picture %d: only %.0f %% has %s's colour", n, 100*share, p.ID)
						} else if other.ID != p.ID && share > 0.01 {
							t.Errorf("picture %d: %.0f %% has %s's colour", n, 100*share, other.ID)
						}
					}
				} else if r.name == screenName {
					if share := testpattern.Share(got, got.Rect, ScreenColor(), 12); share < 0.6 {
						t.Errorf("picture %d: only %.0f %% has the screen's colour", n, 100*share)
					}
				}
			}
		})
	}
}

func meanDifference(a *testpattern.RGB, b *image.RGBA) float64 {
	sum, n := 0, 0
	// Every seventh pixel tells as much as all of them.
	for i := 0; i < len(a.Pix)/3; i += 7 {
		for c := range 3 {
			d := int(a.Pix[3*i+c]) - int(b.Pix[4*i+c])
			sum += max(d, -d)
			n++
		}
	}
	return float64(sum) / float64(n)
}

// heard returns what a receiver hears of a looping sound: the packets of some
// loops, decoded without the pre-skip that RTP has no field for.
func heard(t *testing.T, c *clip, loops int) []float32 {
	t.Helper()
	var file bytes.Buffer
	w := must(oggwriter.NewWith(&file, soundRate, 1))
	for n := range int64(loops * len(c.packets)) {
		p := &rtp.Packet{Payload: c.packets[n%int64(len(c.packets))]}
		p.Timestamp = c.ticks(n)
		if err := w.WriteRTP(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	// The writer always notes a pre-skip of 3840 samples (byte 10 of OpusHead),
	// which the decoder leaves out. They are 4 packets: put silence there.
	const skipped = 3840
	at := bytes.Index(file.Bytes(), []byte("OpusHead"))
	if skip := binary.LittleEndian.Uint16(file.Bytes()[at+10:]); skip != skipped {
		t.Fatalf("the writer's pre-skip is %d", skip)
	}
	raw := decode(t, file.Bytes(), "-c:a", "libopus", "-f", "ogg", "-i", "pipe:0", "-ac", "1", "-f", "s16le", "-")
	pcm := make([]float32, skipped+len(raw)/2)
	for n := range len(raw) / 2 {
		pcm[skipped+n] = float32(int16(binary.LittleEndian.Uint16(raw[2*n:]))) / 32768
	}
	return pcm
}

func TestLoopedSoundOfThePeople(t *testing.T) {
	l := cachedClips(t)
	var tones []float64
	for _, p := range Participants() {
		tones = append(tones, p.ToneHz)
	}
	for who, p := range Participants() {
		t.Run(p.ID, func(t *testing.T) {
			const window = 100 * time.Millisecond
			windows := testpattern.Tones(heard(t, l.sounds[p.ID], 2), soundRate, tones, window)
			if len(windows) < 195 {
				t.Fatalf("%d windows of 2 loops", len(windows))
			}
			for _, w := range windows[1:] {
				for i, db := range w.LevelsDBFS {
					// The windows at the edges of a turn are half loud.
					in, out := speaks(who, w.At), speaks(who, w.At+window-1)
					switch {
					case i == who && in && out && (db < -13.5 || db > -11):
						t.Errorf("at %v the own tone has %.1f dBFS", w.At, db)
					case i == who && !in && !out && db > -60:
						t.Errorf("at %v the tone has %.1f dBFS where there should be silence", w.At, db)
					case i != who && db > -50:
						t.Errorf("at %v the tone %.0f Hz has %.1f dBFS", w.At, tones[i], db)
					}
				}
			}
		})
	}
}

// The flash and the beep of the lip-sync clip begin at the same instant, in
// every loop.
func TestLipSyncClip(t *testing.T) {
	pictures, _ := recipes()
	var levels []testpattern.Level
	for _, r := range pictures {
		if r.name != clapper.ID {
			continue
		}
		for n, p := range decodePictures(t, r, 1) {
			g := gray(p)
			levels = append(levels, testpattern.Level{
				At:         time.Duration(n) * time.Second / clipFPS,
				Brightness: testpattern.Brightness(g, image.Rect(200, 100, 440, 260)),
			})
		}
	}
	for n, l := range levels {
		if white := n%clipFPS < flashPictures; white && l.Brightness < 225 || !white && l.Brightness > 30 {
			t.Errorf("picture %d has a brightness of %.0f", n, l.Brightness)
		}
	}
	beeps := testpattern.Beeps(heard(t, cachedClips(t).sounds[clapper.ID], 2), soundRate)
	// The beep at 0 has no silence before it.
	if len(beeps) < 19 {
		t.Fatalf("%d beeps in 20 s", len(beeps))
	}
	worst := 0.0
	for _, b := range beeps {
		off := (b.At - b.At.Round(time.Second)).Seconds() * 1000
		if worst = max(worst, math.Abs(off)); math.Abs(off) > 1 {
			t.Errorf("beep at %v, %.2f ms off its flash", b.At, off)
		}
		if b.Length < 98*time.Millisecond || b.Length > 102*time.Millisecond {
			t.Errorf("beep at %v lasts %v", b.At, b.Length)
		}
	}
	t.Logf("%d beeps, at most %.2f ms off", len(beeps), worst)
}
