package beam

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"beam/capture"
	"beam/layout"
)

func people(list ...layout.Person) layout.Message {
	return layout.Message{Type: layout.MessagePeople, People: list}
}

// identity is the position in a recording without pauses.
func identity(from Time) func(Time) time.Duration {
	return func(t Time) time.Duration { return max(0, t.Sub(from)) }
}

func TestMeeting(t *testing.T) {
	ana := layout.Person{ID: "a", Name: "Ana", Role: "host", Shown: true, Microphone: true}
	ben := layout.Person{ID: "b", Name: "Ben <b> & Söhne\n", Role: "guest", Shown: true}
	carl := layout.Person{ID: "c", Name: "Carl", Role: "guest"}
	m := newMeeting(chapterKinds{share: true, layout: true, speaker: true}, true, "grid")
	begun := capture.Now()
	m.begin(begun)
	if empty, _ := m.alone(capture.Now()); empty != 0 {
		t.Error("a room that was not joined is empty")
	}
	for _, msg := range []layout.Message{
		{Type: layout.MessageJoined}, people(ana, ben), people(ana, ben, carl),
		{Type: layout.MessageSpeaking, ID: "b", On: true}, {Type: layout.MessageSpeaking, ID: "b", On: true},
		{Type: layout.MessageSpeaking, ID: "nobody", On: true}, {Type: layout.MessageSpeaking, ID: "c", On: true},
		{Type: layout.MessageLayout, Layout: "grid"}, {Type: layout.MessageLayout, Layout: "speaker"},
	} {
		m.hear(msg)
		time.Sleep(2 * time.Millisecond)
	}
	shares := ben
	shares.Screen = true
	m.hear(people(ana, shares))
	time.Sleep(2 * time.Millisecond)
	m.hear(people(ana))
	if here, shown := m.count(); here != 1 || shown != 1 {
		t.Errorf("%d here, %d shown", here, shown)
	}
	if joined, publishing := m.presence(); !joined || !publishing {
		t.Error("nobody is there")
	}
	var texts []string
	for _, c := range m.noted() {
		texts = append(texts, c.text)
	}
	want := []string{"Ben <b> & Söhne\n speaks", "Layout: speaker", "Ben <b> & Söhne\n shares a screen", "Ben <b> & Söhne\n stops sharing"}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Errorf("chapters (-want +got):\n%s", diff)
	}
	all := m.participants(identity(begun), time.Hour)
	if len(all) != 3 || all[2].Recorded || len(all[1].Spoke) != 1 || all[0].Present[0].To != 3600 || all[1].Present[0].To == 3600 {
		t.Errorf("participants %+v", all)
	}
	var b bytes.Buffer
	all[1].Spoke = []SpanReport{{From: 3661.5, To: 3662.25}}
	if err := writeSpeakers(&b, all); err != nil {
		t.Fatal(err)
	}
	if want := "WEBVTT\n\n01:01:01.500 --> 01:01:02.250\n<v Ben &lt;b&gt; &amp; Söhne >Ben &lt;b&gt; &amp; Söhne \n"; b.String() != want {
		t.Errorf("track %q, want %q", b.String(), want)
	}

	m.hear(people())
	time.Sleep(2 * time.Millisecond)
	if empty, _ := m.alone(capture.Now()); empty == 0 {
		t.Error("an empty room is not noticed")
	}
	m.hear(people(carl))
	if empty, _ := m.alone(capture.Now()); empty != 0 {
		t.Error("somebody who is not recorded is nobody")
	}
	m.hear(layout.Message{Type: layout.MessageReconnecting})
	time.Sleep(2 * time.Millisecond)
	if _, lost := m.alone(capture.Now()); lost == 0 {
		t.Error("a lost connection is not noticed")
	}
	m.hear(layout.Message{Type: layout.MessageReconnected})
	if _, lost := m.alone(capture.Now()); lost != 0 {
		t.Error("a connection that is back is not noticed")
	}
}

// Where nobody can tell who is there, a room counts as empty only once somebody
// has left it.
func TestMeetingUnnamed(t *testing.T) {
	m := newMeeting(chapterKinds{}, false, layout.Native)
	m.begin(capture.Now())
	m.hear(people())
	if empty, _ := m.alone(capture.Now().Add(time.Hour)); empty != 0 {
		t.Error("a page without people counts as an empty room")
	}
	m.hear(people(layout.Person{ID: "x"}))
	m.hear(people())
	if empty, _ := m.alone(capture.Now().Add(time.Hour)); empty == 0 {
		t.Error("a room that everybody left does not count as empty")
	}
}

