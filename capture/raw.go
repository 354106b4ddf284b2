package capture

import (
	"sync"
	"sync/atomic"
)

// Raw is an uncompressed picture in I420: the Y plane, width*height bytes, and
// then Cb and Cr, a quarter of that each, without padding; BT.709, limited
// range (16 to 235, 16 to 240). Its memory goes back to its pool with the last
// reference.
type Raw struct {
	Pix  []byte
	pool *RawPool
	refs atomic.Int32
}

// Retain takes one more reference.
func (r *Raw) Retain() { r.refs.Add(1) }

// Release gives up a reference. After the last one Pix belongs to somebody else.
func (r *Raw) Release() {
	switch left := r.refs.Add(-1); {
	case left == 0:
		r.pool.put(r)
	case left < 0:
		panic("capture: a raw picture was released more often than it was retained")
	}
}

// RawPool hands out memory for raw pictures of one size. Fresh memory is slow:
// the kernel clears it page by page, 760 of them for a picture at 1080p. It may
// be used from any goroutine.
type RawPool struct {
	size int // bytes of a picture
	keep int // pictures kept for later

	mu   sync.Mutex
	free []*Raw
}

// NewRawPool returns a pool for pictures of the given size, whose width and
// height have to be even. It keeps at most keep pictures that nobody uses.
func NewRawPool(size Size, keep int) *RawPool {
	return &RawPool{size: size.Pixels() * 3 / 2, keep: keep}
}

// Get returns a picture with one reference and any content.
func (p *RawPool) Get() *Raw {
	p.mu.Lock()
	defer p.mu.Unlock()
	var r *Raw
	if n := len(p.free); n > 0 {
		r, p.free = p.free[n-1], p.free[:n-1]
	} else {
		r = &Raw{Pix: make([]byte, p.size), pool: p}
	}
	r.refs.Store(1)
	return r
}

func (p *RawPool) put(r *Raw) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) < p.keep {
		p.free = append(p.free, r)
	}
}
