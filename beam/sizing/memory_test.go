package sizing

import (
	"slices"
	"testing"
	"time"

	"beam/capture"
)

func TestMemoryGuard(t *testing.T) {
	const mb = 1 << 20
	// What is used and what of it the browser has, in MB of 1000, so many seconds after
	// it was started; a look each second.
	type looks func(age int) (used, browser uint64)
	constant := func(used, browser uint64) looks { return func(int) (uint64, uint64) { return used, browser } }
	growing := func(rate uint64) looks {
		return func(age int) (uint64, uint64) { return 300 + rate*uint64(age), 200 + rate*uint64(age) }
	}
	for name, c := range map[string]struct {
		use     looks
		seconds int
		renew   []int // the seconds in which the browser is started anew
		futile  []int
	}{
		"plenty":               {use: constant(500, 400), seconds: 100},
		"much, but steady":     {use: constant(880, 700), seconds: 300},
		"grows slowly":         {use: growing(1), seconds: 1300, renew: []int{600, 1200}},
		"grows":                {use: growing(5), seconds: 250, renew: []int{120, 240}},
		"grows when settled":   {use: growing(22), seconds: 60, renew: []int{23, 46}},
		"grows fast":           {use: growing(30), seconds: 30, renew: []int{15}},
		"at once":              {use: constant(950, 800), seconds: 10, renew: []int{0}},
		"fills it at once":     {use: growing(30), seconds: 70, renew: []int{15, 35, 55}},
		"loads a large page":   {use: func(age int) (uint64, uint64) { return min(700, 200+100*uint64(age)), 300 }, seconds: 60},
		"a room that needs it": {use: constant(930, 700), seconds: 300, renew: []int{0}, futile: []int{20}},
		"somebody else has it": {use: func(age int) (uint64, uint64) { return 300 + 5*uint64(age), 200 }, seconds: 200, futile: []int{120}},
		"nothing is known":     {use: constant(0, 0), seconds: 10},
	} {
		t.Run(name, func(t *testing.T) {
			var g MemoryGuard
			var renew, futile []int
			began := 0
			for s := range c.seconds {
				used, browser := c.use(s - began)
				if used < 700 {
					browser = 0 // it is not asked for then
				}
				u := MemoryUse{At: capture.Time(time.Hour + time.Duration(s)*time.Second), Limit: 1000 * mb, Used: used * mb, Browser: browser * mb}
				switch g.Judge(u) {
				case MemoryRenew:
					renew = append(renew, s)
					began = s
				case MemoryFutile:
					futile = append(futile, s)
				}
			}
			if !slices.Equal(renew, c.renew) || !slices.Equal(futile, c.futile) {
				t.Errorf("started anew in seconds %v, want %v; told that it is futile in %v, want %v", renew, c.renew, futile, c.futile)
			}
		})
	}
	var g MemoryGuard
	if v := g.Judge(MemoryUse{Used: 1, Browser: 1}); v != MemoryFine {
		t.Errorf("without a limit: %v", v)
	}
}
