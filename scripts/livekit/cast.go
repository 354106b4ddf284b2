package main

import "time"

// person is one of the scripted people.
type person struct {
	Identity string  `json:"identity"`
	Name     string  `json:"name"`
	Role     string  `json:"role"`
	Color    string  `json:"color"`  // of the picture, #RRGGBB
	ToneHz   float64 `json:"toneHz"` // of the voice
	Codec    string  `json:"codec"`  // of the picture: vp8 or h264
}

// cast are the people in the order of their turns to speak. Those of Beam's
// demo room have the same colours and tones.
var cast = []person{
	{"ana", "Ana", "host", "#C4343C", 440, "vp8"},
	{"ben", "Ben", "guest", "#288C46", 550, "h264"},
	{"chloe", "Chloe", "guest", "#2D55C8", 660, "vp8"},
	{"dev", "Dev", "viewer", "#DCA51E", 880, "h264"},
}

// screenColor is the ground of each shared screen.
const screenColor = "#5C3A96"

const (
	cycle = 10 * time.Second // after which the turns begin again
	turn  = 2500 * time.Millisecond
)

func find(name string) (int, bool) {
	for i, p := range cast {
		if p.Identity == name {
			return i, true
		}
	}
	return 0, false
}
