package s3

import (
	"log/slog"
	"net/http"
	"slices"
	"sync"
)

// Ladder is which checksum a store takes: one that it refuses, at the beginning of
// an upload, at a part or at its end, is not sent to it again. Its methods are safe
// for concurrent use.
type Ladder struct {
	log *slog.Logger

	mu   sync.Mutex
	rung string
}

// NewLadder returns a ladder of which nothing is known to be refused. With
// noChecksum none is ever sent.
func NewLadder(noChecksum bool, log *slog.Logger) *Ladder {
	l := &Ladder{log: log, rung: ChecksumFull}
	if noChecksum {
		l.rung = ChecksumNone
	}
	return l
}

// rungs are the checksums from the best one down.
var rungs = []string{ChecksumFull, ChecksumParts, ChecksumNone}

// Best returns the best checksum that the store has not refused.
func (l *Ladder) Best() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rung
}

// Refused tells that the store refuses a checksum, and returns the next one to
// try; ok is false when there is none.
func (l *Ladder) Refused(checksum string) (next string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	below := slices.Index(rungs, checksum) + 1
	if below == len(rungs) {
		return checksum, false
	}
	if slices.Index(rungs, l.rung) < below {
		l.rung = rungs[below]
		l.log.Info("the store refuses a checksum", "checksum", checksum, "next", l.rung)
	}
	return l.rung, true
}

// restore takes back what Refused noted, when the checksum was not to blame.
func (l *Ladder) restore(checksum string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rung = checksum
}

// Try tries a request with each checksum, from the best one that is not known to
// be refused, and returns the one that it worked with. When none does, the error
// is that of the first attempt: it was something else.
func (l *Ladder) Try(request func(checksum string) error) (checksum string, err error) {
	first := l.Best()
	checksum = first
	for {
		again := request(checksum)
		if again == nil {
			return checksum, nil
		}
		if err == nil {
			err = again
		}
		if !blamesChecksum(again) {
			return checksum, again
		}
		next, ok := l.Refused(checksum)
		if !ok {
			l.restore(first)
			return checksum, err
		}
		checksum = next
	}
}

// blamesChecksum tells whether a refusal can be one of the checksum: what lacks it
// says so (501), calls the request invalid, or gives 400 and a code of its own.
func blamesChecksum(err error) bool {
	kind := Classify(err)
	return kind == KindUnsupported || kind == KindRefused && Status(err) == http.StatusBadRequest
}

// checksumError is a refusal that a request without the checksum may not meet.
type checksumError struct{ err error }

func (e *checksumError) Error() string { return e.err.Error() }
func (e *checksumError) Unwrap() error { return e.err }

// Kind tells that the store lacks the checksum.
func (e *checksumError) Kind() Kind { return KindUnsupported }
