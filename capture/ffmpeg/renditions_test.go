package ffmpeg_test

import (
	"testing"

	"beam/capture"
	"beam/capture/ffmpeg"
)

func renditions() ffmpeg.RenditionSpec {
	return ffmpeg.RenditionSpec{Input: "a:b.mp4", Audio: true, CopyAudio: true, FPS: 30, Preset: "veryfast", Threads: 2, Outputs: []ffmpeg.RenditionOutput{
		{Size: capture.Size{Width: 1280, Height: 720}, CRF: 23, MaxRate: 2_400_000}, {Size: capture.Size{Width: 426, Height: 240}, CRF: 23, MaxRate: 500_000},
	}}
}

func TestRenditionArgsGolden(t *testing.T) {
	encoded, silent := renditions(), renditions()
	encoded.CopyAudio, encoded.Threads = false, 0
	silent.Audio, silent.Outputs = false, silent.Outputs[1:]
	for name, s := range map[string]ffmpeg.RenditionSpec{"renditions": renditions(), "renditions-encoded": encoded, "renditions-silent": silent} {
		args, err := ffmpeg.RenditionArgs(s)
		if err != nil {
			t.Fatal(err)
		}
		checkGolden(t, name, args)
	}
}

func TestRenditionArgsRefuse(t *testing.T) {
	for name, spoil := range map[string]func(*ffmpeg.RenditionSpec){
		"odd":        func(s *ffmpeg.RenditionSpec) { s.Outputs[0].Size.Width++ },
		"no input":   func(s *ffmpeg.RenditionSpec) { s.Input = "" },
		"no outputs": func(s *ffmpeg.RenditionSpec) { s.Outputs = nil },
		"no rate":    func(s *ffmpeg.RenditionSpec) { s.FPS = 0 },
	} {
		s := renditions()
		spoil(&s)
		if args, err := ffmpeg.RenditionArgs(s); err == nil {
			t.Errorf("%s: %q", name, args)
		}
	}
}
