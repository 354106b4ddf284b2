package platform_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"beam/layout/platform"
)

func parse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func find(t *testing.T, name string) platform.Platform {
	t.Helper()
	p, ok := platform.Find(name)
	if !ok {
		t.Fatalf("no platform %s", name)
	}
	return p
}

func TestFor(t *testing.T) {
	for raw, want := range map[string]string{
		"https://team.app.100ms.live/preview/abc/host":  "100ms",
		"https://TEAM.APP.100MS.LIVE./meeting/abc-defg": "100ms",
		"https://meet.jit.si/Room":                      "jitsi",
		"https://8x8.vc/vpaas/Room":                     "jitsi",
		"https://notmeet.jit.si.evil.example/Room":      "generic",
		"https://evilmeet.jit.si/Room":                  "generic",
		"https://room.example/preview/abc/host":         "generic",
		"http://127.0.0.1:4000/":                        "generic",
		"https://room.example/?u=https://meet.jit.si/a": "generic",
		"https://meet.jit.si@room.example/a":            "generic",
		"":                                              "generic",
	} {
		if got := platform.For(parse(t, raw)).Name; got != want {
			t.Errorf("%s is of %s, want %s", raw, got, want)
		}
	}
}

func TestAll(t *testing.T) {
	all := platform.All()
	for i, p := range all {
		if found, ok := platform.Find(p.Name); !ok || found.Title != p.Title {
			t.Errorf("%s is not found by its name", p.Name)
		}
		if p.Tried != platform.TriedLive && p.Tried != platform.TriedFixture {
			t.Errorf("%s was tried %q", p.Name, p.Tried)
		}
		if p.Roles && !p.Names {
			t.Errorf("%s knows roles and no names", p.Name)
		}
		if again := slices.IndexFunc(all, func(q platform.Platform) bool { return q.Name == p.Name }); again != i {
			t.Errorf("%s is there twice", p.Name)
		}
	}
	if last := all[len(all)-1]; last.Name != "generic" || last.Roles || last.Names {
		t.Errorf("the last platform is %+v, want the generic one", last.Name)
	}
	all[0].Name = "changed"
	if platform.All()[0].Name == "changed" {
		t.Error("a caller can change the list")
	}
	if _, ok := platform.Find("zoom"); ok {
		t.Error("found a platform that there is not")
	}
}

