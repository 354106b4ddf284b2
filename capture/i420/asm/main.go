// Command asm writes the AVX2 form of package i420's conversion; go generate in
// that package runs it. It is a module of its own, so that whoever builds Beam
// needs no assembler library.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The arithmetic is that of convert.go, which says where the numbers are from.
const (
	shiftY, biasY = 15, 16<<15 + 1<<14
	shiftC, biasC = 17, 128<<17 + 1<<16

	yR, yG, yB    = 5983, 20127, 2032
	cbR, cbG, cbB = -3298, -11094, 14392
	crR, crG, crB = 14392, -13073, -1319
)

func main() {
	TEXT("rowsAVX2", NOSPLIT, "func(y0, y1, cb, cr, src0, src1 *byte, blocks int)")
	Pragma("noescape")
	Doc("rowsAVX2 converts blocks*32 columns of two rows; blocks is at least 1.")
	rows()
	Generate()
}

// pixels are eight pixels: in each 32 bits two words, blue and red in one
// register, green and the unused byte, whose coefficient is 0, in the other.
type pixels struct{ blueRed, green VecVirtual }

// consts are the operands that don't change; the rarer ones stay in memory,
// since there are only 16 registers.
type consts struct {
	mask, yBR, yG, biasY                    VecVirtual
	biasC, cbBR, cbG, crBR, crG, interleave Mem
}

func rows() {
	c := constants()
	y := [2]Register{Load(Param("y0"), GP64()), Load(Param("y1"), GP64())}
	cb, cr := Load(Param("cb"), GP64()), Load(Param("cr"), GP64())
	src := [2]Register{Load(Param("src0"), GP64()), Load(Param("src1"), GP64())}
	blocks := Load(Param("blocks"), GP64())

	Label("block")
	// Sixteen columns at a time: words of Y for each row, 32 bits for chroma.
	var words [2][2]VecVirtual // [row][half]
	var blue, red [2]VecVirtual
	for half := range 2 {
		var sums [2]pixels
		for eighth := range 2 {
			sums[eighth] = pair(c, src, half*64+eighth*32, half, eighth, &words)
		}
		blue[half], red[half] = chroma(c, sums)
	}
	for row := range 2 {
		// Lanes of 128 bits pack apart: the eight groups of four come out as
		// 0 2 4 6 1 3 5 7.
		VPACKUSWB(words[row][1], words[row][0], words[row][0])
		order := YMM()
		VMOVDQU(c.interleave, order)
		VPERMD(words[row][0], order, words[row][0])
		VMOVDQU(words[row][0], Mem{Base: y[row]})
	}
	VPACKUSDW(blue[1], blue[0], blue[0])
	VPACKUSDW(red[1], red[0], red[0])
	VPACKUSWB(red[0], blue[0], blue[0])
	// Each lane has eight bytes of Cb and eight of Cr, and every second pair of
	// samples: put the pairs of both lanes in turn.
	high := XMM()
	VEXTRACTI128(Imm(1), blue[0], high)
	samples := XMM()
	VPUNPCKLWD(high, blue[0].AsX(), samples)
	VMOVDQU(samples, Mem{Base: cb})
	VPUNPCKHWD(high, blue[0].AsX(), samples)
	VMOVDQU(samples, Mem{Base: cr})

	for row := range 2 {
		ADDQ(Imm(128), src[row])
		ADDQ(Imm(32), y[row])
	}
	ADDQ(Imm(16), cb)
	ADDQ(Imm(16), cr)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// pair converts eight columns of both rows to Y, packs them to words with the
// eight before, and returns the sum of the rows.
func pair(c consts, src [2]Register, offset, half, eighth int, words *[2][2]VecVirtual) pixels {
	var sum pixels
	for row := range 2 {
		p := pixels{YMM(), YMM()}
		at := Mem{Base: src[row], Disp: offset}
		VMOVDQU(at, p.green)
		VPAND(c.mask, p.green, p.blueRed)
		VPSRLW(Imm(8), p.green, p.green)
		y, t := YMM(), YMM()
		if row == 0 {
			sum = p
		} else { // the sum has them: their registers are free
			VPADDW(p.blueRed, sum.blueRed, sum.blueRed)
			VPADDW(p.green, sum.green, sum.green)
			y, t = p.blueRed, p.green
		}
		VPMADDWD(c.yBR, p.blueRed, y)
		VPMADDWD(c.yG, p.green, t)
		VPADDD(t, y, y)
		VPADDD(c.biasY, y, y)
		VPSRLD(Imm(shiftY), y, y)
		if eighth == 0 {
			words[row][half] = y
		} else {
			VPACKUSDW(y, words[row][half], words[row][half])
		}
	}
	return sum
}

// chroma adds neighbours, which can't carry from word to word (4 * 255), and
// converts: eight values of Cb and of Cr, pairs from the lanes in turn.
func chroma(c consts, sums [2]pixels) (cb, cr VecVirtual) {
	blueRed, green := sums[0].blueRed, sums[0].green
	VPHADDD(sums[1].blueRed, blueRed, blueRed)
	VPHADDD(sums[1].green, green, green)
	weigh := func(br, g Mem) VecVirtual {
		v, t := YMM(), YMM()
		VPMADDWD(br, blueRed, v)
		VPMADDWD(g, green, t)
		VPADDD(t, v, v)
		VPADDD(c.biasC, v, v)
		VPSRLD(Imm(shiftC), v, v)
		return v
	}
	return weigh(c.cbBR, c.cbG), weigh(c.crBR, c.crG)
}

func constants() consts {
	load := func(m Mem) VecVirtual {
		v := YMM()
		VMOVDQU(m, v)
		return v
	}
	return consts{
		mask:       load(words("mask", 0xff, 0xff)),
		yBR:        load(words("yBlueRed", yB, yR)),
		yG:         load(words("yGreen", yG, 0)),
		biasY:      load(words("yBias", biasY&0xffff, biasY>>16)),
		biasC:      words("cBias", biasC&0xffff, biasC>>16),
		cbBR:       words("cbBlueRed", cbB, cbR),
		cbG:        words("cbGreen", cbG, 0),
		crBR:       words("crBlueRed", crB, crR),
		crG:        words("crGreen", crG, 0),
		interleave: order("interleave", 0, 4, 1, 5, 2, 6, 3, 7),
	}
}

// words is 32 bytes of read-only data: two 16-bit numbers, again and again.
func words(name string, low, high int) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range 8 {
		DATA(4*i, U32(uint32(uint16(low))|uint32(uint16(high))<<16))
	}
	return m
}

func order(name string, dwords ...uint32) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i, d := range dwords {
		DATA(4*i, U32(d))
	}
	return m
}
