package demo

// The types of messages; doc.go describes them.
const (
	messageRoster = "roster"
	messageOffer  = "offer"
	messageAnswer = "answer"
	messageEnded  = "ended"
)

// message is what goes over a viewer's WebSocket, either way.
type message struct {
	Type         string  `json:"type"`
	SDP          string  `json:"sdp,omitempty"`
	Participants []entry `json:"participants,omitempty"`
}

// entry is one participant of a roster.
type entry struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Role     string `json:"role"`
	Sharing  bool   `json:"sharing"`  // a screen, in the stream ID + "-screen"
	Speaking bool   `json:"speaking"` // at most one does
}

// roster returns who is there in a scene.
func (r *room) roster(s scene) message {
	m := message{Type: messageRoster}
	for i, p := range r.members {
		if s.has(i) {
			m.Participants = append(m.Participants, entry{p.ID, p.Name, p.Role, s.shares(i), i == s.speaker})
		}
	}
	return m
}

// sending returns the sources that a viewer gets in a scene.
func (r *room) sending(s scene) []*source {
	var all []*source
	for i, m := range r.members {
		if s.has(i) {
			all = append(all, m.sources...)
		}
		if s.shares(i) {
			all = append(all, m.screen)
		}
	}
	return all
}
