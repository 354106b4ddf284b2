package s3

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"testing"
)

// refusal is an answer with a status.
type refusal struct {
	kind   Kind
	status int
}

func (refusal) Error() string         { return "refused" }
func (r refusal) Kind() Kind          { return r.kind }
func (r refusal) HTTPStatusCode() int { return r.status }

func TestLadder(t *testing.T) {
	missing := refusal{KindUnsupported, http.StatusNotImplemented}
	invalid := refusal{KindRefused, http.StatusBadRequest}
	denied := refusal{KindRefused, http.StatusForbidden}
	busy := refusal{KindRetry, http.StatusServiceUnavailable}
	all := []string{ChecksumFull, ChecksumParts, ChecksumNone}
	for _, test := range []struct {
		name       string
		noChecksum bool
		answers    map[string]error // by checksum; none is success
		tried      []string
		best       string // afterwards
		err        error
	}{
		{name: "all is well", tried: all[:1], best: ChecksumFull},
		{name: "only of the parts", answers: map[string]error{ChecksumFull: missing}, tried: all[:2], best: ChecksumParts},
		{name: "none", answers: map[string]error{ChecksumFull: missing, ChecksumParts: invalid}, tried: all, best: ChecksumNone},
		{name: "none is wanted", noChecksum: true, tried: all[2:], best: ChecksumNone},
		{
			name:    "it was something else",
			answers: map[string]error{ChecksumFull: invalid, ChecksumParts: missing, ChecksumNone: missing}, tried: all, best: ChecksumFull, err: invalid,
		},
		{name: "denied", answers: map[string]error{ChecksumFull: denied}, tried: all[:1], best: ChecksumFull, err: denied},
		{name: "busy in between", answers: map[string]error{ChecksumFull: missing, ChecksumParts: busy}, tried: all[:2], best: ChecksumParts, err: busy},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := NewLadder(test.noChecksum, slog.New(slog.DiscardHandler))
			var tried []string
			used, err := l.Try(func(checksum string) error {
				tried = append(tried, checksum)
				return test.answers[checksum]
			})
			if !errors.Is(err, test.err) || !slices.Equal(tried, test.tried) || l.Best() != test.best {
				t.Errorf("tried %q, %v; now %q", tried, err, l.Best())
			}
			if err == nil && used != test.best {
				t.Errorf("it says %q", used)
			}
		})
	}
	// What is known is never forgotten by what comes later.
	l := NewLadder(false, slog.New(slog.DiscardHandler))
	l.Refused(ChecksumParts)
	if next, ok := l.Refused(ChecksumFull); next != ChecksumNone || !ok {
		t.Errorf("after the parts the whole: %q, %v", next, ok)
	}
	if _, ok := l.Refused(ChecksumNone); ok {
		t.Error("there is something below none")
	}
}
