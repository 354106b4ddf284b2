package i420

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"beam/capture"
)

// forms are the arithmetic's forms that this machine has.
func forms() map[string]rowsFunc {
	f := map[string]rowsFunc{"plain": nil}
	if vectorRows != nil {
		f["vector"] = vectorRows
	}
	return f
}

func noise(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
		if r.IntN(4) == 0 { // the ends of the range are where sums overflow
			b[i] = byte(-int(r.Uint32() & 1))
		}
	}
	return b
}

func picture(size capture.Size) []byte { return make([]byte, size.Pixels()*3/2) }

// exact is the definition in floating point (ITU-R BT.709-6), not rounded.
func exact(r, g, b float64) (y, cb, cr float64) {
	const kr, kb = 0.2126, 0.0722
	l := kr*r + (1-kr-kb)*g + kb*b
	return 16 + 219./255*l, 128 + 224./255*(b-l)/(2-2*kb), 128 + 224./255*(r-l)/(2-2*kr)
}

// TestColours: every colour of a grid comes out as the definition has it,
// rounded, or within 0.02 of where it would be rounded the other way.
func TestColours(t *testing.T) {
	levels := []int{255}
	for v := 0; v < 255; v += 4 {
		levels = append(levels, v)
	}
	size := capture.Size{Width: 2 * len(levels), Height: 2}
	src := make([]byte, size.Pixels()*4)
	for name, form := range forms() {
		t.Run(name, func(t *testing.T) {
			dst := picture(size)
			for _, r := range levels {
				for _, g := range levels {
					for i, b := range levels {
						for _, at := range []int{2 * i, 2*i + 1, size.Width + 2*i, size.Width + 2*i + 1} {
							copy(src[4*at:], []byte{byte(b), byte(g), byte(r), byte(at)})
						}
					}
					convertRows(dst, src, size, 0, 2, form)
					for i, b := range levels {
						y, cb, cr := exact(float64(r), float64(g), float64(b))
						got := [...]byte{dst[2*i], dst[2*size.Width+i], dst[5*size.Width/2+i]}
						for part, want := range [...]float64{y, cb, cr} {
							if math.Abs(float64(got[part])-want) > 0.52 {
								t.Fatalf("red %d green %d blue %d: part %d is %d, want %.2f", r, g, b, part, got[part], want)
							}
						}
					}
				}
			}
		})
	}
}

// TestChromaIsTheMean: of four different pixels.
func TestChromaIsTheMean(t *testing.T) {
	size := capture.Size{Width: 128, Height: 64}
	src := noise(1, size.Pixels()*4)
	for name, form := range forms() {
		t.Run(name, func(t *testing.T) {
			dst := picture(size)
			convertRows(dst, src, size, 0, size.Height, form)
			for i := range size.Pixels() / 4 {
				x, y := i%64*2, i/64*2
				var sum [3]float64
				for _, at := range []int{y*128 + x, y*128 + x + 1, y*128 + 128 + x, y*128 + 129 + x} {
					for part := range sum {
						sum[part] += float64(src[4*at+part]) / 4
					}
				}
				_, cb, cr := exact(sum[2], sum[1], sum[0])
				gotB, gotR := float64(dst[size.Pixels()+i]), float64(dst[size.Pixels()*5/4+i])
				if math.Abs(gotB-cb) > 0.52 || math.Abs(gotR-cr) > 0.52 {
					t.Fatalf("block at %d,%d: %v and %v, want %.2f and %.2f", x, y, gotB, gotR, cb, cr)
				}
			}
		})
	}
}

func TestVectorEqualsPlain(t *testing.T) {
	if vectorRows == nil {
		t.Skip("this machine has no AVX2")
	}
	for width := 2; width <= 200; width += 2 {
		equal(t, noise(uint64(width), width*4*4), capture.Size{Width: width, Height: 4}, 0, 4)
	}
	for _, size := range []capture.Size{{Width: 854, Height: 480}, {Width: 1280, Height: 720}, {Width: 1918, Height: 34}} {
		equal(t, noise(7, size.Pixels()*4), size, 0, size.Height)
	}
}

