package report

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

// planted has a character for each kind of escape, and begins as nothing else does.
const planted = `Zq7"x&<w>/+ü=%9kV't4`

func TestSecrets(t *testing.T) {
	all := append(SecretsOf("https://ana:pa55word@room.example/x?token=abcdefghijklmnopqrst&layout=grid"), "Bearer-1234", "Bearer-1234-longer", "a b/c=d", "")
	s := NewSecrets(all...)
	text := "pa55word abcdefghijklmnopqrst Bearer-1234-longer Bearer-1234 grid a%20b%2Fc=d a+b%2Fc%3Dd a b/c=d"
	if got := s.Hide(text); got != "(secret) (secret) (secret) (secret) grid (secret) (secret) (secret)" {
		t.Error(got)
	}
	cause := errors.New("refused: pa55word")
	err := s.HideError(cause)
	if !errors.Is(err, cause) || strings.Contains(err.Error(), "pa55word") {
		t.Error(err)
	}
	if plain := errors.New("refused"); s.HideError(plain) != plain || s.HideError(nil) != nil {
		t.Error("an error without secrets is changed")
	}
	if later := "known later"; s.Hide(later) != later {
		t.Error(s.Hide(later))
	}
	if s.Add("known later"); s.Hide("it is known later") != "it is (secret)" || s.Hide("pa55word") != mask {
		t.Error(s.Hide("it is known later"))
	}
	// A short one is hidden as a word, as it is part of many others.
	if got := NewSecrets("4711").Hide("pin 4711, not 47110 or 0x4711"); got != "pin (secret), not 47110 or 0x4711" {
		t.Error(got)
	}
	var none *Secrets
	if got := none.Hide("nothing is known"); got != "nothing is known" {
		t.Error(got)
	}
}

// A secret is hidden in whatever way it was written, and what stands around it is
// kept.
func TestSpellings(t *testing.T) {
	inJSON, _ := json.Marshal(map[string]string{"v": planted})
	twice, _ := json.Marshal(string(inJSON))
	for name, spelled := range map[string]string{
		"plain": planted, "query": url.QueryEscape(planted), "path": url.PathEscape(planted),
		"javascript": "Zq7%22x%26%3Cw%3E%2F%2B%C3%BC%3D%259kV't4", "lower": strings.ToLower(url.QueryEscape("\"x")) + planted,
		"query of a query": url.QueryEscape(url.QueryEscape(planted)),
		"json":             string(inJSON), "json of javascript": `{"v":"Zq7\"x&<w>/+ü=%9kV't4"}`, "json twice": string(twice),
		"quoted": fmt.Sprintf("%q", planted), "html": "Zq7&#34;x&amp;&lt;w&gt;/+ü=%9kV&#39;t4", "hex": hex.EncodeToString([]byte(planted)),
		"base64 0": base64.StdEncoding.EncodeToString([]byte(planted)), "base64 1": base64.StdEncoding.EncodeToString([]byte("u" + planted + "tail")),
		"base64 2": base64.URLEncoding.EncodeToString([]byte("us" + planted)), "base64 5": base64.RawURLEncoding.EncodeToString([]byte("user:" + planted + "x")),
	} {
		got := NewSecrets(planted).Hide("before " + spelled + " after")
		if !strings.HasPrefix(got, "before ") || !strings.HasSuffix(got, " after") || !strings.Contains(got, mask) {
			t.Errorf("%s: %q", name, got)
		}
		rest := strings.NewReplacer("before ", "", " after", "", mask, "").Replace(got)
		if len(rest) > 20 || strings.Contains(rest, "Zq7") || strings.Contains(rest, "kV") {
			t.Errorf("%s: %q of %q", name, got, spelled)
		}
	}
}

// A text that was cut before it came here holds a piece of a secret, wherever the
// cut was.
func TestPieces(t *testing.T) {
	const secret = "q8Fz-1xTn5VbR0cLm2Ks9WdYh"
	s := NewSecrets(secret)
	for n := shortestSecret; n <= len(secret); n++ {
		for _, text := range []string{"the page says: " + secret[:n], secret[len(secret)-n:] + " says the page"} {
			if got := s.Hide(text); got != "the page says: (secret)" && got != "(secret) says the page" {
				t.Errorf("%d bytes: %q", n, got)
			}
		}
	}
	for n := shortestPart; n <= len(secret); n++ {
		for _, text := range []string{"says \"" + secret[:n] + "…\", twice " + secret[:n] + " it says", "says …" + secret[len(secret)-n:] + "\", twice " + secret[len(secret)-n:] + ", it says"} {
			if got := s.Hide(text); strings.Count(got, mask) != 2 || !strings.HasPrefix(got, "says") || !strings.HasSuffix(got, "it says") || len(got) > 55 {
				t.Errorf("%d bytes: %q", n, got)
			}
		}
	}
	// An address is no secret because a header names it.
	if got := NewSecrets("https://room.example/abc").Hide("https://room.example/xyz"); got != "https://room.example/xyz" {
		t.Error(got)
	}
}

