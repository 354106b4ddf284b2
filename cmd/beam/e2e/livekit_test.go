//go:build e2e && livekit

package e2e

import (
	"image/color"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"beam/beam"
	"beam/capture/inspect/testpattern"
	"beam/layout/livekit"
	"beam/layout/livekit/livekittest"
)

// These tests record rooms of a real LiveKit server on loopback.
// scripts/test-livekit runs them.

// livekitRoom starts a server with people in a room, and lets beam find the key.
func livekitRoom(t *testing.T, people ...string) *livekittest.Room {
	t.Helper()
	room := livekittest.Start(t, people...)
	t.Setenv("LIVEKIT_API_KEY", room.APIKey)
	t.Setenv("LIVEKIT_API_SECRET", room.APISecret)
	return room
}

func recordLiveKit(t *testing.T, room *livekittest.Room, args ...string) *recording {
	t.Helper()
	return record(t, room.URL, append([]string{"--room", room.Name, "--resolution", "480p", "--capture", "x11"}, args...)...)
}

func livekitPeople(room *livekittest.Room) (colours []color.RGBA, voices []float64) {
	for _, p := range room.People {
		colours, voices = append(colours, p.RGBA()), append(voices, p.ToneHz)
	}
	return colours, voices
}

// TestLiveKitEverybody records all in a grid, one of whom comes late and one of
// whom leaves, until the room is closed.
func TestLiveKitEverybody(t *testing.T) {
	room := livekitRoom(t, "ana", "ben", "chloe")
	colours, voices := livekitPeople(room)
	r := recordLiveKit(t, room, "--layout", "grid")
	r.recordFor(3 * time.Second)
	room.Do("join dev")
	r.recordFor(12 * time.Second) // a whole cycle of turns, and a turn
	room.Do("leave chloe")
	r.recordFor(3 * time.Second)
	room.Do("end")
	r.ends(exitComplete)
	r.sound(0)

	at, share := shares(t, r.out, colours...)
	end := at[len(at)-1]
	for i, p := range room.People {
		seen := 0
		for _, row := range share {
			if row[i] > 0.05 {
				seen++
			}
		}
		if seen < len(share)/2 {
			t.Errorf("%s is in %d of %d pictures", p.Name, seen, len(share))
		}
	}
	// The last second may show the room as it falls apart.
	late := slices.IndexFunc(at, func(t time.Duration) bool { return t > end-1500*time.Millisecond })
	if share[0][3] > 0.01 || share[late][2] > 0.01 {
		t.Errorf("Dev has %.3f of the first picture, Chloe %.3f of a late one", share[0][3], share[late][2])
	}
	windows := tones(t, r.out, voices...)
	for i, p := range room.People {
		if heard := testpattern.Present(windows, i, -30); len(heard) < 2 {
			t.Errorf("%s is heard in the seconds %v", p.Name, heard)
		}
	}
	report := r.report()
	if report.StopReason != beam.ReasonRoomEnded || report.Platform != "livekit" || len(report.Participants) != 4 {
		t.Errorf("stopped by %q on %q, %+v", report.StopReason, report.Platform, report.Participants)
	}
	for _, p := range report.Participants {
		if p.Name == "" || p.Role == "" || !p.Recorded {
			t.Errorf("%+v", p)
		}
	}
	noSecret(t, r, room.APISecret)
}

// TestLiveKitRoles leaves everybody but the host out: in no picture and in no
// second of the sound is anybody else, also one who comes later.
func TestLiveKitRoles(t *testing.T) {
	for _, layout := range []string{"grid", "native"} {
		t.Run(layout, func(t *testing.T) {
			room := livekitRoom(t, "ana", "ben", "chloe")
			colours, voices := livekitPeople(room)
			r := recordLiveKit(t, room, "--layout", layout, "--role", "host", "--duration", "14s")
			r.recordFor(3 * time.Second)
			room.Do("join dev")
			r.completes()

			_, share := shares(t, r.out, colours...)
			host := 0
			for i, row := range share {
				if row[0] > 0.2 {
					host++
				}
				for n, s := range row[1:] {
					if s > 0.002 {
						t.Fatalf("%s has %.4f of picture %d", room.People[n+1].Name, s, i)
					}
				}
			}
			if host < len(share)*9/10 {
				t.Errorf("the host is in %d of %d pictures", host, len(share))
			}
			heard := 0
			for _, w := range tones(t, r.out, voices...) {
				if w.LevelsDBFS[0] > -30 {
					heard++
				}
				// Whoever is let through is heard at -9 dBFS, in a turn in which the host
				// is silent. A hole in the host's tone, on a busy machine, has a little
				// of all tones in it.
				for n, level := range w.LevelsDBFS[1:] {
					if level > -35 && level > w.LevelsDBFS[0]-12 {
						t.Errorf("%s is heard at %v: %v", room.People[n+1].Name, w.At, w.LevelsDBFS)
					}
				}
			}
			if heard == 0 {
				t.Error("the host is not heard")
			}
			report := r.report()
			if len(report.Participants) != 4 {
				t.Errorf("participants %+v", report.Participants)
			}
			for _, p := range report.Participants {
				if p.Recorded != (p.Role == "host") {
					t.Errorf("%+v", p)
				}
			}
		})
	}
}

