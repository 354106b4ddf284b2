package roster

import (
	"slices"
	"strings"
	"sync"
	"time"

	"beam/capture"
	"beam/layout"
)

// Roster is what is known of the people in the room: who came, left and spoke,
// what was written, and which instants are worth a chapter. Its methods may be
// called from any goroutine.
type Roster struct {
	kinds ChapterKinds
	named bool // the platform tells who is in the room, so an empty room is known to be empty

	mu           sync.Mutex
	begun        capture.Time // 0 before the recording
	foreign      capture.Time // when a frame of another origin told last that it has media; 0 for never
	joined       bool
	seen         bool // anybody at all
	people       []*attendee
	messages     []layout.Chat
	marks        []Mark
	layout       string // on the screen, as the page told
	lastSpeaker  string
	emptyFrom    capture.Time // since when nobody is there; 0 if somebody is
	disconnected capture.Time // since when the room is connecting again; 0 if it is connected
}

// attendee is somebody who is or was in the room.
type attendee struct {
	layout.Person
	present, spoke []interval
	sharing        bool
}

// interval is an interval of time; To is 0 while it lasts.
type interval struct{ From, To capture.Time }

// Mark is an instant worth a chapter.
type Mark struct {
	at   capture.Time
	text string
}

// What a page can make a recording keep.
const (
	mostAttendees = 5000
	mostIntervals = 20000 // of one attendee
	mostChat      = 50000
	mostMarks     = 5000
)

// New returns the roster of a room that nobody is known to be in yet; kinds are what
// becomes a chapter, layout is the one asked for.
func New(kinds ChapterKinds, named bool, layout string) *Roster {
	return &Roster{kinds: kinds, named: named, layout: layout}
}

// Begin tells that the recording begins.
func (m *Roster) Begin(at capture.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.begun = at
	if m.emptyFrom != 0 || (m.joined && m.named && !m.anybody()) {
		m.emptyFrom = at
	}
}

// Hear takes a message of the page. It returns true for one that somebody has
// to act upon.
func (m *Roster) Hear(now capture.Time, msg layout.Message) (act bool) {
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
		if len(m.messages) < mostChat {
			m.messages = append(m.messages, *msg.Chat)
		}
		return false
	case layout.MessageLayout:
		if m.layout != "" && m.layout != msg.Layout && m.kinds.layout {
			m.addMark(now, "Layout: "+msg.Layout)
		}
		m.layout = msg.Layout
		return false
	case layout.MessageOpened:
		// Whoever was on the page before has left with it.
		if m.anybody() {
			m.update(now, nil)
		}
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
func (m *Roster) update(now capture.Time, people []layout.Person) {
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
		a.present = begin(a.present, now)
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

func (m *Roster) shared(now capture.Time, a *attendee) {
	if !m.kinds.share || !a.Shown {
		return
	}
	what := " shares a screen"
	if !a.sharing {
		what = " stops sharing"
	}
	m.addMark(now, a.label()+what)
}

// speaks notes that somebody begins or ends to speak.
func (m *Roster) speaks(now capture.Time, id string, on bool) {
	a := m.find(id)
	if a == nil {
		return
	}
	if !on {
		a.spoke = end(a.spoke, now)
		return
	}
	a.spoke = begin(a.spoke, now)
	if m.kinds.speaker && m.lastSpeaker != id && a.Shown {
		m.addMark(now, a.label()+" speaks")
	}
	m.lastSpeaker = id
}

func (m *Roster) find(id string) *attendee {
	i := slices.IndexFunc(m.people, func(a *attendee) bool { return a.ID == id })
	if i < 0 {
		return nil
	}
	return m.people[i]
}

func (m *Roster) anybody() bool {
	return slices.ContainsFunc(m.people, func(a *attendee) bool { return lasts(a.present) })
}

func (a *attendee) leave(now capture.Time) {
	a.present = end(a.present, now)
	a.spoke = end(a.spoke, now)
}

// label names somebody for people.
func (a *attendee) label() string {
	if a.Name != "" {
		return a.Name
	}
	return "participant " + a.ID
}

// begin adds an interval that begins now, unless one lasts.
func begin(s []interval, now capture.Time) []interval {
	if lasts(s) || len(s) == mostIntervals {
		return s
	}
	return append(s, interval{From: now})
}

// end ends the interval that lasts, if one does.
func end(s []interval, now capture.Time) []interval {
	if lasts(s) {
		s[len(s)-1].To = now
	}
	return s
}

func lasts(s []interval) bool { return len(s) > 0 && s[len(s)-1].To == 0 }

// addMark adds a chapter. What comes before the recording is none.
func (m *Roster) addMark(at capture.Time, text string) {
	if m.begun == 0 || len(m.marks) == mostMarks {
		return
	}
	m.marks = append(m.marks, Mark{at, text})
}

// AddChapter adds a chapter that the user or the recorder asks for.
func (m *Roster) AddChapter(at capture.Time, text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.addMark(at, strings.TrimSpace(text))
}

// Paused tells that a pause begins at now.
func (m *Roster) Paused(now capture.Time) {
	if m.kinds.pause {
		m.AddChapter(now, "Pause")
	}
}

// Foreign tells that a frame of another origin has media: nothing else is known of
// the people there.
func (m *Roster) Foreign(now capture.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.foreign = now
}

// foreignSilence is how long a frame of another origin may tell nothing before it
// has no media any more: it tells every two seconds.
const foreignSilence = 7 * time.Second

// Rejoined tells that the page was joined anew.
func (m *Roster) Rejoined() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.disconnected = 0
}
