package upload

import "hash/crc32"

// castagnoli is the polynomial of CRC32C, bit-reversed: bit 31 is x^0.
const castagnoli = 0x82f63b78

var crcTable = crc32.MakeTable(crc32.Castagnoli)

// joinCRC returns the CRC32C of two pieces from the CRC32C of each: a's
// polynomial is moved up by the bits of the second piece, and added.
func joinCRC(a, b uint32, sizeOfB int64) uint32 {
	return mulMod(a, powerOfX(uint64(sizeOfB)*8)) ^ b
}

// mulMod multiplies two bit-reversed polynomials over GF(2), modulo CRC32C's.
func mulMod(a, b uint32) uint32 {
	var product uint32
	for bit := uint32(1) << 31; bit != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		carry := b & 1
		b >>= 1
		if carry != 0 {
			b ^= castagnoli
		}
	}
	return product
}

// powerOfX returns x^n modulo CRC32C's polynomial.
func powerOfX(n uint64) uint32 {
	result, square := uint32(1)<<31, uint32(1)<<30 // x^0 and x^1
	for ; n != 0; n >>= 1 {
		if n&1 != 0 {
			result = mulMod(result, square)
		}
		square = mulMod(square, square)
	}
	return result
}
