package i420

import "golang.org/x/sys/cpu"

// block is how many columns rowsAVX2 converts at a time.
const block = 32

var vectorRows = chooseVector(cpu.X86.HasAVX2)

func chooseVector(avx2 bool) rowsFunc {
	if avx2 {
		return wideRows
	}
	return nil
}

func wideRows(y0, y1, cb, cr, src0, src1 []byte) int {
	blocks := len(y0) / block
	if blocks > 0 {
		rowsAVX2(&y0[0], &y1[0], &cb[0], &cr[0], &src0[0], &src1[0], blocks)
	}
	return blocks * block
}
