package sizing

import (
	"regexp"
	"slices"
	"strconv"

	"beam/beam/fault"
	"beam/capture"
)

// The names of resolutions, in landscape.
var resolutions = map[string]capture.Size{
	"480p":  {Width: 854, Height: 480},
	"720p":  {Width: 1280, Height: 720},
	"1080p": {Width: 1920, Height: 1080},
}

// The limits of the frames, those of 100ms: where one side is longer than
// longSide, the other may not be.
const (
	lowestWidth, highestWidth   = 500, 1920
	lowestHeight, highestHeight = 480, 1920
	longSide                    = 1080
)

const (
	Landscape = "landscape"
	portrait  = "portrait"
)

var sizePattern = regexp.MustCompile(`^(\d{1,5})x(\d{1,5})$`)

// Resolution returns the size and the orientation that --resolution and
// --orientation mean. A named resolution is turned to the orientation; a
// WIDTHxHEIGHT is taken as it is and must not contradict it.
func Resolution(name, orientation string) (capture.Size, string, error) {
	if !slices.Contains([]string{"", Landscape, portrait}, orientation) {
		return capture.Size{}, "", fault.Refuse("", "--orientation is %q; it can be landscape or portrait", orientation)
	}
	size, named := resolutions[name]
	if named {
		if orientation == portrait {
			size.Width, size.Height = size.Height, size.Width
		}
	} else {
		m := sizePattern.FindStringSubmatch(name)
		if m == nil {
			return size, "", fault.Refuse("", "--resolution is %q; it can be 480p, 720p, 1080p or WIDTHxHEIGHT, such as 1280x720", name)
		}
		size.Width, _ = strconv.Atoi(m[1]) // at most five digits
		size.Height, _ = strconv.Atoi(m[2])
	}
	if err := checkSize(size); err != nil {
		return size, "", err
	}
	is := Landscape
	if size.Height > size.Width {
		is = portrait
	}
	if orientation != "" && orientation != is && size.Width != size.Height {
		return size, "", fault.Refuse("leave --orientation out, or swap the two numbers", "--resolution %s is not %s", name, orientation)
	}
	return size, is, nil
}

func checkSize(s capture.Size) error {
	switch {
	case s.Width%2 != 0 || s.Height%2 != 0:
		return fault.Refuse("H.264 with 4:2:0 colour needs even sizes", "resolution %v: width and height have to be even", s)
	case s.Width < lowestWidth || s.Width > highestWidth:
		return fault.Refuse("", "resolution %v: the width can be from %d to %d", s, lowestWidth, highestWidth)
	case s.Height < lowestHeight || s.Height > highestHeight:
		return fault.Refuse("", "resolution %v: the height can be from %d to %d", s, lowestHeight, highestHeight)
	case s.Width > longSide && s.Height > longSide:
		return fault.Refuse("", "resolution %v: only one side can be longer than %d", s, longSide)
	}
	return nil
}
