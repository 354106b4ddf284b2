package sizing

import "beam/capture"

// slowest is how much longer than on the machine of loads a recording took on
// the slowest machine that was measured: 1.06 against 0.60 cores at 720p30.
const slowest = 1.8

// NeededCores returns the cores that a machine or container has to have for a
// recording, wherever it runs: on a machine as slow as the slowest, the recording
// keeps 80 % of them busy. With EngineAuto it is those of x11, which Beam takes
// where Xvfb is installed, as in its image. docs/measurements.md has the figures
// behind it.
func NeededCores(engine string, size capture.Size, fps int) float64 {
	if engine == EngineAuto {
		engine = EngineX11
	}
	return loads[engine].cores(size, fps) * slowest / headroom
}

// MostBits returns the highest rate of a recording, bits a second: that at which
// the encoder caps the video, the audio's, and the file format's share.
func MostBits(size capture.Size, fps int) int {
	const audio, format = 128e3, 1.02
	return int((float64(MaxRate(size, fps)) + audio) * format)
}

// FrameSize returns the size that --resolution and --orientation mean. Its
// error is a *Fault of ClassUsage.
func FrameSize(name, orientation string) (capture.Size, error) {
	size, _, err := Resolution(name, orientation)
	return size, err
}
