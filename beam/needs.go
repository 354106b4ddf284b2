package beam

import "beam/capture"

// NeededCores returns the cores that a machine or container has to have for a
// recording, by the same model that chooses the engine: the recording keeps
// 80 % of them busy. With EngineAuto it is those of screencast, which Beam then
// takes. docs/measurements.md has the figures behind it.
func NeededCores(engine string, size capture.Size, fps int) float64 {
	if engine == EngineAuto {
		engine = EngineScreencast
	}
	return loads[engine].cores(size, fps) / headroom
}

// MostBits returns the highest rate of a recording, bits a second: that at which
// the encoder caps the picture, the sound's, and the file format's share.
func MostBits(size capture.Size, fps int) int {
	const sound, format = 128e3, 1.02
	return int((float64(chooseRate(size, fps)) + sound) * format)
}

// PictureSize returns the size that --resolution and --orientation mean. Its
// error is a *Fault of ClassUsage.
func PictureSize(name, orientation string) (capture.Size, error) {
	size, _, err := resolution(name, orientation)
	return size, err
}
