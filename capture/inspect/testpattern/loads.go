package testpattern

// loadLasts is how many readings a clock that began again has to stay behind
// the one before, so that a picture out of order is not taken for that.
const loadLasts = 3

// Loads divides the readings of a page that was loaded more than once, as when
// a recording joined its room again: each load begins a clock of its own at 0,
// with the first reading that shows it. Unreadable pictures belong to the load
// before them. Nothing is lost: the parts follow each other.
func Loads(readings []Reading) [][]Reading {
	var all [][]Reading
	from, newest := 0, uint32(0)
	for i, r := range readings {
		if !r.OK {
			continue
		}
		if r.Value < newest && startsAgain(readings[i:], newest) {
			all = append(all, readings[from:i])
			from, newest = i, 0
		}
		newest = max(newest, r.Value)
	}
	if len(readings) > 0 {
		all = append(all, readings[from:])
	}
	return all
}

// startsAgain tells whether the first readable ones stay behind newest.
func startsAgain(readings []Reading, newest uint32) bool {
	seen := 0
	for _, r := range readings {
		if !r.OK {
			continue
		}
		if r.Value >= newest {
			return false
		}
		if seen++; seen == loadLasts {
			return true
		}
	}
	return false
}
