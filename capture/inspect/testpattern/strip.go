package testpattern

import (
	"errors"
	"fmt"
)

// A strip is a row of equally wide cells, black (0) or white (1), that holds a
// number which a program can read back from a decoded picture:
//
//	sync 1 0 1 0 | value, most significant bit first | checksum, likewise
//
// A page or a clip paints one in every picture, so a recording can be judged
// by what is in it. The checksum tells a picture caught between two values.
type Strip struct {
	Bits     int // bits of the value
	Checksum int // bits of the checksum
	Modulus  uint32
}

// The strips in use. The JavaScript of the timing page and of the room page
// paint the same ones.
var (
	// Clock is painted by the timing page in every animation frame, over the
	// full width of the viewport, along its top edge, a twentieth of its
	// height tall: milliseconds since the page's own second 0.
	Clock = Strip{Bits: 32, Checksum: 8, Modulus: 253}
	// Picture is painted along the bottom edge of each demo participant's
	// clip, over its full width, 24 of 360 lines tall: the number of the
	// picture in the clip.
	Picture = Strip{Bits: 12, Checksum: 4, Modulus: 13}
)

var sync = []bool{true, false, true, false}

// ErrNoMark means that the cells hold no valid strip.
var ErrNoMark = errors.New("no timing mark")

// Cells returns the number of cells: sync, value and checksum.
func (s Strip) Cells() int { return len(sync) + s.Bits + s.Checksum }

// Encode returns the cells of value, true for white. Bits of value above
// s.Bits are dropped.
func (s Strip) Encode(value uint32) []bool {
	if s.Bits < 32 {
		value &= 1<<s.Bits - 1
	}
	cells := append(make([]bool, 0, s.Cells()), sync...)
	cells = appendBits(cells, value, s.Bits)
	return appendBits(cells, value%s.Modulus, s.Checksum)
}

// Decode returns the value of cells, or ErrNoMark.
func (s Strip) Decode(cells []bool) (uint32, error) {
	if len(cells) != s.Cells() {
		return 0, fmt.Errorf("%w: %d cells, not %d", ErrNoMark, len(cells), s.Cells())
	}
	for i, want := range sync {
		if cells[i] != want {
			return 0, fmt.Errorf("%w: no sync", ErrNoMark)
		}
	}
	rest := cells[len(sync):]
	value, check := readBits(rest[:s.Bits]), readBits(rest[s.Bits:])
	if value%s.Modulus != check {
		return 0, fmt.Errorf("%w: checksum", ErrNoMark)
	}
	return value, nil
}

func appendBits(cells []bool, v uint32, n int) []bool {
	for i := n - 1; i >= 0; i-- {
		cells = append(cells, v>>i&1 == 1)
	}
	return cells
}

func readBits(cells []bool) uint32 {
	var v uint32
	for _, c := range cells {
		v <<= 1
		if c {
			v |= 1
		}
	}
	return v
}
