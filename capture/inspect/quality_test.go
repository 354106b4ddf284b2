package inspect

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"beam/capture"
)

func sine(pcm []float32, from, to, amplitude float64) {
	for i := int(from * capture.SampleRate); i < int(to*capture.SampleRate); i++ {
		pcm[i] = float32(max(-1, min(1, amplitude*math.Sin(2*math.Pi*440*float64(i)/capture.SampleRate))))
	}
}

func TestQualityOfSound(t *testing.T) {
	// 10 s: silence from 3 to 4.5 s and from 8 to 8.5 s, too loud from 6 to 7 s.
	pcm := make([]float32, 10*capture.SampleRate)
	sine(pcm, 0, 3, 0.1)
	sine(pcm, 4.5, 6, 0.1)
	sine(pcm, 6, 7, 1.5)
	sine(pcm, 7, 8, 0.1)
	sine(pcm, 8.5, 10, 0.1)
	path := ffmpeg(t, "a.mkv", append(pcmFile(t, pcm), "-c:a", "pcm_s16le")...)
	got, err := Tools{}.Quality(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	s := got.Sound
	if got.Picture != nil || got.Sync != nil || s == nil {
		t.Fatalf("report %+v", got)
	}
	near(t, "silence", s.SilentSeconds, 2, 0.03)
	near(t, "longest silence", s.LongestSilenceSeconds, 1.5, 0.02)
	near(t, "longest silence at", s.LongestSilenceAtSeconds, 3, 0.02)
	near(t, "peak", s.PeakDBFS, 0, 0.01)
	near(t, "duration", s.DurationSeconds, 10, 0.001)
	// A sine 1.5 high is beyond 1 for 1 - 2*asin(1/1.5)/pi = 53.5 % of the time.
	near(t, "clipped", float64(s.ClippedSamples), 0.535*capture.SampleRate, 500)
	// Its mean square is 0.7022.
	near(t, "mean", s.MeanDBFS, 10*math.Log10((7*0.005+0.7022)/10), 0.3)
	if s.Gaps != 0 || s.OverlapSeconds != 0 || s.DecodeErrors != 0 {
		t.Errorf("%+v", s)
	}
}

func TestQualityFindsHolesInTheSound(t *testing.T) {
	pcm := make([]float32, 6*capture.SampleRate)
	sine(pcm, 0, 6, 0.1)
	// What would be from 2.005 to 3.5 s is not in the file.
	path := ffmpeg(t, "a.mkv", append(pcmFile(t, pcm), "-af", "asetnsamples=240,aselect='not(between(t,2.004,3.498))'", "-c:a", "pcm_s16le")...)
	got, err := Tools{}.Quality(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	s := got.Sound
	if s.Gaps != 1 {
		t.Fatalf("%+v", s)
	}
	near(t, "hole", s.LongestGapMs, 1495, 6)
	near(t, "holes", s.GapSeconds, 1.495, 0.006)
	near(t, "hole at", s.LongestGapAtSeconds, 2.005, 0.006)
	near(t, "duration", s.DurationSeconds, 6-1.495, 0.006)
	near(t, "end", s.EndSeconds, 6, 0.006)
	near(t, "silence", s.SilentSeconds, 0, 0.02)
}

func TestQualityComparesStartAndEnd(t *testing.T) {
	pcm := make([]float32, 4*capture.SampleRate)
	sine(pcm, 0, 4, 0.1)
	// The picture lasts 5 s, the sound from 0.25 to 4.25 s.
	args := append([]string{"-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=5", "-itsoffset", "0.25"}, pcmFile(t, pcm)...)
	args = append(append(args, x264...), "-c:a", "aac", "-b:a", "128k", "-movflags", "faststart")
	path := ffmpeg(t, "a.mp4", args...)
	got, err := Tools{}.Quality(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	// ffmpeg lets the 1024 priming samples begin before the 250 ms here, and
	// pads the last AAC frame.
	near(t, "start", got.Sync.StartDifferenceMs, 250-21.3, 2)
	near(t, "end", got.Sync.EndDifferenceMs, -750, 22)
	near(t, "coverage", got.Sync.SoundCoverage, 4.0213/5, 0.005)
	if got.Picture.Distinct != 150 {
		t.Errorf("%+v", got.Picture)
	}
	out, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{`"distinct_per_second"`, `"silent_seconds"`, `"start_difference_ms"`, `"moov_first":true`} {
		if !strings.Contains(string(out), key) {
			t.Errorf("no %s in %s", key, out)
		}
	}
}

func TestQualityOfATruncatedFile(t *testing.T) {
	args := append([]string{"-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=6", "-f", "lavfi", "-i", "sine=440:d=6"}, x264...)
	whole := ffmpeg(t, "a.mp4", append(args, "-bf", "0", "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov")...)
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.mp4")
	if err := os.WriteFile(cut, data[:len(data)*3/5], 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Tools{}.Quality(t.Context(), cut)
	if err != nil {
		t.Fatal(err)
	}
	if !got.File.MP4.Broken || !got.File.MP4.Fragmented || got.File.MP4.AudioEditList {
		t.Errorf("boxes %+v", got.File.MP4)
	}
	if n := got.Picture.Pictures; n < 60 || n >= 150 {
		t.Errorf("%d pictures", n)
	}
}

func TestProbe(t *testing.T) {
	args := append([]string{"-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2", "-f", "lavfi", "-i", "sine=440:d=2"}, x264...)
	args = append(args, "-bf", "2", "-profile:v", "high", "-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709",
		"-c:a", "aac", "-ac", "2", "-ar", "48000", "-metadata", `comment={"id":"r1"}`, "-metadata", "title=T")
	for name, tt := range map[string]struct {
		flags string
		want  Boxes
	}{
		"faststart":  {"faststart", Boxes{MoovFirst: true, VideoEditList: true, AudioEditList: true, AudioSkip: 1024}},
		"moov last":  {"+write_colr", Boxes{VideoEditList: true, AudioEditList: true, AudioSkip: 1024}},
		"fragmented": {"frag_keyframe+empty_moov", Boxes{MoovFirst: true, Fragmented: true}},
	} {
		t.Run(name, func(t *testing.T) {
			path := ffmpeg(t, "a.mp4", append(slices.Clone(args), "-movflags", tt.flags)...)
			got, err := Tools{}.Probe(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			if *got.MP4 != tt.want {
				t.Errorf("boxes %+v", *got.MP4)
			}
			v, a := got.Video, got.Audio
			if v.Codec != "h264" || v.Profile != "High" || v.Width != 320 || v.Height != 180 || v.PixelFormat != "yuv420p" ||
				v.ColourMatrix != "bt709" || v.ColourPrimaries != "bt709" || v.ColourTransfer != "bt709" || v.NominalFPS < 24.5 || v.NominalFPS > 25.5 || !v.BFrames {
				t.Errorf("video %+v", v)
			}
			if a.Codec != "aac" || a.Profile != "LC" || a.SampleRate != 48000 || a.Channels != 2 || a.PrimingUnmarked != tt.want.Fragmented {
				t.Errorf("audio %+v", a)
			}
			near(t, "duration", got.DurationSeconds, 2, 0.1)
			if string(got.Comment) != `{"id":"r1"}` || got.Tags["title"] != "T" || got.VideoStreams != 1 || got.AudioStreams != 1 || len(got.Errors) != 0 {
				t.Errorf("%+v", got)
			}
			if stat, err := os.Stat(path); err != nil || stat.Size() != got.Bytes {
				t.Errorf("%d bytes", got.Bytes)
			}
		})
	}
}
