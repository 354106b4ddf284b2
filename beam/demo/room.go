package demo

import (
	"context"
	"sync"
	"time"
)

// member is somebody in a room.
type member struct {
	Participant
	present span
	shares  span // when a screen is shared; only with screen
	turn    int  // place in the order of speaking, -1 for who never speaks
	sources []*source
	screen  *source // or nil
}

// scene is what goes on in a room at one time. It is comparable.
type scene struct {
	present uint64 // bit i: member i is there
	sharing uint64 // bit i: member i shares a screen
	speaker int    // index of a member, -1 for nobody
	ended   bool
}

func (s scene) has(i int) bool    { return s.present>>i&1 == 1 }
func (s scene) shares(i int) bool { return s.sharing>>i&1 == 1 }

// room is its members, who follow the script, and its viewers.
type room struct {
	name    string
	clock   mediaClock
	members []*member

	occupied chan struct{} // the first viewer has come
	mu       sync.Mutex
	viewers  map[*viewer]struct{}
	pause    context.CancelFunc // ends the script when the last viewer goes; nil when it isn't running
	scene    scene
	ended    bool
}

func newRoom(name string, clock mediaClock, members []*member) *room {
	r := &room{
		name: name, clock: clock, members: members,
		occupied: make(chan struct{}, 1), viewers: map[*viewer]struct{}{},
	}
	r.scene = r.sceneAt(0)
	return r
}

// sceneAt returns what the script says for t.
func (r *room) sceneAt(t time.Duration) scene {
	s := scene{speaker: -1}
	for i, m := range r.members {
		if !m.present.holds(t) {
			continue
		}
		s.present |= 1 << i
		if m.screen != nil && m.shares.holds(t) {
			s.sharing |= 1 << i
		}
		if m.turn >= 0 && speaks(m.turn, t) {
			s.speaker = i
		}
	}
	return s
}

// run plays the script whenever there are viewers, until ctx ends.
func (r *room) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.occupied:
			r.play(ctx)
		}
	}
}

// play plays the script from its start until the last viewer goes.
func (r *room) play(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.mu.Lock()
	if len(r.viewers) == 0 || r.ended {
		r.mu.Unlock()
		return
	}
	r.pause = cancel
	r.mu.Unlock()
	var sources []*source
	for _, m := range r.members {
		sources = append(sources, m.sources...)
		if m.screen != nil {
			sources = append(sources, m.screen)
		}
	}
	// A whole millisecond of the media clock, so that RTP times are exact.
	start := r.clock.epoch.Add(r.clock.since(time.Now()).Truncate(time.Millisecond))
	pace(ctx, r.clock, start, sources, func(t time.Duration) { r.show(ctx, r.sceneAt(t)) })
}

// show makes s the present scene and tells the viewers when it is another one.
// Once ctx has ended, which happens under the lock, the script that s comes from
// is over.
func (r *room) show(ctx context.Context, s scene) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() != nil || s == r.scene {
		return
	}
	r.scene = s
	for v := range r.viewers {
		v.poke()
	}
}

func (r *room) present() scene {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.scene
}

func (r *room) enter(v *viewer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.viewers[v] = struct{}{}
	if len(r.viewers) > 1 {
		return
	}
	if r.ended {
		return
	}
	r.scene = r.sceneAt(0)
	select {
	case r.occupied <- struct{}{}:
	default:
	}
}

func (r *room) leave(v *viewer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.viewers, v)
	if len(r.viewers) == 0 && r.pause != nil {
		r.pause()
		r.pause = nil
	}
}

// end ends the meeting for good.
func (r *room) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	r.scene = scene{speaker: -1, ended: true}
	for v := range r.viewers {
		v.poke()
	}
	if r.pause != nil {
		r.pause()
		r.pause = nil
	}
}
