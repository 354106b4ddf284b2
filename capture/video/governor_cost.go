package video

import "slices"

// carried returns the rate, in frames a second, that the machine carried while
// it was saturated.
//
// What was delivered and what was encoded differ where one of the two sides is
// starved by the other. With no idle time left, the processor time of both
// together is what there is, and the rate that fits is the one at which both
// make equally many frames of it. Where there is idle time, the slower side is
// bound by something else, a thread of its own, and sets the rate itself; then
// bound is true, and idle time is no sign that more can be carried.
func carried(bad []judged) (rate float64, bound bool) {
	var sum Load
	for _, b := range bad {
		l := b.load
		sum.Interval += l.Interval
		sum.Frames += l.Frames + l.Refused // that the source made
		sum.Encoded += l.Encoded
		sum.SourceCPU += l.SourceCPU
		sum.EncoderCPU += l.EncoderCPU
		sum.Idle += l.Idle
	}
	made, encoded := float64(sum.Frames), float64(sum.Encoded)
	seconds := sum.Interval.Seconds()
	used := sum.SourceCPU + sum.EncoderCPU
	if made == 0 || encoded == 0 || used == 0 || sum.Idle > used/8 {
		return min(made, encoded) / seconds, sum.Idle > used/8
	}
	cost := sum.SourceCPU.Seconds()/made + sum.EncoderCPU.Seconds()/encoded
	return used.Seconds() / cost / seconds, false
}

// room is what one calm observation showed: what a number of frames cost, and
// what was left. All are per second.
type room struct {
	frames     float64
	used, idle float64 // cores
}

func roomOf(l Load) room {
	s := l.Interval.Seconds()
	return room{float64(l.Frames) / s, (l.SourceCPU + l.EncoderCPU).Seconds() / s, l.Idle.Seconds() / s}
}

// costs is what is known of the price of a frame. The page itself costs
// something too, so that two rates have to be seen to tell the two apart; until
// then the whole is taken for the price of the frames, which asks too much and
// so raises the rate in two steps instead of one.
type costs struct {
	busy  room // at the present rate, while the page painted as often as wanted
	known bool // whether there is one
	other room // at the rate before
	two   bool // whether there is one
}

const (
	// busyPart is the part of the rate that a page has to paint for its cost
	// to count.
	busyPart = 0.7
	// apart is by how much two rates have to differ to tell the price of a
	// frame from that of the page.
	apart = 1.25
	// leastPart bounds the price of a frame from below, as a part of what it
	// is with the page's: in between the page may have become another one.
	leastPart = 0.3
)

// see takes calm observations at the present rate, in any order.
func (c *costs) see(rate float64, calm []room) {
	var busy []room
	for _, r := range calm {
		if r.frames >= busyPart*rate {
			busy = append(busy, r)
		}
	}
	if len(busy) < 3 {
		return
	}
	pick := func(of func(room) float64) float64 {
		v := make([]float64, len(busy))
		for i, r := range busy {
			v[i] = of(r)
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	c.busy = room{
		frames: pick(func(r room) float64 { return r.frames }),
		used:   pick(func(r room) float64 { return r.used }),
	}
	c.known = true
}

// leave says that the rate is about to change.
func (c *costs) leave() {
	if c.known {
		c.other, c.two = c.busy, true
	}
	c.known = false
}

// frame returns the price of one more frame a second, in cores.
func (c *costs) frame() float64 {
	if c.busy.frames == 0 {
		return 0
	}
	average := c.busy.used / c.busy.frames
	if !c.sure() {
		return average
	}
	price := (c.other.used - c.busy.used) / (c.other.frames - c.busy.frames)
	return min(average, max(price, leastPart*average))
}

// sure tells whether two rates were seen that are far enough apart.
func (c *costs) sure() bool {
	less, more := min(c.other.frames, c.busy.frames), max(c.other.frames, c.busy.frames)
	return c.two && less > 0 && more >= apart*less
}

// left returns how many cores would be idle if the page painted as often as
// wanted, from calm observations: a quarter of them showed less.
func (c *costs) left(calm []room) float64 {
	v := make([]float64, len(calm))
	for i, r := range calm {
		v[i] = r.idle - max(0, c.busy.used-r.used)
	}
	slices.Sort(v)
	return max(0, v[len(v)/4])
}
