package procstat

import "testing"

func TestFilesLimit(t *testing.T) {
	for _, c := range []struct{ soft, hard, want uint64 }{
		{1024, 1 << 20, 4096},
		{64, 64, 64},
		{1024, 2048, 2048},
		{20000, 20000, 20000},
		{1 << 30, 1 << 30, mostFiles},
	} {
		if got := filesLimit(c.soft, c.hard, 4096); got != c.want {
			t.Errorf("of %d and %d at most: %d, want %d", c.soft, c.hard, got, c.want)
		}
	}
}
