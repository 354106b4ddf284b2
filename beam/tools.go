package beam

import (
	"os"

	"beam/beam/sizing"
	"beam/capture/chrome"
	"beam/capture/ffmpeg"
	"beam/capture/inspect"
	"beam/capture/pulse"
	"beam/capture/x11"
)

// findTools returns the paths of the programs that the settings need, and a
// fault of the class environment for the first that is missing. Xvfb counts
// only where the engine is x11; for auto its absence settles the choice.
func findTools(s Settings) (Tools, error) {
	t := s.Tools
	var err error
	if t.Chrome, err = chrome.Find(t.Chrome); err != nil {
		return t, err
	}
	if t.FFmpeg, err = ffmpeg.Find(t.FFmpeg); err != nil {
		return t, err
	}
	if t.PulseAudio, err = pulse.Find(t.PulseAudio); err != nil {
		return t, err
	}
	xvfb, err := x11.Find(t.Xvfb)
	if err != nil && s.Capture == sizing.EngineX11 && !s.AudioOnly {
		return t, err
	}
	t.Xvfb = xvfb
	return t, nil
}

// ToolsFromEnvironment returns the paths that the environment names.
func ToolsFromEnvironment() Tools {
	return Tools{
		Chrome:     os.Getenv("BEAM_CHROME"),
		FFmpeg:     os.Getenv("BEAM_FFMPEG"),
		FFprobe:    os.Getenv("BEAM_FFPROBE"),
		PulseAudio: os.Getenv("BEAM_PULSEAUDIO"),
		Xvfb:       os.Getenv("BEAM_XVFB"),
	}
}

// DecodeTools returns what decodes recordings: ffmpeg, and the ffprobe that is
// named or found in PATH.
func DecodeTools(t Tools) (inspect.Tools, error) {
	path, err := ffmpeg.Find(t.FFmpeg)
	if err != nil {
		return inspect.Tools{}, err
	}
	return inspect.Tools{FFmpeg: path, FFprobe: t.FFprobe}, nil
}
