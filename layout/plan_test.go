package layout_test

import (
	"strings"
	"testing"
	"unicode"

	"beam/layout"
)

func TestNew(t *testing.T) {
	plan, err := layout.New(layout.Request{
		URL: "https://room.example/a?b=c", Layout: layout.Native, Orientation: "portrait", Width: 720, Height: 1280,
	})
	if err != nil {
		t.Fatal(err)
	}
	if plan.URL != "https://room.example/a?b=c" {
		t.Errorf("native changed the URL to %s", plan.URL)
	}
	for _, want := range []string{`"orientation":"portrait"`, `"width":720`, `"height":1280`, `"layout":"native"`} {
		if !strings.Contains(plan.Script, want) {
			t.Errorf("the script is not told %s", want)
		}
	}
}

// The platform is that of the URL, unless it is named.
func TestPlatform(t *testing.T) {
	host := layout.Filter{Roles: []string{"host"}}
	for _, c := range []struct {
		r    layout.Request
		want string
	}{
		{layout.Request{URL: "https://room.example/", Layout: "grid"}, "generic"},
		{layout.Request{URL: "https://meet.jit.si/standup", Layout: "speaker", Filter: layout.Filter{Roles: []string{"moderator"}}}, "jitsi"},
		{layout.Request{URL: "https://team.app.100ms.live/meeting/abc-def", Layout: "grid", Filter: host}, "100ms"},
		{layout.Request{URL: "https://meet.example/standup", Layout: "grid", Platform: "jitsi"}, "jitsi"},
		{layout.Request{URL: "http://127.0.0.1:1/", Layout: "grid", Platform: "demo", Filter: host}, "demo"},
	} {
		plan, err := layout.New(c.r)
		if err != nil || plan.Platform != c.want || !plan.Stage || plan.Custom || plan.Named != (c.want != "generic") {
			t.Errorf("%s: %+v, %v", c.r.URL, plan.Platform, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for name, r := range map[string]layout.Request{
		"unknown layout":     {URL: "https://room.example/", Layout: "mosaic"},
		"no layout":          {URL: "https://room.example/"},
		"no URL":             {Layout: layout.Native},
		"ftp":                {URL: "ftp://room.example/", Layout: layout.Native},
		"roles of any page":  {URL: "https://room.example/", Layout: "grid", Filter: layout.Filter{Roles: []string{"host"}}},
		"names of any page":  {URL: "https://room.example/", Layout: "grid", Filter: layout.Filter{ExcludeParticipants: []string{"Bob"}}},
		"unknown platform":   {URL: "https://room.example/", Layout: "grid", Platform: "zoom"},
		"other platform":     {URL: "https://meet.jit.si/room", Layout: "grid", Platform: "100ms"},
		"wss to a page":      {URL: "wss://room.example/", Layout: "grid", Platform: "generic"},
		"filter of a layout": {URL: "https://room.example/", Layout: "https://layout.example/", Platform: "page", Filter: layout.Filter{ExcludeRoles: []string{"guest"}}},
	} {
		if plan, err := layout.New(r); err == nil {
			t.Errorf("%s: accepted as %s", name, plan.URL)
		}
	}
}

func TestFromConsole(t *testing.T) {
	for text, want := range map[string]string{
		"START_RECORDING": layout.MessageReady, "END_RECORDING": layout.MessageStop, "end_recording": "", "": "",
	} {
		if m, ok := layout.FromConsole(text); ok != (want != "") || m.Type != want {
			t.Errorf("%q: %+v, %v", text, m, ok)
		}
	}
}

// The word may be any single argument, but is no part of one.
func TestFromConsoleArguments(t *testing.T) {
	if m, ok := layout.FromConsole("room", "START_RECORDING"); !ok || m.Type != layout.MessageReady {
		t.Errorf("%+v, %v", m, ok)
	}
	for _, line := range [][]string{nil, {"say START_RECORDING"}, {"START", "_RECORDING"}} {
		if m, ok := layout.FromConsole(line...); ok {
			t.Errorf("%q is %+v", line, m)
		}
	}
}

// A frame of another origin can say that it is ready and no more.
func TestFromOtherOrigin(t *testing.T) {
	for _, kind := range []string{
		layout.MessageStop, layout.MessageFail, layout.MessageJoined, layout.MessageWaiting, layout.MessageRefused, layout.MessageEnded,
		layout.MessageKicked, layout.MessageReconnecting, layout.MessageReconnected, layout.MessagePeople, layout.MessageSpeaking,
		layout.MessageLayout, layout.MessageChat, layout.MessageOpened, layout.MessageLoaded, layout.MessageNotice, "",
	} {
		if _, ok := (layout.Message{Type: kind}).FromOtherOrigin(); ok {
			t.Errorf("%q is believed", kind)
		}
	}
	if m, ok := (layout.Message{Type: layout.MessageReady, Text: "video plays"}).FromOtherOrigin(); !ok || m.Text != "video plays" {
		t.Errorf("%+v, %v", m, ok)
	}
}

func TestParseMessage(t *testing.T) {
	m, err := layout.ParseMessage(`{"type":"stop","text":"bye"}`)
	if err != nil || m.Type != layout.MessageStop || m.Text != "bye" {
		t.Errorf("%+v, %v", m, err)
	}
	m, err = layout.ParseMessage(`{"type":"fail","text":"\u001b[2Jgone\n::error::forged\u009b\u2028\u202eon"}`)
	if err != nil || m.Text != "[2Jgone ::error::forged  on" {
		t.Errorf("%q, %v", m.Text, err)
	}
	m, err = layout.ParseMessage(`{"type":"chat","chat":{"senderName":"A\nB","text":"one\r\ntwo\u0007"}}`)
	if err != nil || m.Chat.SenderName != "A B" || m.Chat.Text != "one\ntwo " {
		t.Errorf("%+v, %v", m.Chat, err)
	}
	if _, err := layout.ParseMessage(`{"type":"stop","text":"` + strings.Repeat("x", 5<<20) + `"}`); err == nil {
		t.Error("five MiB were read")
	}
	for _, bad := range []string{"", "null", "[]", "{}", `{"type":"reboot"}`, `{"type":7}`, "stop"} {
		if m, err := layout.ParseMessage(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, m)
		}
	}
}

// Any page can send anything: what is read is known and short.
func FuzzParseMessage(f *testing.F) {
	f.Add(`{"type":"ready","text":"video plays"}`)
	known := map[string]bool{}
	for _, name := range []string{
		layout.MessageReady, layout.MessageStop, layout.MessageFail, layout.MessageJoined, layout.MessageWaiting, layout.MessageRefused,
		layout.MessageEnded, layout.MessageKicked, layout.MessageReconnecting, layout.MessageReconnected, layout.MessagePeople,
		layout.MessageSpeaking, layout.MessageLayout, layout.MessageChat, layout.MessageOpened, layout.MessageLoaded, layout.MessageNotice,
	} {
		known[name] = true
	}
	f.Add(`{"type":"people","people":[{"id":"a","name":"` + strings.Repeat("ü", 400) + `","shown":true}]}`)
	f.Add(`{"type":"chat","chat":{"text":"hi","roles":["host"],"sentAt":1}}`)
	f.Add(`{"type":"fail","text":"` + strings.Repeat("x", 2000) + `"}`)
	f.Fuzz(func(t *testing.T, payload string) {
		m, err := layout.ParseMessage(payload)
		if err != nil {
			return
		}
		if !known[m.Type] {
			t.Errorf("type %q", m.Type)
		}
		if len(m.Text) > 500 || len(m.ID) > 500 || len(m.People) > 2000 {
			t.Errorf("%d bytes of text, %d of id, %d people", len(m.Text), len(m.ID), len(m.People))
		}
		for _, p := range m.People {
			if len(p.Name) > 500 || len(p.Role) > 500 {
				t.Errorf("%d bytes of name, %d of role", len(p.Name), len(p.Role))
			}
		}
		for _, r := range m.Text + m.ID {
			if unicode.IsControl(r) {
				t.Errorf("%q in %q", r, m.Text)
			}
		}
		if m.Type == layout.MessageChat && (m.Chat == nil || len(m.Chat.Text) > 8000) {
			t.Errorf("chat %+v", m.Chat)
		}
	})
}
