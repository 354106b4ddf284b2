package s3

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// How a store keeps the checksum of a multipart upload.
const (
	ChecksumFull  = "crc32c"           // CRC32C of the whole object
	ChecksumParts = "crc32c-composite" // CRC32C of the parts' CRC32Cs
	ChecksumNone  = "none"             // the ETag, or the size, has to do
)

// EncodeCRC returns a checksum as S3 writes it: base64 of the big-endian bytes.
func EncodeCRC(crc uint32) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc))
}

// DecodeCRC reads what EncodeCRC wrote.
func DecodeCRC(s string) (crc uint32, ok bool) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) != 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(b), true
}

// googleCRC returns the crc32c of x-goog-hash headers (Cloud Storage XML API,
// "x-goog-hash"), "" without one.
func googleCRC(values []string) string {
	for _, value := range values {
		for field := range strings.SplitSeq(value, ",") {
			if crc, ok := strings.CutPrefix(strings.TrimSpace(field), "crc32c="); ok {
				return crc
			}
		}
	}
	return ""
}
