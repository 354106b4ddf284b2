package s3

import (
	"context"
	"math/rand/v2"
	"time"
)

// Jitter returns the pause after attempt n, counted from 0: at random from zero
// to base*2^n, but never above limit.
func Jitter(base, limit time.Duration, n int) time.Duration {
	top := limit
	if n < 32 && base<<n > 0 {
		top = min(limit, base<<n)
	}
	return rand.N(top + 1)
}

// Sleep waits, unless ctx ends first. The error is then its cause.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
