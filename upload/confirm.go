package upload

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"

	"beam/upload/s3"
)

// expectation is what the object has to be.
type expectation struct {
	size  int64
	crc   string // CRC32C of the whole, base64
	parts string // CRC32C of the parts' CRC32Cs, base64, with "-N"
	etag  string // MD5 of the parts' MD5s, hexadecimal, with "-N"; "" when unknown
}

// expect returns what an object of these parts has to be. MD5 sums may be
// missing (zero) for parts that only the store has seen.
func expect(parts []partSum) expectation {
	var (
		crcs, sums []byte
		e          expectation
		unknown    bool
	)
	for _, p := range parts {
		e.size += p.Size
		crcs = append(crcs, byte(p.CRC>>24), byte(p.CRC>>16), byte(p.CRC>>8), byte(p.CRC))
		sums = append(sums, p.MD5[:]...)
		unknown = unknown || p.MD5 == [16]byte{}
	}
	e.crc = s3.EncodeCRC(wholeCRC(parts))
	e.parts = fmt.Sprintf("%s-%d", s3.EncodeCRC(crc32.Checksum(crcs, crcTable)), len(parts))
	if !unknown {
		sum := md5.Sum(sums)
		e.etag = fmt.Sprintf("%s-%d", hex.EncodeToString(sum[:]), len(parts))
	}
	return e
}

// wholeCRC returns the CRC32C of the object from those of its parts.
func wholeCRC(parts []partSum) uint32 {
	var crc uint32
	for _, p := range parts {
		crc = joinCRC(crc, p.CRC, p.Size)
	}
	return crc
}

// completion is what turns the parts into an object.
func completion(key, id, checksum string, parts []partSum) s3.Completion {
	c := s3.Completion{Key: key, ID: id, Checksum: checksum, CRC: wholeCRC(parts)}
	for _, p := range parts {
		c.Parts = append(c.Parts, p.sent())
		c.Size += p.Size
	}
	return c
}

// check tells whether the object is the one expected, and by what it was
// told: "crc32c" or "etag". Otherwise the error is errMismatch or, where the
// store says nothing to compare, errUncertain.
func (e expectation) check(o s3.ObjectInfo) (by string, err error) {
	if o.Size != e.size {
		return "", fmt.Errorf("%w: %d bytes instead of %d", errMismatch, o.Size, e.size)
	}
	etag := strings.Trim(o.ETag, `"`)
	switch {
	case strings.Contains(o.CRC32C, "-"):
		return verdict("crc32c", o.CRC32C, e.parts)
	case o.CRC32C != "":
		return verdict("crc32c", o.CRC32C, e.crc)
	case o.Google != "":
		return verdict("crc32c", o.Google, e.crc)
	case e.etag != "" && strings.EqualFold(etag, e.etag):
		return "etag", nil
	}
	// A different ETag proves nothing: with KMS it is no MD5 at all.
	return "", errUncertain
}

func verdict(by, got, want string) (string, error) {
	if got != want {
		return "", fmt.Errorf("%w: its checksum is %s instead of %s", errMismatch, got, want)
	}
	return by, nil
}
