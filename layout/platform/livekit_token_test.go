package platform

import (
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	testKey    = "devkey"
	testSecret = "a-secret-that-is-long-enough-for-it"
)

var testNow = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// A made token is signed with the secret, for six hours, and lets in somebody
// whom nobody sees and who can only look and listen.
func TestMintedToken(t *testing.T) {
	r := Request{URL: "wss://live.example", Name: "Beam", Room: "a room/ü", Secrets: Secrets{APIKey: testKey, APISecret: testSecret}}
	token, err := liveKitToken(r, testNow)
	if err != nil {
		t.Fatal(err)
	}
	claims := jwt.MapClaims{}
	_, err = jwt.NewParser(
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer(testKey), jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(func() time.Time { return testNow.Add(6*time.Hour - time.Second) }),
	).ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return []byte(testSecret), nil })
	if err != nil {
		t.Fatal(err)
	}
	if claims["exp"] != float64(testNow.Add(6*time.Hour).Unix()) || claims["name"] != "Beam" {
		t.Errorf("claims %v", claims)
	}
	video := claims["video"].(map[string]any)
	for name, want := range map[string]any{
		"room": "a room/ü", "roomJoin": true, "hidden": true, "recorder": true,
		"canPublish": false, "canPublishData": false, "canSubscribe": true,
	} {
		if video[name] != want {
			t.Errorf("%s is %v, want %v", name, video[name], want)
		}
	}
	for name := range video {
		if strings.HasPrefix(name, "roomAdmin") || name == "roomCreate" || name == "roomList" {
			t.Errorf("the token grants %s", name)
		}
	}
	again, err := liveKitToken(r, testNow)
	if err != nil {
		t.Fatal(err)
	}
	if subject(t, token) == subject(t, again) || !strings.HasPrefix(subject(t, token), "beam-") {
		t.Errorf("identities %s and %s", subject(t, token), subject(t, again))
	}
	if err := checkLiveKitToken(token, "a room/ü", testNow); err != nil {
		t.Errorf("Beam's own token: %v", err)
	}
}

func subject(t *testing.T, token string) string {
	t.Helper()
	var claims accessToken
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
		t.Fatal(err)
	}
	return claims.Subject
}

// given makes a token as somebody else might have.
func given(t *testing.T, claims jwt.MapClaims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(testSecret))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestLiveKitToken(t *testing.T) {
	grant := func(change ...any) jwt.MapClaims {
		video := map[string]any{"room": "lobby", "roomJoin": true}
		for i := 0; i < len(change); i += 2 {
			video[change[i].(string)] = change[i+1]
		}
		return jwt.MapClaims{"iss": testKey, "sub": "x", "exp": testNow.Add(time.Hour).Unix(), "video": video}
	}
	with := func(claims jwt.MapClaims, name string, value any) jwt.MapClaims {
		claims[name] = value
		return claims
	}
	token := func(claims jwt.MapClaims) Secrets { return Secrets{Token: given(t, claims)} }
	for _, c := range []struct {
		name    string
		room    string
		secrets Secrets
		want    string // part of the error; "" for none
	}{
		{"token", "lobby", token(grant()), ""},
		{"token tells the room", "", token(grant()), ""},
		{"token before key", "lobby", Secrets{Token: given(t, grant()), APIKey: testKey}, ""},
		{"token without expiry", "lobby", token(with(grant(), "exp", nil)), ""},
		{"clock a little behind", "lobby", token(with(grant(), "nbf", testNow.Add(30*time.Second).Unix())), ""},
		{"nothing", "lobby", Secrets{}, "set LIVEKIT_TOKEN, or LIVEKIT_API_KEY and LIVEKIT_API_SECRET"},
		{"no secret", "lobby", Secrets{APIKey: testKey}, "LIVEKIT_API_SECRET is not"},
		{"no key", "lobby", Secrets{APISecret: testSecret}, "LIVEKIT_API_KEY is not"},
		{"no room", "", Secrets{APIKey: testKey, APISecret: testSecret}, "--room"},
		{"another room", "other", token(grant()), `for the room "lobby", and --room is "other"`},
		{"expired", "lobby", token(with(grant(), "exp", testNow.Unix())), "expired at 2026-03-04T12:00:00Z"},
		{"too early", "lobby", token(with(grant(), "nbf", testNow.Add(time.Hour).Unix())), "not valid before 2026-03-04T13:00:00Z"},
		{"may not join", "lobby", token(grant("roomJoin", false)), "roomJoin"},
		{"other claims", "lobby", token(jwt.MapClaims{"sub": "x"}), "roomJoin"},
		{"deaf", "lobby", token(grant("canSubscribe", false)), "canSubscribe"},
		{"no room in it", "lobby", token(grant("room", "")), "names no room"},
		{"no JWT", "lobby", Secrets{Token: "swordfish"}, "no LiveKit token"},
		{"broken JWT", "lobby", Secrets{Token: "swordfish.swordfish.swordfish"}, "no LiveKit token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := liveKitToken(Request{URL: "wss://live.example", Room: c.room, Secrets: c.secrets}, testNow)
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want %q in it", err, c.want)
			}
			for _, secret := range []string{c.secrets.Token, c.secrets.APISecret} {
				if secret != "" && strings.Contains(err.Error(), secret) {
					t.Errorf("a secret is in the error: %v", err)
				}
			}
		})
	}
}

func TestLiveKitServer(t *testing.T) {
	for raw, want := range map[string]string{
		"wss://live.example":            "wss://live.example",
		"ws://127.0.0.1:7880":           "ws://127.0.0.1:7880",
		"https://live.example/sub":      "wss://live.example/sub",
		"http://[::1]:7880":             "ws://[::1]:7880",
		"ftp://live.example":            "",
		"wss://":                        "",
		"wss:live.example":              "",
		"wss://u:p@live.example":        "",
		"wss://live.example/?token=abc": "",
		"wss://live.example/#room":      "",
	} {
		got, err := liveKitServer(raw)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s became %q, %v; want %q", raw, got, err, want)
		}
	}
}

// Whatever is given as a token, it is refused or it can be used, and no error
// shows it.
func FuzzCheckLiveKitToken(f *testing.F) {
	f.Add("swordfish", "lobby")
	f.Add("eyJhbGciOiJIUzI1NiJ9.eyJ2aWRlbyI6eyJyb29tSm9pbiI6dHJ1ZSwicm9vbSI6ImEifX0.c2ln", "a")
	f.Add("eyJhbGciOiJub25lIn0.e30.", "")
	f.Add("..", "")
	f.Fuzz(func(t *testing.T, token, room string) {
		err := checkLiveKitToken(token, room, testNow)
		if err != nil && len(token) > 40 && strings.Contains(err.Error(), token) {
			t.Errorf("the token is in the error: %v", err)
		}
		if err == nil && strings.Count(token, ".") != 2 {
			t.Errorf("%q was taken for a token", token)
		}
	})
}
