package demo

import (
	"image"
	"time"
)

// pictureRecipe says how a clip of pictures is made.
type pictureRecipe struct {
	name          string // of the clip, without extension
	width, height int
	fps           int
	pictures      int
	keyEvery      int    // pictures from one keyframe to the next
	bitRate       string // as ffmpeg takes it
	webm          bool   // also kept as a WebM file
	paint         func() (painter, error)
}

// soundRecipe says how a clip of sound is made.
type soundRecipe struct {
	name string
	loop func() []int16
}

// packets returns how many Opus packets make up a loop.
func packets(loop []int16) int { return len(loop) / samples(packetTime) }

// busyName returns the name of a participant's busy clip.
func busyName(id string) string { return id + "-busy" }

const screenName = "screen"

// recipes returns how all clips are made. A keyframe comes each half second, or
// each second of the shared screen, so a viewer who comes, or who lost a packet
// for good, sees a picture after that time at the latest.
func recipes() ([]pictureRecipe, []soundRecipe) {
	var pictures []pictureRecipe
	var sounds []soundRecipe
	clip := func(name, bitRate string, length time.Duration, paint func() (painter, error)) pictureRecipe {
		return pictureRecipe{
			name: name, width: clipWidth, height: clipHeight, fps: clipFPS,
			pictures: int(length * clipFPS / time.Second), keyEvery: clipFPS / 2, bitRate: bitRate, paint: paint,
		}
	}
	for i, p := range Participants() {
		calm := clip(p.ID, "500k", SpeakingCycle, func() (painter, error) { return portrait(p, i, false) })
		calm.webm = true
		busy := clip(busyName(p.ID), "700k", SpeakingCycle, func() (painter, error) { return portrait(p, i, true) })
		pictures = append(pictures, calm, busy)
		sounds = append(sounds, soundRecipe{p.ID, func() []int16 { return voice(p.ToneHz, i) }})
	}
	shown := int((ScreenEnds - ScreenStarts) * screenFPS / time.Second)
	pictures = append(pictures,
		clip(clapper.ID, "500k", SpeakingCycle, func() (painter, error) { return flash, nil }),
		pictureRecipe{
			name: screenName, width: screenWidth, height: screenHeight, fps: screenFPS,
			pictures: shown, keyEvery: screenFPS, bitRate: "700k",
			paint: func() (painter, error) { return screen(shown) },
		})
	sounds = append(sounds, soundRecipe{clapper.ID, func() []int16 { return claps(SpeakingCycle) }})
	return pictures, sounds
}

// frame returns an empty picture of the clip.
func (r pictureRecipe) frame() *image.RGBA { return image.NewRGBA(image.Rect(0, 0, r.width, r.height)) }
