package roster

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"beam/beam/report"
	"beam/capture"
	"beam/layout"
)

func people(list ...layout.Person) layout.Message {
	return layout.Message{Type: layout.MessagePeople, People: list}
}

// identity is the position in a recording without pauses.
func identity(from capture.Time) func(capture.Time) time.Duration {
	return func(t capture.Time) time.Duration { return max(0, t.Sub(from)) }
}

func TestRoster(t *testing.T) {
	ana := layout.Person{ID: "a", Name: "Ana", Role: "host", Shown: true, Microphone: true}
	ben := layout.Person{ID: "b", Name: "Ben <b> & Söhne\n", Role: "guest", Shown: true}
	carl := layout.Person{ID: "c", Name: "Carl", Role: "guest"}
	m := New(ChapterKinds{share: true, layout: true, speaker: true}, true, "grid")
	begun := capture.Time(time.Hour)
	now := begun
	later := func() { now = now.Add(2 * time.Millisecond) }
	m.Begin(begun)
	if empty, _ := m.Alone(now); empty != 0 {
		t.Error("a room that was not joined is empty")
	}
	for _, msg := range []layout.Message{
		{Type: layout.MessageJoined}, people(ana, ben), people(ana, ben, carl),
		{Type: layout.MessageSpeaking, ID: "b", On: true}, {Type: layout.MessageSpeaking, ID: "b", On: true},
		{Type: layout.MessageSpeaking, ID: "nobody", On: true}, {Type: layout.MessageSpeaking, ID: "c", On: true},
		{Type: layout.MessageLayout, Layout: "grid"}, {Type: layout.MessageLayout, Layout: "speaker"},
	} {
		m.Hear(now, msg)
		later()
	}
	shares := ben
	shares.Screen = true
	m.Hear(now, people(ana, shares))
	later()
	m.Hear(now, people(ana))
	if here, shown := m.Count(); here != 1 || shown != 1 {
		t.Errorf("%d here, %d shown", here, shown)
	}
	if joined, publishing := m.Presence(); !joined || !publishing {
		t.Error("nobody is there")
	}
	var texts []string
	for _, c := range m.Marks() {
		texts = append(texts, c.text)
	}
	want := []string{"Ben <b> & Söhne\n speaks", "Layout: speaker", "Ben <b> & Söhne\n shares a screen", "Ben <b> & Söhne\n stops sharing"}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Errorf("chapters (-want +got):\n%s", diff)
	}
	all := m.Participants(identity(begun), time.Hour)
	if len(all) != 3 || all[2].Recorded || len(all[1].Spoke) != 1 || all[0].Present[0].To != 3600 || all[1].Present[0].To == 3600 {
		t.Errorf("participants %+v", all)
	}
	var b bytes.Buffer
	all[1].Spoke = []report.Interval{{From: 3661.5, To: 3662.25}}
	if err := WriteSpeakers(&b, all); err != nil {
		t.Fatal(err)
	}
	if want := "WEBVTT\n\n01:01:01.500 --> 01:01:02.250\n<v Ben &lt;b&gt; &amp; Söhne >Ben &lt;b&gt; &amp; Söhne \n"; b.String() != want {
		t.Errorf("track %q, want %q", b.String(), want)
	}

	m.Hear(now, people())
	later()
	if empty, _ := m.Alone(now); empty == 0 {
		t.Error("an empty room is not noticed")
	}
	m.Hear(now, people(carl))
	if empty, _ := m.Alone(now); empty != 0 {
		t.Error("somebody who is not recorded is nobody")
	}
	m.Hear(now, layout.Message{Type: layout.MessageReconnecting})
	later()
	if _, lost := m.Alone(now); lost == 0 {
		t.Error("a lost connection is not noticed")
	}
	m.Hear(now, layout.Message{Type: layout.MessageReconnected})
	if _, lost := m.Alone(now); lost != 0 {
		t.Error("a connection that is back is not noticed")
	}
}

// Where nobody can tell who is there, a room counts as empty only once somebody
// has left it.
func TestUnnamed(t *testing.T) {
	m := New(ChapterKinds{}, false, layout.Native)
	at := capture.Time(time.Hour)
	m.Begin(at)
	m.Hear(at, people())
	if empty, _ := m.Alone(at.Add(time.Hour)); empty != 0 {
		t.Error("a page without people counts as an empty room")
	}
	m.Hear(at, people(layout.Person{ID: "x"}))
	m.Hear(at, people())
	if empty, _ := m.Alone(at.Add(time.Hour)); empty == 0 {
		t.Error("a room that everybody left does not count as empty")
	}
}

func TestChat(t *testing.T) {
	var b bytes.Buffer
	err := WriteChat(&b, []layout.Chat{{SenderID: "p1", SenderName: `Ana "A", host`, Roles: []string{"host", "guest"}, SentAt: 1795377094083, Type: "chat", Text: "line\nbreak"}})
	if err != nil {
		t.Fatal(err)
	}
	want := "SenderPeerID,SenderName,SenderUserID,Roles,SentAt,Type,Message\np1,\"Ana \"\"A\"\", host\",,host;guest,2026-11-22T19:51:34.083Z,chat,\"line\nbreak\"\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

func TestChapterKinds(t *testing.T) {
	if k, err := ParseChapters([]string{"pause", " speaker"}); err != nil || !k.pause || !k.speaker || k.share {
		t.Errorf("%+v, %v", k, err)
	}
	for _, bad := range [][]string{{"x"}, {"none", "pause"}} {
		if _, err := ParseChapters(bad); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
	list := Chapters([]Mark{{2e9, "b"}, {1e9, "a"}}, identity(0))
	if len(list) != 3 || list[0].Text != "Start" || list[1].Text != "a" || list[2].At != 2 {
		t.Errorf("%+v", list)
	}
	if len(Chapters(nil, identity(0))) != 0 {
		t.Error("chapters out of nothing")
	}
}

// What falls into a pause is left out of an interval, and those that touch are
// one.
func TestSpans(t *testing.T) {
	second := capture.Time(time.Second)
	position := func(at capture.Time) time.Duration { // five seconds, a pause of five, four more
		d := at.Sub(10 * second)
		return min(max(0, min(d, 5*time.Second), d-5*time.Second), 9*time.Second)
	}
	out := spans([]interval{{12 * second, 16 * second}, {17 * second, 19 * second}, {19 * second, 21 * second}, {30 * second, 0}}, position, 9*time.Second)
	if diff := cmp.Diff([]report.Interval{{From: 2, To: 6}}, out); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}