func TestJoinURL(t *testing.T) {
	const token = "eyJhbGciOi.J9.sig-nature_"
	const config = "config.iAmRecorder=true&config.prejoinConfig.enabled=false&config.startWithAudioMuted=true" +
		"&config.startWithVideoMuted=true&config.disableInitialGUM=true&config.requireDisplayName=false" +
		"&config.p2p.enabled=false&config.deeplinking.disabled=true&config.analytics.disabled=true&config.externalConnectUrl=null&config.flags.ssrcRewritingEnabled=false"
	tests := []struct {
		name, platform string
		r              platform.Request
		want           string
	}{
		{"demo is left as it is", "demo", platform.Request{URL: "http://127.0.0.1:1/?picture=busy", Name: "Beam"}, "http://127.0.0.1:1/?picture=busy"},
		{"generic is left as it is", "generic", platform.Request{URL: "https://a.example/b?c=d#e=%22f%22", Name: "Beam"}, "https://a.example/b?c=d#e=%22f%22"},
		{"100ms", "100ms", platform.Request{URL: "https://t.app.100ms.live/meeting/abc-def", Name: "Beam", Layout: "native"},
			"https://t.app.100ms.live/meeting/abc-def?skip_preview=true&name=Beam"},
		{"100ms, speaker, token", "100ms", platform.Request{URL: "https://t.app.100ms.live/preview/r/host?a=%2B1", Name: "Beam & Söhne", Layout: "speaker", Secrets: platform.Secrets{Token: token}},
			"https://t.app.100ms.live/preview/r/host?a=%2B1&skip_preview=true&name=Beam%20%26%20S%C3%B6hne&ui_mode=activespeaker&auth_token=" + token},
		{"100ms, all is there", "100ms", platform.Request{URL: "https://t.app.100ms.live/preview/r/host?name=Bo&auth_token=inthere&ui_mode=grid&skip_preview=true", Name: "Beam", Layout: "speaker", Secrets: platform.Secrets{Token: token}},
			"https://t.app.100ms.live/preview/r/host?name=Bo&auth_token=inthere&ui_mode=grid&skip_preview=true"},
		{"100ms, with its controls", "100ms", platform.Request{URL: "https://t.app.100ms.live/meeting/c?skip_preview_headful=true", Name: "Beam"},
			"https://t.app.100ms.live/meeting/c?skip_preview_headful=true&name=Beam"},
		{"100ms on an own domain", "100ms", platform.Request{URL: "https://live.example/streaming/meeting/c", Name: "Beam"},
			"https://live.example/streaming/meeting/c?skip_preview=true&name=Beam"},
		{"jitsi", "jitsi", platform.Request{URL: "https://meet.jit.si/Room", Name: "Beam"},
			"https://meet.jit.si/Room#" + config + "&userInfo.displayName=%22Beam%22"},
		{"jitsi, own server, token", "jitsi", platform.Request{URL: "https://jitsi.example/Room?lang=de", Name: `Q "x" ☂ a+b`, Secrets: platform.Secrets{Token: token}},
			"https://jitsi.example/Room?lang=de&jwt=" + token + "#" + config + "&userInfo.displayName=%22Q%20%5C%22x%5C%22%20%E2%98%82%20a%2Bb%22"},
		{"jitsi, hash with quotes", "jitsi", platform.Request{URL: `https://meet.jit.si/Room#userInfo.displayName="Bo"&config.p2p.enabled=true`, Name: "Beam"},
			"https://meet.jit.si/Room#userInfo.displayName=%22Bo%22&config.p2p.enabled=true&" + strings.Replace(config, "&config.p2p.enabled=false", "", 1)},
		{"jitsi, silent", "jitsi", platform.Request{URL: "https://meet.jit.si/Room#config.startSilent=true&config.x=1", Name: "Beam"},
			"https://meet.jit.si/Room#config.x=1&" + config + "&userInfo.displayName=%22Beam%22"},
		{"jitsi, token in the hash", "jitsi", platform.Request{URL: "https://meet.jit.si/Room#jwt=%22inthere%22", Secrets: platform.Secrets{Token: token}},
			"https://meet.jit.si/Room#jwt=%22inthere%22&" + config},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j, err := find(t, tt.platform).Join(tt.r)
			if err != nil {
				t.Fatal(err)
			}
			if j.URL != tt.want {
				t.Errorf("opens\n%s, want\n%s", j.URL, tt.want)
			}
			if !strings.HasPrefix(j.Script, "function (room) {") || strings.Contains(j.Script, token) {
				t.Errorf("script %.60s", j.Script)
			}
			if strings.Contains(j.URL, token) && !slices.Contains(j.Secret, token) {
				t.Error("the token is not among the secrets")
			}
			if strings.Contains(j.URL, "inthere") && !slices.Contains(j.Secret, "inthere") {
				t.Error("the token of the URL is not among the secrets")
			}
		})
	}
}

func TestJoinRefuses(t *testing.T) {
	for _, tt := range []struct{ platform, url, says string }{
		{"100ms", "https://t.app.100ms.live/", "names no 100ms room"},
		{"100ms", "https://t.app.100ms.live/leave/r/host", "names no 100ms room"},
		{"100ms", "https://meet.jit.si/Room", "meet.jit.si is not a 100ms room"},
		{"100ms", "wss://t.app.100ms.live/meeting/c", "https://"},
		{"jitsi", "https://meet.jit.si/", "names no Jitsi room"},
		{"jitsi", "https://meet.jit.si", "names no Jitsi room"},
		{"jitsi", "ftp://meet.jit.si/Room", "https://"},
		{"demo", "ws://127.0.0.1:1/", "https://"},
		{"generic", "https:///a", "name a host"},
		{"page", "%zz", "not a URL"},
		{"jitsi", "", "https://"},
	} {
		j, err := find(t, tt.platform).Join(platform.Request{URL: tt.url, Secrets: platform.Secrets{Token: "secret-token"}})
		if err == nil {
			t.Errorf("%s takes %q as %s", tt.platform, tt.url, j.URL)
			continue
		}
		if !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s refuses %q with: %v", tt.platform, tt.url, err)
		}
	}
}

