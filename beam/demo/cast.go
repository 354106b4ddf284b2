package demo

import (
	"fmt"

	"beam/capture"
)

// The names of the rooms, as the pages ask for them.
const (
	roomCalm    = "calm"
	roomBusy    = "busy"  // with pictures that are work for an encoder
	roomCrowd   = "crowd" // with crowdSize people
	roomLipSync = "lipsync"
)

// cast returns the rooms with their members and what they send.
func cast(l *library, clock mediaClock) (map[string]*room, error) {
	rooms := map[string]*room{}
	for name, pictureOf := range map[string]func(id string) string{
		roomCalm: func(id string) string { return id },
		roomBusy: busyName,
	} {
		var members []*member
		for i, p := range Participants() {
			m := &member{Participant: p, present: presence(p.ID), turn: i}
			if err := m.send(l.pictures[pictureOf(p.ID)], l.sounds[p.ID]); err != nil {
				return nil, err
			}
			if p.ID == sharer {
				m.shares = screenShare
				screen, err := newSource(l.pictures[screenName], p.ID+"-screen", m.present, m.shares)
				if err != nil {
					return nil, err
				}
				screen.origin = int64(m.shares.from.Seconds() * screenFPS)
				m.screen = screen
			}
			members = append(members, m)
		}
		rooms[name] = newRoom(name, clock, members)
	}
	var err error
	if rooms[roomCrowd], err = crowd(l, clock); err != nil {
		return nil, err
	}
	m := &member{Participant: clapper, turn: -1}
	if err := m.send(l.pictures[clapper.ID], l.sounds[clapper.ID]); err != nil {
		return nil, err
	}
	rooms[roomLipSync] = newRoom(roomLipSync, clock, []*member{m})
	return rooms, nil
}

// crowdSize is how many people are in the crowd: four tiles by four.
const crowdSize = 16

// crowd returns a room of many people who all have the pictures of the four, all
// the time. The first four speak; the others have no sound.
func crowd(l *library, clock mediaClock) (*room, error) {
	var members []*member
	four := Participants()
	for i := range crowdSize {
		p := four[i%len(four)]
		clips := []*clip{l.pictures[p.ID]}
		m := &member{Participant: p, turn: -1}
		if i < len(four) {
			m.turn = i
			clips = append(clips, l.sounds[p.ID])
		} else {
			m.ID, m.Name = fmt.Sprintf("%s-%d", p.ID, i/len(four)+1), fmt.Sprintf("%s %d", p.Name, i/len(four)+1)
		}
		if err := m.send(clips...); err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	return newRoom(roomCrowd, clock, members), nil
}

// send makes the member send a picture and a sound.
func (m *member) send(clips ...*clip) error {
	for _, c := range clips {
		s, err := newSource(c, m.ID, m.present)
		if err != nil {
			return &capture.Fault{Class: capture.ClassEnvironment, Op: "make a track of " + m.ID, Err: err}
		}
		m.sources = append(m.sources, s)
	}
	return nil
}
