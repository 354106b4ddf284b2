package chrome

import (
	"context"
	"sync"
)

// queue hands values from a goroutine that must not block to one that may. It
// holds at most limit values; further ones are counted and lost.
type queue[T any] struct {
	limit int
	wake  chan struct{}

	mu   sync.Mutex
	held []T
	lost int
}

func newQueue[T any](limit int) *queue[T] {
	return &queue[T]{limit: limit, wake: make(chan struct{}, 1)}
}

// push adds a value; it never blocks.
func (q *queue[T]) push(v T) {
	q.mu.Lock()
	if len(q.held) < q.limit {
		q.held = append(q.held, v)
	} else {
		q.lost++
	}
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// run calls f for each value, in order, until ctx ends, and overflow when
// values were lost since its last call.
func (q *queue[T]) run(ctx context.Context, f func(T), overflow func(lost int)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.wake:
		}
		q.mu.Lock()
		held, lost := q.held, q.lost
		q.held, q.lost = nil, 0
		q.mu.Unlock()
		for _, v := range held {
			if ctx.Err() != nil {
				return
			}
			f(v)
		}
		if lost > 0 {
			overflow(lost)
		}
	}
}
