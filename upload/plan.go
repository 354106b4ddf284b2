package upload

import (
	"fmt"

	"beam/upload/s3"
)

const (
	firstPartSize = 8 << 20
	partsPerStep  = 1000
)

// Plan says which bytes of the file each part holds. It is a fixed function
// of the part's number, so that whoever completes the upload after a crash
// comes to the same parts without being told.
//
// The zero Plan is the growing one: parts 1 to 1000 have 8 MiB, the next
// thousand 16 MiB, and so on, doubling every thousand. The first thousand hold
// 7.8 GiB, which is four hours of 1080p; all 10,000 hold 7.8 TiB, more than the
// largest object of 5 TiB; no part exceeds 4 GiB. Loss after a crash is at
// most the part being filled, so early parts are small.
type Plan struct {
	Size int64 `json:"size,omitempty"` // of all parts when not 0, in bytes
}

// PartSize returns the size of part n (1 to 10,000) in bytes, if it is not the
// last.
func (p Plan) PartSize(n int32) int64 {
	if p.Size > 0 {
		return p.Size
	}
	return firstPartSize << ((n - 1) / partsPerStep)
}

// Offset returns where part n begins in the file.
func (p Plan) Offset(n int32) int64 {
	if p.Size > 0 {
		return int64(n-1) * p.Size
	}
	steps, rest := int64(n-1)/partsPerStep, int64(n-1)%partsPerStep
	return partsPerStep*firstPartSize*(1<<steps-1) + rest*firstPartSize<<steps
}

// Count returns how many parts a file of size bytes has. The error says that
// it is too large.
func (p Plan) Count(size int64) (int32, error) {
	if size > p.limit() {
		return 0, fmt.Errorf("%d bytes are more than the %d that an upload can hold", size, p.limit())
	}
	n := int32(1)
	for n < s3.MaxParts && p.Offset(n+1) < size {
		n++
	}
	return n, nil
}

// limit returns the size of the largest file.
func (p Plan) limit() int64 {
	return min(MaxObjectSize, p.Offset(s3.MaxParts)+p.PartSize(s3.MaxParts))
}

// partSum is what is known of a finished part.
type partSum struct {
	Number int32
	Size   int64
	ETag   string // as the server gave it, with its quotes
	CRC    uint32 // CRC32C
	MD5    [16]byte
	Early  bool // sent before the file was finished, and overlaps the head
}

// sent returns what the store is told of the part.
func (p partSum) sent() s3.Part {
	return s3.Part{Number: p.Number, Size: p.Size, CRC: p.CRC, ETag: p.ETag}
}

// view is what due decides from.
type view struct {
	plan  Plan
	known int64 // bytes on disk
	final bool  // known is the size of the finished file
	head  int64 // bytes at the start that finishing rewrites
	done  map[int32]partSum
	busy  map[int32]bool
	tail  bool // the part that is being filled is due as far as it has come
}

// due returns the number of the part to send next, 0 if there is none now, and
// whether everything has been sent.
//
// Parts go in the order of the file. Those over the head are sent (again) when
// the file is finished and all others are on their way, from the last one back, and
// part 1 when all of them are there: until the new part 1 is there the bucket holds the
// unfinished file, to which the head is room that nobody reads, and from then on the
// finished one.
func due(v view) (n int32, all bool) {
	count := int32(s3.MaxParts)
	if v.final {
		var err error
		if count, err = v.plan.Count(v.known); err != nil {
			return 0, false
		}
	}
	again, first := int32(0), false
	for n := int32(1); n <= count; n++ {
		start, end := v.plan.Offset(n), v.plan.Offset(n)+v.plan.PartSize(n)
		if !v.final && end > v.known {
			if v.tail && v.known-start > v.done[n].Size && !v.busy[n] {
				return n, false
			}
			return 0, false
		}
		if v.final {
			end = min(end, v.known)
		}
		part, sent := v.done[n]
		if sent && part.Size != end-start {
			sent = false // the file got another length than was announced
		}
		switch {
		case v.busy[n]:
		case v.final && start < v.head:
			switch {
			case sent && !part.Early:
			case n == 1:
				first = true
			default:
				again = n
			}
		case !sent:
			return n, false
		}
	}
	switch {
	case again > 0:
		return again, false
	case len(v.busy) > 0:
		return 0, false
	case first:
		return 1, false
	}
	return 0, v.final
}
