// Package i420 converts the pixels of an X screen (32 bits each: blue, green,
// red, unused) into I420, BT.709, limited range, which is what the encoder
// takes: 12 bits a pixel instead of 32.
//
// It has one fixed-point arithmetic in two forms, AVX2 assembly and plain Go,
// that agree to the byte. It knows nothing of X and allocates nothing.
package i420

//go:generate go -C asm run . -out ../rows_amd64.s -stubs ../rows_amd64.go -pkg i420
