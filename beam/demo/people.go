package demo

import (
	"image/color"
	"time"
)

// Participant is one of the scripted people.
type Participant struct {
	ID     string
	Name   string
	Role   string     // host, guest or viewer
	Color  color.RGBA // ground of the picture; covers at least 60 % of it
	ToneHz float64    // the voice: a sine of -12 dBFS while the participant speaks
}

// Participants returns the people of the room in the order in which they speak,
// a quarter of SpeakingCycle each.
func Participants() []Participant {
	return []Participant{
		{ID: "ana", Name: "Ana", Role: "host", Color: color.RGBA{196, 52, 60, 255}, ToneHz: 440},
		{ID: "ben", Name: "Ben", Role: "guest", Color: color.RGBA{40, 140, 70, 255}, ToneHz: 550},
		{ID: "chloe", Name: "Chloe", Role: "guest", Color: color.RGBA{45, 85, 200, 255}, ToneHz: 660},
		{ID: "dev", Name: "Dev", Role: "viewer", Color: color.RGBA{220, 165, 30, 255}, ToneHz: 880},
	}
}

// ScreenColor is the ground of the screen that Ben shares; it covers most of
// the picture.
func ScreenColor() color.RGBA { return color.RGBA{92, 58, 150, 255} }

// The script of the room, in time since its first viewer joined. It repeats
// after ScriptPeriod.
const (
	SpeakingCycle = 10 * time.Second // also the length of a participant's clip
	ScriptPeriod  = 30 * time.Second

	DevArrives   = 2 * time.Second
	DevLeaves    = 24 * time.Second
	ScreenStarts = 6 * time.Second // Ben shares a screen
	ScreenEnds   = 11 * time.Second

	turn = SpeakingCycle / 4
)

// clapper is the only participant of the lip-sync page.
var clapper = Participant{ID: "clapper", Name: "Clapper", Role: "host"}

// span is a time in each period in which something goes on. The zero span is
// always.
type span struct{ from, to time.Duration }

func (s span) holds(t time.Duration) bool {
	t %= ScriptPeriod
	return s == span{} || (t >= s.from && t < s.to)
}

// presence returns when a participant is in the room.
func presence(id string) span {
	if id == "dev" {
		return span{DevArrives, DevLeaves}
	}
	return span{}
}

// sharer is the id of who shares a screen.
const sharer = "ben"

var screenShare = span{ScreenStarts, ScreenEnds}

// speaks tells whether the participant at index i of Participants speaks at t,
// if present.
func speaks(i int, t time.Duration) bool { return int(t%SpeakingCycle/turn) == i }
