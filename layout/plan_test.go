package layout_test

import (
	"strings"
	"testing"

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

func TestNewRefuses(t *testing.T) {
	for name, r := range map[string]layout.Request{
		"unknown layout": {URL: "https://room.example/", Layout: "mosaic"},
		"no layout":      {URL: "https://room.example/"},
		"no URL":         {Layout: layout.Native},
		"ftp":            {URL: "ftp://room.example/", Layout: layout.Native},
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

func TestParseMessage(t *testing.T) {
	m, err := layout.ParseMessage(`{"type":"stop","text":"bye"}`)
	if err != nil || m.Type != layout.MessageStop || m.Text != "bye" {
		t.Errorf("%+v, %v", m, err)
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
	f.Add(`{"type":"fail","text":"` + strings.Repeat("x", 2000) + `"}`)
	f.Fuzz(func(t *testing.T, payload string) {
		m, err := layout.ParseMessage(payload)
		if err != nil {
			return
		}
		if m.Type != layout.MessageReady && m.Type != layout.MessageStop && m.Type != layout.MessageFail {
			t.Errorf("type %q", m.Type)
		}
		if len(m.Text) > 500 {
			t.Errorf("%d bytes of text", len(m.Text))
		}
	})
}
