package demo

import (
	"image/color"
	"time"
)

// Participant is one of the scripted people in the room.
type Participant struct {
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	Role   string     `json:"role"` // host, guest or viewer
	Color  color.RGBA `json:"-"`    // of the ground of the picture; it fills more than half of it
	ToneHz float64    `json:"-"`    // of the voice
}

// Participants returns the people in the room, in the order in which they
// speak.
func Participants() []Participant {
	return []Participant{
		{ID: "ana", Name: "Ana", Role: "host", Color: color.RGBA{196, 52, 60, 255}, ToneHz: 440},
		{ID: "ben", Name: "Ben", Role: "guest", Color: color.RGBA{40, 140, 70, 255}, ToneHz: 550},
		{ID: "chloe", Name: "Chloe", Role: "guest", Color: color.RGBA{45, 85, 200, 255}, ToneHz: 660},
		{ID: "dev", Name: "Dev", Role: "viewer", Color: color.RGBA{220, 165, 30, 255}, ToneHz: 880},
	}
}

// The script of the room. The speakers take turns; the script repeats.
const (
	turn  = 2500 * time.Millisecond // of one speaker
	cycle = 4 * turn                // of all speakers: the length of a clip

	period     = 30 * time.Second // after which the script repeats
	devArrives = 2 * time.Second
	devLeaves  = 24 * time.Second
	shareStart = 6 * time.Second // Ben shares a screen
	shareEnd   = 11 * time.Second
)

// The ids of the one who comes and goes, and of the one who shares.
const (
	comer  = "dev"
	sharer = "ben"
)

// present tells whether a participant is in the room at t since its start.
func present(id string, t time.Duration) bool {
	t %= period
	return id != comer || (t >= devArrives && t < devLeaves)
}

// sharing tells whether the screen is shared at t.
func sharing(t time.Duration) bool {
	t %= period
	return t >= shareStart && t < shareEnd
}

// speaker returns the id of who speaks at t, "" when nobody does.
func speaker(t time.Duration) string {
	id := Participants()[int(t%cycle/turn)].ID
	if !present(id, t) {
		return ""
	}
	return id
}
