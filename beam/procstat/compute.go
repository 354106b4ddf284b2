package procstat

import "sync/atomic"

// sink keeps the compiler from leaving out what nobody uses.
var sink atomic.Uint64

// compute does so many rounds of integer work. Eight chains that do not wait for
// each other keep all of a core's units busy, as an encoder does: a single
// chain would leave half of them to the core's other thread, and two threads of
// one core would look like two cores.
func compute(rounds int) uint64 {
	a, b, c, d := uint64(1), uint64(2), uint64(3), uint64(4)
	e, f, g, h := uint64(5), uint64(6), uint64(7), uint64(8)
	for range rounds {
		a = a*0x9e3779b97f4a7c15 + 1
		b ^= b<<13 ^ a
		c += c>>7 ^ b
		d = d*0xbf58476d1ce4e5b9 + 3
		e ^= e<<17 ^ d
		f += f>>11 ^ e
		g = g<<5 ^ g>>3 + 7
		h += h>>9 ^ g
	}
	return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h
}
