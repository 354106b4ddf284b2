package i420

import "beam/capture"

// A colour's parts in limited range, by ITU-R BT.709-6, sections 3.2 to 3.4,
// with red, green and blue from 0 to 255 and Kr = 0.2126, Kb = 0.0722:
//
//	Y  =  16 + 219/255 * (Kr*R + Kg*G + Kb*B)
//	Cb = 128 + 224/255 * (B - Y') / (2 * (1 - Kb)), Y' being Kr*R + Kg*G + Kb*B
//	Cr = 128 + 224/255 * (R - Y') / (2 * (1 - Kr))
//
// The coefficients are multiples of 1/32768: products with 8 bits fit 32, and
// what they are off adds up to less than 0.02 of a step. Chroma is computed from
// the sum of a block of 2x2 pixels, so its result has two bits more to lose.
const (
	shiftY, biasY = 15, 16<<15 + 1<<14
	shiftC, biasC = 17, 128<<17 + 1<<16

	yR, yG, yB    = 5983, 20127, 2032
	cbR, cbG, cbB = -3298, -11094, 14392
	crR, crG, crB = 14392, -13073, -1319
)

// ConvertRows converts the rows from (inclusive) to (exclusive) of src, which
// has size.Width*4 bytes for each row, into the same rows of dst: the planes Y,
// Cb and Cr without padding, as in capture.Raw. The range is widened to even
// numbers and cut to the picture. Other rows of dst are left as they are; each
// chroma sample is the mean of four pixels. Width and height have to be even; it
// panics when they are not, or when a slice is too short.
func ConvertRows(dst, src []byte, size capture.Size, from, to int) {
	convertRows(dst, src, size, from, to, vectorRows)
}

// rowsFunc converts the left part of two rows, as much as it can at a time, and
// returns how many columns that was, an even number. The slices are whole rows:
// two of pixels, two of Y, one each of Cb and Cr.
type rowsFunc func(y0, y1, cb, cr, src0, src1 []byte) int

func convertRows(dst, src []byte, size capture.Size, from, to int, vector rowsFunc) {
	w, h := size.Width, size.Height
	if w%2 != 0 || h%2 != 0 {
		panic("i420: a picture of " + size.String() + " pixels")
	}
	luma, chroma := size.Pixels(), size.Pixels()/4
	cb, cr := dst[luma:luma+chroma], dst[luma+chroma:luma+2*chroma]
	for row, end := max(0, from)&^1, min(h, to); row < end; row += 2 {
		y := dst[row*w : (row+2)*w]
		line := src[row*w*4 : (row+2)*w*4]
		c := row / 2 * (w / 2)
		pair := [...][]byte{y[:w], y[w:], cb[c : c+w/2], cr[c : c+w/2], line[:w*4], line[w*4:]}
		done := 0
		if vector != nil {
			done = vector(pair[0], pair[1], pair[2], pair[3], pair[4], pair[5])
		}
		plainRows(pair[0][done:], pair[1][done:], pair[2][done/2:], pair[3][done/2:], pair[4][done*4:], pair[5][done*4:])
	}
}

// plainRows converts two rows of any even width; lengths are as for rowsFunc.
func plainRows(y0, y1, cb, cr, src0, src1 []byte) {
	for i := range cb {
		// Slices of fixed length spare the checks of each index.
		a, b := src0[i*8:i*8+8:i*8+8], src1[i*8:i*8+8:i*8+8]
		y0[2*i], y0[2*i+1] = luma(a[0], a[1], a[2]), luma(a[4], a[5], a[6])
		y1[2*i], y1[2*i+1] = luma(b[0], b[1], b[2]), luma(b[4], b[5], b[6])
		blue := int32(a[0]) + int32(a[4]) + int32(b[0]) + int32(b[4])
		green := int32(a[1]) + int32(a[5]) + int32(b[1]) + int32(b[5])
		red := int32(a[2]) + int32(a[6]) + int32(b[2]) + int32(b[6])
		cb[i] = byte((cbR*red + cbG*green + cbB*blue + biasC) >> shiftC)
		cr[i] = byte((crR*red + crG*green + crB*blue + biasC) >> shiftC)
	}
}

func luma(blue, green, red byte) byte {
	return byte((yR*int32(red) + yG*int32(green) + yB*int32(blue) + biasY) >> shiftY)
}
