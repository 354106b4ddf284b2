package beam

import (
	"slices"
	"strings"
	"sync"
	"time"

	"beam/capture"
	"beam/layout"
)

// meeting is what is known of the people in the room: who came, left and spoke,
// what was written, and which instants are worth a chapter. Its methods may be
// called from any goroutine.
type meeting struct {
	chapters chapterKinds
	named    bool // the platform tells who is in the room, so an empty room is known to be empty

	mu           sync.Mutex
	begun        Time // 0 before the recording
	joined       bool
	seen         bool // anybody at all
	people       []*attendee
	chat         []layout.Chat
	marks        []mark
	layout       string // on the screen, as the page told
	chosen       string // by a command
	lastSpeaker  string
	emptyFrom    Time // since when nobody is there; 0 if somebody is
	disconnected Time // since when the room is connecting again; 0 if it is connected
}

// attendee is somebody who is or was in the room.
type attendee struct {
	layout.Person
	present, spoke []stretch
	sharing        bool
}

// stretch is a stretch of time; To is 0 while it lasts.
type stretch struct{ From, To Time }

// mark is an instant worth a chapter.
type mark struct {
	at   Time
	text string
}

// What a page can make a recording keep.
const (
	mostAttendees = 5000
	mostStretches = 20000 // of one attendee
	mostChat      = 50000
	mostMarks     = 5000
)

func newMeeting(kinds chapterKinds, named bool, layout string) *meeting {
	return &meeting{chapters: kinds, named: named, layout: layout}
}

// begin tells that the recording begins.
func (m *meeting) begin(at Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.begun = at
	if m.emptyFrom != 0 || (m.joined && m.named && !m.anybody()) {
		m.emptyFrom = at
	}
}

// hear takes a message of the page. It returns true for one that somebody has
// to act upon.
func (m *meeting) hear(msg layout.Message) (act bool) {
	now := capture.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	switch msg.Type {
	case layout.MessagePeople:
		m.update(now, msg.People)
		return false
	case layout.MessageSpeaking:
		m.speaks(now, msg.ID, msg.On)
		return false
	case layout.MessageChat:
		if len(m.chat) < mostChat {
			m.chat = append(m.chat, *msg.Chat)
		}
		return false
	case layout.MessageLayout:
		if m.layout != "" && m.layout != msg.Layout && m.chapters.layout {
			m.mark(now, "Layout: "+msg.Layout)
		}
		m.layout = msg.Layout
		return false
	case layout.MessageJoined:
		m.joined, m.disconnected = true, 0
		if m.named && !m.anybody() && m.emptyFrom == 0 {
			m.emptyFrom = now
		}
	case layout.MessageReconnecting:
		if m.disconnected == 0 {
			m.disconnected = now
		}
	case layout.MessageReconnected:
		m.disconnected = 0
	}
	return true
}

// update takes the list of those who are in the room now.
func (m *meeting) update(now Time, people []layout.Person) {
	here := map[string]bool{}
	for _, p := range people {
		here[p.ID] = true
		a := m.find(p.ID)
		if a == nil {
			if len(m.people) == mostAttendees {
				continue
			}
			a = &attendee{}
			m.people = append(m.people, a)
		}
		if a.Name != "" && p.Name == "" {
			p.Name = a.Name
		}
		a.Person = p
		a.present = open(a.present, now)
		if a.sharing != p.Screen {
			a.sharing = p.Screen
			m.shared(now, a)
		}
	}
	for _, a := range m.people {
		if !here[a.ID] {
			a.leave(now)
			if a.sharing {
				a.sharing = false
				m.shared(now, a)
			}
		}
	}
	switch {
	case len(people) > 0:
		m.seen, m.emptyFrom = true, 0
	case m.emptyFrom == 0 && (m.seen || m.named):
		m.emptyFrom = now
	}
}

func (m *meeting) shared(now Time, a *attendee) {
	if !m.chapters.share || !a.Shown {
		return
	}
	what := " shares a screen"
	if !a.sharing {
		what = " stops sharing"
	}
	m.mark(now, a.label()+what)
}

// speaks notes that somebody begins or ends to speak.
func (m *meeting) speaks(now Time, id string, on bool) {
	a := m.find(id)
	if a == nil {
		return
	}
	if !on {
		a.spoke = shut(a.spoke, now)
		return
	}
	a.spoke = open(a.spoke, now)
	if m.chapters.speaker && m.lastSpeaker != id && a.Shown {
		m.mark(now, a.label()+" speaks")
	}
	m.lastSpeaker = id
}

func (m *meeting) find(id string) *attendee {
	i := slices.IndexFunc(m.people, func(a *attendee) bool { return a.ID == id })
	if i < 0 {
		return nil
	}
	return m.people[i]
}

func (m *meeting) anybody() bool {
	return slices.ContainsFunc(m.people, func(a *attendee) bool { return lasts(a.present) })
}

func (a *attendee) leave(now Time) {
	a.present = shut(a.present, now)
	a.spoke = shut(a.spoke, now)
}

// label names somebody for people.
func (a *attendee) label() string {
	if a.Name != "" {
		return a.Name
	}
	return "participant " + a.ID
}

// open adds a stretch that begins now, unless one lasts.
func open(s []stretch, now Time) []stretch {
	if lasts(s) || len(s) == mostStretches {
		return s
	}
	return append(s, stretch{From: now})
}

// shut ends the stretch that lasts, if one does.
func shut(s []stretch, now Time) []stretch {
	if lasts(s) {
		s[len(s)-1].To = now
	}
	return s
}

func lasts(s []stretch) bool { return len(s) > 0 && s[len(s)-1].To == 0 }

// mark adds a chapter. What comes before the recording is none.
func (m *meeting) mark(at Time, text string) {
	if m.begun == 0 || len(m.marks) == mostMarks {
		return
	}
	m.marks = append(m.marks, mark{at, text})
}

// note adds a chapter by the user's or the recorder's own wish.
func (m *meeting) note(at Time, text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mark(at, strings.TrimSpace(text))
}

// rejoined tells that the page was joined anew.
func (m *meeting) rejoined() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.disconnected = 0
}

// alone returns since when the room has been empty, and without a connection;
// 0 for a room that is not, or where nobody can tell.
func (m *meeting) alone(now Time) (empty, disconnected time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.emptyFrom != 0 {
		empty = now.Sub(m.emptyFrom)
	}
	if m.disconnected != 0 {
		disconnected = now.Sub(m.disconnected)
	}
	return empty, disconnected
}

// presence tells whether the recorder is in the room, and whether anybody there
// publishes anything.
func (m *meeting) presence() (joined, publishing bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.people {
		publishing = publishing || lasts(a.present) && (a.Camera || a.Microphone || a.Screen)
	}
	return m.joined, publishing
}

// count returns how many people are in the room, and how many of them are
// recorded.
func (m *meeting) count() (here, shown int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.people {
		if lasts(a.present) {
			here++
			if a.Shown {
				shown++
			}
		}
	}
	return here, shown
}

// choose notes the layout that a command set.
func (m *meeting) choose(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.chosen = name
}

func (m *meeting) chosenLayout() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.chosen
}

// shownLayout returns the layout that the page says is on the screen.
func (m *meeting) shownLayout() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.layout
}

// noted returns the chapters.
func (m *meeting) noted() []mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.marks)
}

// written returns the chat.
func (m *meeting) written() []layout.Chat {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.chat)
}