// equal compares both forms, guards around the picture included.
func equal(t *testing.T, src []byte, size capture.Size, from, to int) {
	t.Helper()
	n := size.Pixels() * 3 / 2
	plain, vector := bytes.Repeat([]byte{0xa5}, n+64), bytes.Repeat([]byte{0xa5}, n+64)
	convertRows(plain[32:32+n:32+n], src, size, from, to, nil)
	convertRows(vector[32:32+n:32+n], src, size, from, to, vectorRows)
	if !bytes.Equal(plain, vector) {
		t.Errorf("%v, rows %d to %d: the forms differ", size, from, to)
	}
	if guard := bytes.Repeat([]byte{0xa5}, 32); !bytes.HasPrefix(vector, guard) || !bytes.HasSuffix(vector, guard) {
		t.Errorf("%v, rows %d to %d: written outside the picture", size, from, to)
	}
}

func TestRows(t *testing.T) {
	size := capture.Size{Width: 70, Height: 8}
	src := noise(3, size.Pixels()*4)
	whole := picture(size)
	ConvertRows(whole, src, size, 0, 8)
	tests := []struct{ from, to, first, end int }{
		{0, 8, 0, 8}, {3, 4, 2, 4}, {3, 5, 2, 6}, {2, 6, 2, 6}, {-5, 3, 0, 4}, {7, 90, 6, 8}, {4, 4, 0, 0}, {6, 2, 0, 0},
	}
	for _, test := range tests {
		got, want := bytes.Repeat([]byte{1}, len(whole)), bytes.Repeat([]byte{1}, len(whole))
		ConvertRows(got, src, size, test.from, test.to)
		for _, plane := range [][3]int{{0, 70, 1}, {560, 35, 2}, {700, 35, 2}} {
			from, to := plane[0]+test.first/plane[2]*plane[1], plane[0]+test.end/plane[2]*plane[1]
			copy(want[from:to], whole[from:to])
		}
		if !bytes.Equal(got, want) {
			t.Errorf("rows %d to %d aren't those from %d to %d", test.from, test.to, test.first, test.end)
		}
	}
}

func TestPanics(t *testing.T) {
	even := capture.Size{Width: 4, Height: 4}
	tests := map[string]func(){
		"odd width":  func() { ConvertRows(make([]byte, 99), make([]byte, 99), capture.Size{Width: 3, Height: 4}, 0, 2) },
		"odd height": func() { ConvertRows(make([]byte, 99), make([]byte, 99), capture.Size{Width: 4, Height: 3}, 0, 2) },
		"short dst":  func() { ConvertRows(make([]byte, 23), make([]byte, 64), even, 0, 4) },
		"short src":  func() { ConvertRows(make([]byte, 24), make([]byte, 60), even, 0, 4) },
	}
	for name, call := range tests {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call()
		})
	}
}

func FuzzForms(f *testing.F) {
	f.Add([]byte{255, 0, 255, 9}, uint8(17), uint8(2), uint8(0), uint8(4))
	f.Add(noise(5, 300), uint8(50), uint8(1), uint8(1), uint8(1))
	f.Fuzz(func(t *testing.T, seed []byte, halfWidth, halfHeight, from, to uint8) {
		size := capture.Size{Width: 2 * max(1, int(halfWidth)), Height: 2 * max(1, int(halfHeight%8))}
		if len(seed) == 0 {
			return
		}
		src := bytes.Repeat(seed, size.Pixels()*4/len(seed)+1)[:size.Pixels()*4]
		equal(t, src, size, int(from%18), int(to%18))
	})
}

func BenchmarkConvert(b *testing.B) {
	for _, size := range []capture.Size{{Width: 1280, Height: 720}, {Width: 1920, Height: 1080}} {
		src, dst := noise(1, size.Pixels()*4), picture(size)
		for name, form := range forms() {
			b.Run(fmt.Sprintf("%s/%dp", name, size.Height), func(b *testing.B) {
				b.SetBytes(int64(len(src)))
				for b.Loop() {
					convertRows(dst, src, size, 0, size.Height, form)
				}
			})
		}
	}
}
