package platform_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"beam/layout/livekit"
	"beam/layout/platform"
)

func TestLiveKitJoin(t *testing.T) {
	p := find(t, "livekit")
	r := platform.Request{
		URL: "wss://live.example", Name: "Beam", Room: "lobby",
		Secrets: platform.Secrets{APIKey: "devkey", APISecret: "a-secret-that-is-long-enough"},
	}
	j, err := p.Join(r)
	if errors.Is(err, livekit.ErrNoBundle) {
		// This tree has no bundle. The error says what to do, and comes last: what
		// is wrong with the request counts more.
		if !strings.Contains(err.Error(), "scripts/setup-livekit") {
			t.Errorf("without a bundle: %v", err)
		}
		r.Room = ""
		if _, err := p.Join(r); err == nil || errors.Is(err, livekit.ErrNoBundle) {
			t.Errorf("no room: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	token, _ := j.Extra["token"].(string)
	if strings.Count(token, ".") != 2 || j.Extra["url"] != "wss://live.example" {
		t.Errorf("extra %v", j.Extra["url"])
	}
	if strings.Contains(j.URL+j.Script, token) {
		t.Error("the token is in the URL or in the script")
	}
	if want := []string{token, r.Secrets.APISecret}; strings.Join(j.Secret, " ") != strings.Join(want, " ") {
		t.Error("the token and the secret are not both to be redacted")
	}
	if j.Site == nil {
		t.Fatal("no page")
	}
	if _, err := fs.Stat(j.Site, j.URL); err != nil {
		t.Error(err)
	}
	if _, ok := j.Extra["secret"]; ok || strings.Contains(j.Script, r.Secrets.APISecret) {
		t.Error("the secret gets into the page")
	}
}

func TestLiveKitFor(t *testing.T) {
	for raw, want := range map[string]string{
		"wss://live.example":       "livekit",
		"ws://127.0.0.1:7880":      "livekit",
		"https://live.example":     "generic",
		"wss://meet.jit.si":        "livekit",
		"https://x.livekit.cloud/": "generic",
	} {
		if got := platform.For(parse(t, raw)).Name; got != want {
			t.Errorf("%s is of %s, want %s", raw, got, want)
		}
	}
}

// A template of LiveKit Egress gets a token of Beam's making.
func TestLiveKitTemplate(t *testing.T) {
	r := platform.Request{
		URL: "wss://live.example", Layout: "grid", Room: "lobby",
		Secrets: platform.Secrets{APIKey: "devkey", APISecret: "a-secret-that-is-long-enough"},
	}
	j, err := platform.Custom("https://tpl.example/", r)
	if err != nil {
		t.Fatal(err)
	}
	query := parse(t, j.URL).Query()
	token := query.Get("token")
	if query.Get("url") != "wss://live.example" || query.Get("layout") != "grid" || strings.Count(token, ".") != 2 {
		t.Errorf("opens %s", strings.ReplaceAll(j.URL, token, "TOKEN"))
	}
	if !strings.Contains(strings.Join(j.Secret, " "), token) {
		t.Error("the token is not to be redacted")
	}
	r.Secrets = platform.Secrets{}
	if _, err := platform.Custom("https://tpl.example/", r); err == nil || !strings.Contains(err.Error(), "LIVEKIT_TOKEN") {
		t.Errorf("without a token: %v", err)
	}
}
