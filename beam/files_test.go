package beam

import (
	"errors"
	"testing"

	"beam/beam/fault"
)

func TestEnoughFiles(t *testing.T) {
	for _, c := range []struct {
		limit uint64
		err   error
		fails bool
	}{{20000, nil, false}, {leastFiles, nil, false}, {leastFiles - 1, nil, true}, {20000, errors.New("not permitted"), true}} {
		err := enoughFiles(func(wanted uint64) (uint64, error) {
			if wanted != wantedFiles {
				t.Errorf("raised to %d", wanted)
			}
			return c.limit, c.err
		})
		if c.fails != (err != nil) || c.fails && (fault.ClassOf(err) != fault.ClassUsage || fault.Hint(err) == "") {
			t.Errorf("%d, %v: %v", c.limit, c.err, err)
		}
	}
}
