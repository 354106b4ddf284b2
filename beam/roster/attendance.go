package roster

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"beam/beam/report"
	"beam/capture"
	"beam/layout"
)

// Participants returns what is known of the people, position being where an
// instant is in the recording of the given length.
func (m *Roster) Participants(position func(capture.Time) time.Duration, length time.Duration) []report.Participant {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := []report.Participant{}
	for _, a := range m.people {
		p := report.Participant{
			ID: a.ID, Name: a.Name, Role: a.Role, Recorded: a.Shown,
			Present: spans(a.present, position, length), Spoke: spans(a.spoke, position, length),
		}
		if len(p.Present) > 0 { // else gone before the recording began
			out = append(out, p)
		}
	}
	return out
}

// spans returns intervals on the recording's time, those that fall into a pause
// left out, and those that touch joined.
func spans(intervals []interval, position func(capture.Time) time.Duration, length time.Duration) []report.Interval {
	out := []report.Interval{}
	for _, s := range intervals {
		from, to := position(s.From), length
		if s.To != 0 {
			to = position(s.To)
		}
		if to <= from {
			continue
		}
		span := report.Interval{From: report.Round(from.Seconds(), 3), To: report.Round(to.Seconds(), 3)}
		if n := len(out); n > 0 && out[n-1].To >= span.From {
			out[n-1].To = span.To
			continue
		}
		out = append(out, span)
	}
	return out
}

// WriteSpeakers writes who spoke when, those recorded only, as WebVTT
// (https://www.w3.org/TR/webvtt1/): a cue for each interval, with the name as its
// voice.
func WriteSpeakers(w io.Writer, people []report.Participant) error {
	type cue struct {
		report.Interval
		name string
	}
	var cues []cue
	for _, p := range people {
		if !p.Recorded {
			continue
		}
		name := cmp.Or(p.Name, p.ID)
		for _, s := range p.Spoke {
			cues = append(cues, cue{s, name})
		}
	}
	slices.SortStableFunc(cues, func(a, b cue) int { return int(1000*a.From) - int(1000*b.From) })
	var b strings.Builder
	b.WriteString("WEBVTT\n")
	for _, c := range cues {
		name := vttText.Replace(c.name)
		fmt.Fprintf(&b, "\n%s --> %s\n<v %s>%s\n", vttTime(c.From), vttTime(c.To), name, name)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// vttText escapes what has a meaning in a cue; a line's end would end it.
var vttText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", " ", "\n", " ", "\x00", "")

func vttTime(seconds float64) string {
	ms := int64(seconds*1000 + 0.5)
	return fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3600000, ms/60000%60, ms/1000%60, ms%1000)
}

// WriteChat writes the chat as CSV (RFC 4180), in the columns of 100ms.
func WriteChat(w io.Writer, chat []layout.Chat) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"SenderPeerID", "SenderName", "SenderUserID", "Roles", "SentAt", "Type", "Message"}}
	for _, c := range chat {
		row := []string{
			c.SenderID, c.SenderName, c.SenderUserID, strings.Join(c.Roles, ";"),
			time.UnixMilli(c.SentAt).UTC().Format(time.RFC3339Nano), c.Type, c.Text,
		}
		for i := range row {
			row[i] = noFormula(row[i])
		}
		rows = append(rows, row)
	}
	return out.WriteAll(rows)
}

// noFormula returns a cell that a spreadsheet takes for text: anybody in the room can
// write what would be a formula there (OWASP, CSV Injection).
func noFormula(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
