// Package pulse runs one private PulseAudio daemon with one null sink for a
// recording, and reads what the browser plays into that sink: every sample,
// with the time at which the sink played it.
//
// The daemon's socket, state and configuration live in one folder that only
// its owner can enter; it uses no bus, no hardware and nothing of the user's
// own sound system. Repairing the sound (drift, holes) is not done here, see
// audio.PCM.
package pulse