func TestLookalikes(t *testing.T) {
	var none *Secrets
	for text, want := range map[string]string{
		"GET https://ann:pw@room.example/a":                                "GET https://(secret)@room.example/a",
		"proxy http://u:p%40@10.1.2.3:3128":                                "proxy http://(secret)@10.1.2.3:3128",
		"wss://x/rtc?access_token=abc&a=b":                                 "wss://x/rtc?access_token=(secret)&a=b",
		"s3?X-Amz-Signature=0123abc&partNumber=1&X-Amz-Security-Token=abc": "s3?X-Amz-Signature=(secret)&partNumber=1&X-Amz-Security-Token=(secret)",
		"got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl, refused":   "got (secret), refused",
		`{"Authorization": "Bearer abc.def"}`:                              `{"Authorization": "Bearer (secret)"}`,
		"mail ana@room.example?a=b, https://room.example/@ana?layout=grid": "mail ana@room.example?a=b, https://room.example/@ana?layout=grid",
	} {
		if got := none.Hide(text); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
}

// What is secret in a room's address, and how the address is shown.
func TestAddresses(t *testing.T) {
	const token = "q8Fz1xTn5VbR0cLm2Ks9WdYh"
	for raw, want := range map[string]struct {
		shown  string
		secret []string
		has    bool
	}{
		"https://room.example/weekly":                                     {"https://room.example/weekly", nil, false},
		"https://room.example/Weekly-Team-Meeting-2026-With-Everyone?x=1": {"https://room.example/Weekly-Team-Meeting-2026-With-Everyone?x=REDACTED", nil, false},
		"https://room.example/6f9619ff-8b86-d011-b42d-00cf4fc964ff":       {"https://room.example/6f9619ff-8b86-d011-b42d-00cf4fc964ff", nil, false},
		"https://room.example/j/" + token:                                 {"https://room.example/j/REDACTED", []string{token}, true},
		"https://room.example/token/abcdefgh/x":                           {"https://room.example/token/REDACTED/x", []string{"abcdefgh"}, true},
		"https://room.example/9f86d081884c7d659a2feaa0c55ad015":           {"https://room.example/REDACTED", []string{"9f86d081884c7d659a2feaa0c55ad015"}, true},
		"https://room.example/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln":  {"https://room.example/REDACTED", []string{"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"}, true},
		"https://t0ken-user@room.example/x":                               {"https://REDACTED@room.example/x", []string{"t0ken-user"}, false},
		"https://room.example/x?pwd=4711a#jwt=%22abcdef%22":               {"https://room.example/x?pwd=REDACTED#REDACTED", []string{"4711a", "%22abcdef%22", `abcdef`}, true},
		"https://room.example/x#" + token:                                 {"https://room.example/x#REDACTED", []string{token}, false},
		"https://room.example/#/room?auth=abcdef":                         {"https://room.example/#REDACTED", []string{"abcdef"}, true},
	} {
		if got := RedactURL(raw); got != want.shown {
			t.Errorf("%s is shown as %s", raw, got)
		}
		if got := HasSecret(raw); got != want.has {
			t.Errorf("%s has a secret: %v", raw, got)
		}
		hidden := NewSecrets(SecretsOf(raw)...)
		for _, secret := range want.secret {
			if got := hidden.Hide("it was " + secret); got != "it was (secret)" {
				t.Errorf("%s: %s", raw, got)
			}
		}
		if got := SecretsOf(raw); len(want.secret) == 0 && len(got) > 0 {
			t.Errorf("%s: %q", raw, got)
		}
		if name := DefaultOutput(raw, time.Now()); strings.Contains(name, token) {
			t.Errorf("%s has the name %s", raw, name)
		}
	}
	if got := PublicRoom("https://room.example/weekly/" + token + "?x=1"); got != "https://room.example/weekly" {
		t.Error(got)
	}
}

// A secret in any text of a report is hidden, but for the words that are Beam's own.
func TestHideIn(t *testing.T) {
	r := &Report{}
	plant(reflect.ValueOf(r).Elem())
	s := NewSecrets(planted)
	s.HideIn(r)
	for _, own := range []*string{
		&r.Beam, &r.Output, &r.Speakers, &r.Chat, &r.ID, &r.Engine, &r.FPSMode, &r.Preset, &r.Platform, &r.EngineChanges[0].From, &r.EngineChanges[0].To,
		&r.Gaps[0].Lost, &r.Participants[0].ID, &r.Participants[0].Role, &r.Upload.CRC32C, &r.Upload.ETag, &r.Upload.Version, &r.Upload.Confirmed,
	} {
		if *own != planted {
			t.Errorf("one of beam's own words became %q", *own)
		}
		*own = ""
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if s.Hide(string(text)) != string(text) || strings.Count(string(text), mask) < 20 {
		t.Errorf("%s", text)
	}
}

// plant writes the secret into all texts.
func plant(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		plant(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Type().Field(i).Type != reflect.TypeFor[*Secrets]() {
				plant(v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		plant(v.Index(0))
	case reflect.Map:
		if v.Type().Elem().Kind() == reflect.String {
			v.Set(reflect.ValueOf(map[string]string{"chrome": planted}))
		}
	case reflect.String:
		v.SetString(planted)
	}
}

func FuzzHide(f *testing.F) {
	f.Add("token=abc", "abcdefghijklmnop")
	f.Add("(secret)(secret)(secret)", "(secret)(secret)")
	f.Fuzz(func(t *testing.T, text, secret string) {
		got := NewSecrets(secret).Hide(text + secret + text)
		if len(secret) >= shortestSecret && !strings.Contains(mask+mask, secret) && strings.Count(got, secret) > strings.Count(strings.ReplaceAll(text+"\x00"+text, mask, ""), secret) {
			t.Errorf("%q is in %q", secret, got)
		}
	})
}
