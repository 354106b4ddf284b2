package roster

import (
	"slices"
	"time"

	"beam/capture"
	"beam/layout"
)

// Alone returns since when the room has been empty, and without a connection;
// 0 for a room that is not, or where nobody can tell.
func (m *Roster) Alone(now capture.Time) (empty, disconnected time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.emptyFrom != 0 {
		empty = now.Sub(m.emptyFrom)
	}
	// Where nobody is known, those in a frame of another origin may have been all.
	if m.foreign != 0 && m.emptyFrom == 0 && !m.anybody() && now.Sub(m.foreign) > foreignSilence {
		empty = now.Sub(m.foreign)
	}
	if m.disconnected != 0 {
		disconnected = now.Sub(m.disconnected)
	}
	return empty, disconnected
}

// Presence tells whether the recorder is in the room, and whether anybody there
// publishes anything.
func (m *Roster) Presence() (joined, publishing bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.people {
		publishing = publishing || lasts(a.present) && (a.Camera || a.Microphone || a.Screen)
	}
	return m.joined, publishing
}

// Count returns how many people are in the room, and how many of them are
// recorded.
func (m *Roster) Count() (here, shown int) {
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

// ShownLayout returns the layout that the page says is on the screen.
func (m *Roster) ShownLayout() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.layout
}

// Marks returns the chapters.
func (m *Roster) Marks() []Mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.marks)
}

// Chat returns the chat.
func (m *Roster) Chat() []layout.Chat {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.messages)
}
