package demo

import (
	"context"
	"slices"
	"sync"
	"time"
)

// member is somebody in a room, with the tracks that are published.
type member struct {
	Participant
	Sharing bool         `json:"sharing"`
	tracks  []*publisher // sound and picture
	screen  *publisher   // nil for who never shares
}

// room is a set of members, a script that says who is there when, and the
// visitors who watch.
type room struct {
	members []*member
	script  script

	begin sync.Once
	begun chan struct{} // closed when the first visitor has come
	start time.Time

	mu       sync.Mutex
	ended    bool
	visitors map[*visitor]struct{}
}

// script tells what goes on at t since the room's start.
type script struct {
	present func(id string, t time.Duration) bool
	sharing func(id string, t time.Duration) bool
	speaker func(t time.Duration) string
}

func newRoom(members []*member, s script) *room {
	return &room{members: members, script: s, begun: make(chan struct{}), visitors: map[*visitor]struct{}{}}
}

// run publishes the members' media, and tells the visitors of each change,
// until ctx ends. The script begins when the first visitor comes.
func (r *room) run(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-r.begun:
	}
	var all sync.WaitGroup
	defer all.Wait()
	for _, m := range r.members {
		absent := func(t time.Duration) bool { return !r.script.present(m.ID, t) }
		for _, p := range m.tracks {
			all.Go(func() { p.run(ctx, r.start, absent) })
		}
		if m.screen != nil {
			hidden := func(t time.Duration) bool { return absent(t) || !r.script.sharing(m.ID, t) }
			all.Go(func() { m.screen.run(ctx, r.start, hidden) })
		}
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var last scene
	for {
		if now := r.scene(); !now.equal(last) {
			last = now
			r.mu.Lock()
			for v := range r.visitors {
				v.show(now)
			}
			r.mu.Unlock()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// scene is what a visitor is to see.
type scene struct {
	members []member // present, with Sharing set
	speaker string
	ended   bool
}

func (s scene) equal(t scene) bool {
	return s.speaker == t.speaker && s.ended == t.ended &&
		slices.EqualFunc(s.members, t.members, func(a, b member) bool { return a.ID == b.ID && a.Sharing == b.Sharing })
}

// scene returns what goes on now.
func (r *room) scene() scene {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return scene{ended: true}
	}
	t := time.Since(r.start)
	s := scene{speaker: r.script.speaker(t)}
	for _, m := range r.members {
		if r.script.present(m.ID, t) {
			now := *m
			now.Sharing = m.screen != nil && r.script.sharing(m.ID, t)
			s.members = append(s.members, now)
		}
	}
	return s
}

// enter adds a visitor; the first one begins the script.
func (r *room) enter(v *visitor) {
	r.begin.Do(func() {
		r.start = time.Now()
		close(r.begun)
	})
	now := r.scene()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.visitors[v] = struct{}{}
	v.show(now)
}

func (r *room) leave(v *visitor) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.visitors, v)
}

// end tells all visitors that the room is over.
func (r *room) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	for v := range r.visitors {
		v.show(scene{ended: true})
	}
}
