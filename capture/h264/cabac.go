package h264

// Skipped macroblocks, coded by CABAC (clause 9.3). All of them being skipped,
// each mb_skip_flag is a one with the same context (9.3.3.1.1.1: no neighbour is
// there that is not skipped), and a one is what this context expects at the
// quality that a repeat declares: so of the tables only the part is needed that
// leads from there to where nothing is surer.

// maxQP is the largest QP of 8 bit pictures.
const maxQP = 51

// The context of mb_skip_flag in P slices, ctxIdx 11 with cabac_init_idc 0
// (Table 9-13), at maxQP: ((m * QP) >> 4) + n = 106, so the more probable symbol
// is 1 and its state 42 (clause 9.3.1.1).
const (
	skipM      = 23
	skipN      = 33
	firstState = (skipM*maxQP)>>4 + skipN - 64
	lastState  = 62
)

// rangeLPS is the part of Table 9-44 from firstState on.
var rangeLPS = [lastState - firstState + 1][4]uint32{
	{16, 20, 23, 27}, {15, 19, 22, 25}, {14, 18, 21, 24}, {14, 17, 20, 23}, {13, 16, 19, 22}, {12, 15, 18, 21}, {12, 14, 17, 20},
	{11, 14, 16, 19}, {11, 13, 15, 18}, {10, 12, 15, 17}, {10, 12, 14, 16}, {9, 11, 13, 15}, {9, 11, 12, 14}, {8, 10, 12, 14},
	{8, 9, 11, 13}, {7, 9, 11, 12}, {7, 9, 10, 12}, {7, 8, 10, 11}, {6, 8, 9, 11}, {6, 7, 9, 10}, {6, 7, 8, 9},
}

// arithmetic is the encoder of clause 9.3.4.
type arithmetic struct {
	out         *writer
	low, width  uint32 // codILow, codIRange
	outstanding int
	first       bool
}

func newArithmetic(out *writer) *arithmetic {
	return &arithmetic{out: out, width: 510, first: true}
}

// skips codes n skipped macroblocks and the end of the slice.
func (a *arithmetic) skips(n int) {
	state := 0
	for i := range n {
		a.width -= rangeLPS[state][a.width>>6&3]
		a.renormalise()
		state = min(state+1, len(rangeLPS)-1)
		a.terminate(i == n-1)
	}
}

// terminate codes end_of_slice_flag (clauses 9.3.4.5).
func (a *arithmetic) terminate(end bool) {
	a.width -= 2
	if !end {
		a.renormalise()
		return
	}
	a.low += a.width
	a.width = 2
	a.renormalise()
	a.put(a.low >> 9 & 1)
	// The last of these bits is the rbsp_stop_one_bit.
	a.out.u(2, a.low>>7&3|1)
}

func (a *arithmetic) renormalise() {
	for a.width < 256 {
		switch {
		case a.low < 256:
			a.put(0)
		case a.low >= 512:
			a.low -= 512
			a.put(1)
		default:
			a.low -= 256
			a.outstanding++
		}
		a.width <<= 1
		a.low <<= 1
	}
}

// put is PutBit of clause 9.3.4.4.
func (a *arithmetic) put(bit uint32) {
	if a.first {
		a.first = false
	} else {
		a.out.u(1, bit)
	}
	for ; a.outstanding > 0; a.outstanding-- {
		a.out.u(1, 1-bit)
	}
}
