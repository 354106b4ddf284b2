package layout

import (
	"encoding/json"
	"fmt"
)

// The kinds of messages that a page sends.
const (
	MessageReady = "ready" // there is something to record; Text says what
	MessageStop  = "stop"  // the page asks for the end; Text is the reason
	MessageFail  = "fail"  // the page can't be recorded; Text says why
)

// Message is what the script of a plan tells through window.__beamSend.
type Message struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// longestText bounds what a page can make Beam keep and print, in bytes.
const longestText = 500

// ParseMessage reads a message. Any page can send anything, so whatever is not
// a known message is an error.
func ParseMessage(payload string) (Message, error) {
	var m Message
	if err := json.Unmarshal([]byte(payload), &m); err != nil {
		return Message{}, fmt.Errorf("read message of the page: %w", err)
	}
	switch m.Type {
	case MessageReady, MessageStop, MessageFail:
	default:
		return Message{}, fmt.Errorf("read message of the page: unknown type %.40q", m.Type)
	}
	if len(m.Text) > longestText {
		m.Text = m.Text[:longestText]
	}
	return m, nil
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