func TestChat(t *testing.T) {
	var b bytes.Buffer
	err := writeChat(&b, []layout.Chat{{SenderID: "p1", SenderName: `Ana "A", host`, Roles: []string{"host", "guest"}, SentAt: 1795377094083, Type: "chat", Text: "line\nbreak"}})
	if err != nil {
		t.Fatal(err)
	}
	want := "SenderPeerID,SenderName,SenderUserID,Roles,SentAt,Type,Message\np1,\"Ana \"\"A\"\", host\",,host;guest,2026-11-22T19:51:34.083Z,chat,\"line\nbreak\"\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

func TestChapterKinds(t *testing.T) {
	if k, err := chapterKindsOf([]string{"pause", " speaker"}); err != nil || !k.pause || !k.speaker || k.share {
		t.Errorf("%+v, %v", k, err)
	}
	for _, bad := range [][]string{{"x"}, {"none", "pause"}} {
		if _, err := chapterKindsOf(bad); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
	list := listChapters([]mark{{2e9, "b"}, {1e9, "a"}}, identity(0))
	if len(list) != 3 || list[0].Text != "Start" || list[1].Text != "a" || list[2].At != 2 {
		t.Errorf("%+v", list)
	}
	long := make([]ChapterReport, 400)
	if len(fileChapters(long)) != mostChapters || len(listChapters(nil, identity(0))) != 0 {
		t.Error("chapters that don't fit")
	}
}

// What falls into a pause is where the next segment begins.
func TestPosition(t *testing.T) {
	second := Time(time.Second)
	k := &timeline{length: 9 * time.Second, segments: []*segment{
		{beginning: beginning{start: 10 * second}}, {beginning: beginning{start: 20 * second, offset: 5 * time.Second}},
	}}
	for at, want := range map[Time]time.Duration{
		9: 0, 10: 0, 12: 2 * time.Second, 15: 5 * time.Second, 18: 5 * time.Second, 20: 5 * time.Second, 23: 8 * time.Second, 60: 9 * time.Second,
	} {
		if got := k.position(at * second); got != want {
			t.Errorf("second %d is at %v, want %v", at, got, want)
		}
	}
	if p := k.pauses(); len(p) != 1 || p[0] != (SpanReport{From: 5, To: 10}) {
		t.Errorf("pauses %+v", p)
	}
	s := k.all()[0]
	if got := s.whole(s.start.Add(1049*time.Millisecond), 30); got.Sub(s.start) != 31*time.Second/30 {
		t.Errorf("grid %v", got.Sub(s.start))
	}
	out := spans([]stretch{{12 * second, 16 * second}, {17 * second, 19 * second}, {19 * second, 21 * second}, {30 * second, 0}}, k.position, k.length)
	if diff := cmp.Diff([]SpanReport{{2, 6}}, out); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}

func TestToFrame(t *testing.T) {
	const frame = 1024 * time.Second / 48000
	for offset, want := range map[time.Duration]time.Duration{
		0: 0, frame: 0, time.Nanosecond: 0, frame / 2: frame / 2, 3*frame + frame/4: 3 * frame / 4, time.Hour: 0,
	} {
		if got := toFrame(offset); (got - want).Abs() > 21*time.Microsecond {
			t.Errorf("%v after the start: %v, want %v", offset, got, want)
		}
	}
}

func TestPageLog(t *testing.T) {
	l := newPageLog(time.Now())
	for range keptLines + 5 {
		l.console("log", strings.Repeat("x", 2*longestLine))
	}
	l.console("error", "the last\nline")
	l.request("-> GET https://room.example/")
	console, requests := l.texts()
	if !strings.Contains(console, "6 earlier lines") || !strings.Contains(console, "error: the last\n         line") || !strings.Contains(requests, "GET") {
		t.Errorf("%.80s ... %s", console, requests)
	}
	if len(console) > keptLines*(longestLine+30) {
		t.Errorf("%d bytes", len(console))
	}
}
