package layout

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
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

	// MessageOpened is the first of a new document in the main frame: whoever was on
	// the one before has left, and what was chosen while recording (the layout, the
	// filter) has to be chosen again.
	MessageOpened = "opened"
	// MessageLoaded says, once a document, that it has loaded and shows something,
	// though it may not be ready: Text is what it still waits for.
	MessageLoaded = "loaded"
	// MessageNotice is something that whoever gets the recording should know; Text
	// says it.
	MessageNotice = "notice"

	// MessageTracks lists the tracks whose frames the page hands out (see ParseMedia),
	// MessagePlayed tells which of their frames were played when.
	MessageTracks = "tracks"
	MessagePlayed = "played"
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
	Tracks []Track  `json:"tracks"`
	Now    float64  `json:"now"` // when MessagePlayed was sent: ms since 1970, on the page's clock
	Played []Played `json:"played"`
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
	longestText    = 500     // bytes of a text or a name
	longestMessage = 8000    // bytes of what was written in a chat
	longestPayload = 4 << 20 // bytes of a message; 2000 people with the longest names are less
	mostPeople     = 2000
	mostRoles      = 50
	mostTracks     = 4 * mostPeople
)

// ParseMessage reads a message. Any page can send anything, so whatever is not
// a known message is an error, what is too long is cut, and texts have no control
// characters: they may be printed on a terminal and in a CI log.
func ParseMessage(payload string) (Message, error) {
	if len(payload) > longestPayload {
		return Message{}, fmt.Errorf("read message of the page: %d bytes are too many", len(payload))
	}
	var m Message
	if err := json.Unmarshal([]byte(payload), &m); err != nil {
		return Message{}, fmt.Errorf("read message of the page: %w", err)
	}
	switch m.Type {
	case MessageReady, MessageStop, MessageFail, MessageJoined, MessageWaiting, MessageRefused, MessageEnded,
		MessageKicked, MessageReconnecting, MessageReconnected, MessagePeople, MessageLayout,
		MessageOpened, MessageLoaded, MessageNotice, MessageTracks, MessagePlayed:
	case MessageSpeaking:
		if m.ID == "" {
			return Message{}, fmt.Errorf("read message of the page: nobody speaks")
		}
	case MessageChat:
		if m.Chat == nil {
			return Message{}, fmt.Errorf("read message of the page: chat without a text")
		}
	default:
		return Message{}, fmt.Errorf("read message of the page: unknown type %.40q", m.Type)
	}
	m.clean()
	return m, nil
}

// clean makes all texts harmless and short.
func (m *Message) clean() {
	for _, s := range []*string{&m.Text, &m.ID, &m.Layout} {
		*s = line(*s, longestText)
	}
	m.People = m.People[:min(len(m.People), mostPeople)]
	for i := range m.People {
		p := &m.People[i]
		for _, s := range []*string{&p.ID, &p.Name, &p.Role} {
			*s = line(*s, longestText)
		}
	}
	m.Tracks, m.Played = m.Tracks[:min(len(m.Tracks), mostTracks)], m.Played[:min(len(m.Played), mostTracks)]
	for i := range m.Tracks {
		t := &m.Tracks[i]
		for _, s := range []*string{&t.Number, &t.Kind, &t.Track, &t.Stream, &t.Person, &t.Name, &t.Role, &t.Medium} {
			*s = line(*s, longestText)
		}
	}
	if m.Chat == nil {
		return
	}
	c := m.Chat
	for _, s := range []*string{&c.ID, &c.SenderID, &c.SenderName, &c.SenderUserID, &c.Type} {
		*s = line(*s, longestText)
	}
	c.Text = cut(strings.Map(harmlessOr('\n'), strings.ReplaceAll(c.Text, "\r\n", "\n")), longestMessage)
	c.Roles = c.Roles[:min(len(c.Roles), mostRoles)]
	for i := range c.Roles {
		c.Roles[i] = line(c.Roles[i], longestText)
	}
}

// line returns a text as one line of at most n bytes, without what a terminal
// would obey.
func line(s string, n int) string {
	return strings.TrimSpace(cut(strings.Map(harmlessOr(' '), s), n))
}

// harmlessOr maps what is no text: C0, C1, separators of lines, and what turns the
// direction of the text after it (Unicode Standard Annex 9). newline stands for the
// end of a line.
func harmlessOr(newline rune) func(rune) rune {
	return func(r rune) rune {
		switch {
		case r == '\n', r == '\u2028', r == '\u2029':
			return newline
		case unicode.IsControl(r):
			return ' '
		case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}
}

// cut returns at most the first n bytes of s, whole characters only.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// FromOtherOrigin returns what a message is worth that a frame of another origin
// sent: such a frame can say that it has something to record, and no more. It may
// say so again and again, for as long as it has.
func (m Message) FromOtherOrigin() (Message, bool) {
	return m, m.Type == MessageReady
}

// FromConsole returns the message that a call of the console with these arguments
// stands for: LiveKit Egress templates begin and end a recording that way. It is to
// be asked for the main frame of a custom layout page only (Plan.Custom): on any
// other page the same words may be a chat message that the page logs.
func FromConsole(arguments ...string) (Message, bool) {
	for _, argument := range arguments {
		switch argument {
		case "START_RECORDING":
			return Message{Type: MessageReady, Text: "START_RECORDING on the console"}, true
		case "END_RECORDING":
			return Message{Type: MessageStop, Text: "END_RECORDING on the console"}, true
		}
	}
	return Message{}, false
}