// TestLiveKitKicked removes the recorder: what there is is kept.
func TestLiveKitKicked(t *testing.T) {
	room := livekitRoom(t, "ana")
	r := recordLiveKit(t, room, "--layout", "grid")
	r.recordFor(4 * time.Second)
	room.Do("kick beam-*")
	r.ends(exitComplete)
	r.sound(0)
	if report := r.report(); report.StopReason != beam.ReasonKicked {
		t.Errorf("stopped by %q", report.StopReason)
	}
}

// TestLiveKitTokens tries tokens that let nobody in. What can be known without
// the server is a fault of usage, before anything starts.
func TestLiveKitTokens(t *testing.T) {
	room := livekittest.Start(t)
	made := func(secret, name string, expires time.Time) string {
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
			"iss": room.APIKey, "sub": "recorder", "exp": expires.Unix(),
			"video": map[string]any{"room": name, "roomJoin": true, "hidden": true},
		}).SignedString([]byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	soon := time.Now().Add(time.Hour)
	for _, c := range []struct {
		name, token string
		code        int
		says        string
	}{
		{"none", "", exitUsage, "LIVEKIT_TOKEN"},
		{"expired", made(room.APISecret, room.Name, time.Now().Add(-time.Hour)), exitUsage, "expired at"},
		{"another room", made(room.APISecret, "elsewhere", soon), exitUsage, `is for the room "elsewhere"`},
		{"forged", made(strings.Repeat("forged", 6), room.Name, soon), exitRoom, "refused the recorder: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("LIVEKIT_TOKEN", c.token)
			r := recordLiveKit(t, room, "--layout", "grid")
			r.ends(c.code)
			r.said("beam: error: ", c.says)
			r.noFile()
			if c.token != "" {
				noSecret(t, r, c.token)
			}
		})
	}
}

// TestLiveKitTemplate records a page that behaves as a template of LiveKit
// Egress does: it joins the room itself, with the token that it is given.
func TestLiveKitTemplate(t *testing.T) {
	room := livekitRoom(t, "ana", "ben")
	site, err := livekit.Site()
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServerFS(site))
	mux.HandleFunc("/template", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, "../../layout/platform/testdata/template.html")
	})
	page := httptest.NewServer(mux)
	t.Cleanup(page.Close)
	r := recordLiveKit(t, room, "--layout", page.URL+"/template")
	r.recordFor(12 * time.Second)
	room.Do("end")
	r.ends(exitComplete)
	report := r.report()
	if !strings.HasPrefix(report.StopReason, beam.ReasonPage) || !strings.Contains(report.ReadyReason, "START_RECORDING") {
		t.Errorf("ready by %q, stopped by %q", report.ReadyReason, report.StopReason)
	}
	_, voices := livekitPeople(room)
	windows := tones(t, r.out, voices...)
	for i, p := range room.People[:2] {
		if heard := testpattern.Present(windows, i, -30); len(heard) < 2 {
			t.Errorf("%s is heard in the seconds %v", p.Name, heard)
		}
	}
	noSecret(t, r, room.APISecret)
}

// noSecret checks that a secret is neither in what Beam printed nor in its
// report, and no token is.
func noSecret(t *testing.T, r *recording, secret string) {
	t.Helper()
	texts := map[string]string{"standard error": r.stderr.String(), "standard output": r.stdout.String()}
	if report, err := os.ReadFile(beam.ReportPath(r.out)); err == nil {
		texts["report"] = string(report)
	}
	for where, text := range texts {
		if strings.Contains(text, secret) || strings.Contains(text, "eyJ") {
			t.Errorf("a secret is in the %s", where)
		}
	}
}
