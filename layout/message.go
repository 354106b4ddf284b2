package layout

import (
	"encoding/json"
	"fmt"
	"strings"
)

// The kinds of messages that a page sends.
const (
	MessageReady        = "ready"        // there is something to record; Text says what
	MessageStop         = "stop"         // the page asks for the end; Text is the reason
	MessageFail         = "fail"         // the page can't be recorded; Text says why
	MessageJoined       = "joined"       // the recorder is in the room
	MessageWaiting      = "waiting"      // the recorder is in a waiting room
	MessageRefused      = "refused"      // the room does not take the recorder; Text says why
	MessageEnded        = "ended"        // the meeting is over
	MessageKicked       = "kicked"       // somebody removed the recorder
	MessageReconnecting = "reconnecting" // the room lost its connection
	MessageReconnected  = "reconnected"
	MessagePeople       = "people"   // People are those in the room
	MessageSpeaking     = "speaking" // the person ID speaks from now on, or (On false) no more
	MessageLayout       = "layout"   // Layout is on the screen
	MessageChat         = "chat"     // Chat was written
)

// ReadyLoaded is the text of MessageReady where a page has loaded and has no
// media.
const ReadyLoaded = "the page has loaded"

// Message is what the script of a plan tells through window.__beamSend. Fields
// that do not belong to the Type are zero.
type Message struct {
	Type   string   `json:"type"`
	Text   string   `json:"text"`
	ID     string   `json:"id"`
	On     bool     `json:"on"`
	Layout string   `json:"layout"`
	People []Person `json:"people"`
	Chat   *Chat    `json:"chat"`
}

// Person is somebody in the room, other than the recorder.
type Person struct {
	ID         string `json:"id"`
	Name       string `json:"name"` // empty where the platform tells none
	Role       string `json:"role"` // the same
	Shown      bool   `json:"shown"`
	Camera     bool   `json:"camera"`     // publishes a picture
	Microphone bool   `json:"microphone"` // publishes sound
	Screen     bool   `json:"screen"`     // shares a screen
}

// Chat is a message that somebody wrote in the room.
type Chat struct {
	ID           string   `json:"id"`
	SenderID     string   `json:"senderId"`
	SenderName   string   `json:"senderName"`
	SenderUserID string   `json:"senderUserId"`
	Roles        []string `json:"roles"`  // of those it was written to; empty for all
	SentAt       int64    `json:"sentAt"` // milliseconds since 1970, UTC
	Type         string   `json:"type"`
	Text         string   `json:"text"`
}

// What a page can make Beam keep and print.
const (
	longestText    = 500  // bytes of a text or a name
	longestMessage = 8000 // bytes of what was written in a chat
	mostPeople     = 2000
	mostRoles      = 50
)

// ParseMessage reads a message. Any page can send anything, so whatever is not
// a known message is an error, and what is too long is cut.
func ParseMessage(payload string) (Message, error) {
	var m Message
	if err := json.Unmarshal([]byte(payload), &m); err != nil {
		return Message{}, fmt.Errorf("read message of the page: %w", err)
	}
	switch m.Type {
	case MessageReady, MessageStop, MessageFail, MessageJoined, MessageWaiting, MessageRefused, MessageEnded,
		MessageKicked, MessageReconnecting, MessageReconnected, MessagePeople, MessageLayout:
	case MessageSpeaking:
		if m.ID == "" {
			return Message{}, fmt.Errorf("read message of the page: nobody speaks")
		}
	case MessageChat:
		if m.Chat == nil {
			return Message{}, fmt.Errorf("read message of the page: chat without a text")
		}
		m.Chat.cut()
	default:
		return Message{}, fmt.Errorf("read message of the page: unknown type %.40q", m.Type)
	}
	m.Text, m.ID, m.Layout = cut(m.Text, longestText), cut(m.ID, longestText), cut(m.Layout, longestText)
	if len(m.People) > mostPeople {
		m.People = m.People[:mostPeople]
	}
	for i := range m.People {
		p := &m.People[i]
		p.ID, p.Name, p.Role = cut(p.ID, longestText), cut(p.Name, longestText), cut(p.Role, longestText)
	}
	return m, nil
}

func (c *Chat) cut() {
	for _, s := range []*string{&c.ID, &c.SenderID, &c.SenderName, &c.SenderUserID, &c.Type} {
		*s = cut(*s, longestText)
	}
	c.Text = cut(c.Text, longestMessage)
	if len(c.Roles) > mostRoles {
		c.Roles = c.Roles[:mostRoles]
	}
	for i := range c.Roles {
		c.Roles[i] = cut(c.Roles[i], longestText)
	}
}

// cut returns at most the first n bytes of s, whole characters only.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// FromConsole returns the message that a line on the page's console stands for:
// LiveKit Egress templates begin and end a recording that way.
func FromConsole(text string) (Message, bool) {
	switch text {
	case "START_RECORDING":
		return Message{Type: MessageReady, Text: "START_RECORDING on the console"}, true
	case "END_RECORDING":
		return Message{Type: MessageStop, Text: "END_RECORDING on the console"}, true
	}
	return Message{}, false
}