func TestCustom(t *testing.T) {
	j, err := platform.Custom("https://tpl.example/t?theme=dark&layout=grid&token=old#x", platform.Request{
		URL: "https://meet.example", Layout: "https://tpl.example/t", Orientation: "portrait", Width: 720, Height: 1280,
		Roles: []string{"host", "a,b&c"}, Secrets: platform.Secrets{Token: "abc.def.ghi"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "https://tpl.example/t?theme=dark&layout=grid&url=https%3A%2F%2Fmeet.example&token=abc.def.ghi" +
		"&role=host%2Ca%2Cb%26c&orientation=portrait&width=720&height=1280#x"
	if j.URL != want {
		t.Errorf("opens\n%s, want\n%s", j.URL, want)
	}
	if !slices.Equal(j.Secret, []string{"abc.def.ghi"}) || j.Script == "" {
		t.Errorf("secrets %q, script %.20q", j.Secret, j.Script)
	}
	j, err = platform.Custom("http://tpl.example/", platform.Request{URL: "https://meet.example", Layout: "speaker"})
	if err != nil || j.URL != "http://tpl.example/?url=https%3A%2F%2Fmeet.example&layout=speaker" || len(j.Secret) != 0 {
		t.Errorf("%+v, %v", j.URL, err)
	}
	for _, bad := range []string{"", "speaker", "file:///etc/passwd", "javascript:alert(1)", "https://", "\x00"} {
		if j, err := platform.Custom(bad, platform.Request{}); err == nil {
			t.Errorf("takes %q as %s", bad, j.URL)
		}
	}
}

// Whatever the URL, name and token: what comes out is a URL on the same host
// and path that holds the token once.
func FuzzJoin(f *testing.F) {
	f.Add("https://t.app.100ms.live/meeting/c?auth_token=a&auth_token=b", "Beam", "token-1")
	f.Add(`https://meet.jit.si/Room#userInfo.displayName="Bo&x"&config.startSilent=true&&=`, `"☂\`, "token-2")
	f.Add("https://8x8.vc/a%2Fb/%25?jwt#jwt=", "a\nb", "t&o=k#e n")
	f.Add("https://h.example/preview/a/b?;&%zz=1&skip_preview", "\xff", "+")
	f.Add("https://[::1]:80/meeting/c?#%23", "", "")
	f.Fuzz(func(t *testing.T, raw, name, token string) {
		r := platform.Request{URL: raw, Name: name, Layout: "speaker", Secrets: platform.Secrets{Token: token}}
		for _, p := range platform.All() {
			j, err := p.Join(r)
			if err != nil || j.Site != nil {
				continue
			}
			checkJoined(t, p.Name, raw, r, j)
		}
		r.URL = "wss://room.example"
		if j, err := platform.Custom(raw, r); err == nil {
			checkJoined(t, "custom", raw, r, j)
		}
	})
}

func checkJoined(t *testing.T, name, raw string, r platform.Request, j platform.Join) {
	t.Helper()
	before, err := url.Parse(raw)
	if err != nil {
		t.Fatalf("%s took %q, which is not a URL", name, raw)
	}
	after, err := url.Parse(j.URL)
	if err != nil {
		t.Fatalf("%s made %q of %q", name, j.URL, raw)
	}
	if after.Scheme != before.Scheme || after.Host != before.Host || after.Path != before.Path || after.User.String() != before.User.String() {
		t.Fatalf("%s made %q of %q", name, j.URL, raw)
	}
	// By the rules that pages read it with.
	count := map[string]int{}
	values := map[string]string{}
	for _, field := range strings.FieldsFunc(after.RawQuery+"&"+after.EscapedFragment(), func(c rune) bool { return c == '&' }) {
		key, value, _ := strings.Cut(field, "=")
		if k, err := url.QueryUnescape(key); err == nil {
			key = k
		}
		if v, err := url.PathUnescape(value); err == nil {
			value = v
		}
		count[key]++
		if _, has := values[key]; !has {
			values[key] = value
		}
	}
	for _, key := range []string{"auth_token", "jwt", "token"} {
		// Our own is added at most once, and never beside another.
		had := strings.Count(raw, key) + strings.Count(raw, "%")
		if had == 0 && count[key] > 1 {
			t.Fatalf("%s: %d times %s in %q", name, count[key], key, j.URL)
		}
	}
	if token := r.Secrets.Token; name == "custom" && token != "" && (count["token"] != 1 || values["token"] != token) {
		t.Fatalf("%d tokens, the first %q, in %q", count["token"], values["token"], j.URL)
	}
}
