//go:build e2e

package e2e

import (
	"os"
	"strings"
	"testing"
	"time"

	"beam/beam"
	"beam/beam/demo"
)

// roomPage is a page that speaks Beam's page contract. What happens after it has
// been joined is script: released(f) calls f once the test lets it.
func roomPage(script string) string {
	return `<body style="margin:0;background:rgb(60,60,140)"><video id=v autoplay muted style="width:100%"></video><script>
	const canvas = document.createElement('canvas'); canvas.width = 320; canvas.height = 180;
	const draw = canvas.getContext('2d'); let n = 0;
	setInterval(() => { draw.fillStyle = 'rgb(160,60,60)'; draw.fillRect(0, 0, 320, 180); draw.fillStyle = '#fff'; draw.fillRect(n++ % 300, 80, 20, 20); }, 50);
	document.getElementById('v').srcObject = canvas.captureStream(20);
	const after = (ms, f) => setTimeout(f, ms), released = (f) => fetch('/go').then(f);
	const ana = { id: 'a', name: 'Ana', role: 'host', media: [] }, ben = { id: 'b', name: 'Ben', role: 'guest', media: [] };
	const room = window.beamRoom;
	` + script + `</script>`
}

const joinRoom = `room.joined(); room.people([ana, ben]);`

// TestEndings records rooms that end in every way a room can, half a second
// after the recording has begun. That a page itself ends it is TestPageEnds.
func TestEndings(t *testing.T) {
	t.Parallel()
	const chat = `room.chat({ id: 'm1', senderId: 'a', senderName: 'Ana', roles: [], sentAt: 1795377094083, type: 'chat', text: 'Hello, "all"' });`
	for _, c := range []struct {
		name, script string
		args         []string
		reason       string
		code         int
	}{
		{"room ended", joinRoom + `released(() => { ` + chat + ` after(500, () => room.ended('bye')); });`, nil, beam.ReasonRoomEnded, exitComplete},
		{"kicked", joinRoom + `released(() => room.kicked('by Ana'));`, nil, beam.ReasonKicked, exitComplete},
		{"last left", joinRoom + `released(() => { room.people([ana]); after(500, () => room.people([])); });`, []string{"--idle-timeout", "2s"}, beam.ReasonLastLeft, exitComplete},
		// Everybody is away for a second, and then the connection; either may last
		// for five seconds more.
		{"back in time", joinRoom + `released(() => { room.people([]); after(1000, () => { room.people([ana]); room.reconnecting(); after(1000, () => room.reconnected()); }); });`,
			[]string{"--idle-timeout", "6s", "--reconnect-grace", "6s", "--duration", "9s"}, beam.ReasonDuration, exitComplete},
		{"connection lost", joinRoom + `released(() => room.reconnecting());`, []string{"--reconnect-grace", "2s"}, beam.ReasonLost, exitDegraded},
		{"silence", joinRoom, []string{"--silence-timeout", "2s"}, beam.ReasonSilence, exitComplete},
		{"max duration", joinRoom, []string{"--max-duration", "3s"}, beam.ReasonMaxDuration, exitComplete},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := open(t, roomPage(c.script))
			r := record(t, s.URL, append([]string{"--platform", "page", "--resolution", "480p", "--capture", "screencast"}, c.args...)...)
			r.recordFor(500 * time.Millisecond)
			s.release()
			if c.code == exitComplete {
				r.completes()
			} else {
				r.ends(c.code)
			}
			report := r.report()
			if report.StopReason != c.reason {
				t.Errorf("stopped by %q, want %q", report.StopReason, c.reason)
			}
			if len(report.Participants) != 2 || report.Participants[1].Name != "Ben" {
				t.Errorf("participants %+v", report.Participants)
			}
			switch c.reason {
			case beam.ReasonMaxDuration:
				r.lasts(quality(t, r.out), 3*time.Second)
			case beam.ReasonRoomEnded: // what was written in the room is kept
				text, err := os.ReadFile(beam.ChatPath(r.out))
				if err != nil || report.Chat != beam.ChatPath(r.out) || !strings.Contains(string(text), `a,Ana,,,2026-11-22T19:51:34.083Z,chat,"Hello, ""all"""`) {
					t.Errorf("chat %q: %s, %v", report.Chat, text, err)
				}
			}
		})
	}
}

// TestDemoRoomEnds ends the demo room while it is recorded.
func TestDemoRoomEnds(t *testing.T) {
	t.Parallel()
	server, err := demo.Start(t.Context(), demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	r := record(t, server.URL(), "--platform", "demo", "--layout", "speaker", "--resolution", "480p", "--capture", "screencast")
	r.recordFor(2 * time.Second)
	server.EndRoom()
	r.completes()
	if report := r.report(); report.StopReason != beam.ReasonRoomEnded || len(report.Participants) == 0 {
		t.Errorf("stopped by %q, %+v", report.StopReason, report.Participants)
	}
	if out, err := command(t, r.tmp, "inspect", r.out).CombinedOutput(); err != nil {
		t.Errorf("inspect: %v: %s", err, out)
	}
}

// TestRoomRefuses tries rooms that can't be recorded: each has its own message,
// code and diagnosis.
func TestRoomRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, page string
		args       []string
		code       int
		says       string
	}{
		{"refused", roomPage(`room.refused('the token has expired');`), []string{"--platform", "page"}, exitRoom, "the token has expired"},
		{"waiting room", roomPage(`room.waiting('Lobby of the clinic');`), []string{"--platform", "page", "--ready-timeout", "10s"}, exitRoom, "nobody let the recorder in"},
		{"over already", roomPage(`room.ended('');`), []string{"--platform", "page"}, exitRoom, "has ended"},
		{"no media", `<p>hello`, []string{"--layout", "grid", "--ready-timeout", "10s"}, exitEmpty, "no video and no audio of anybody"},
		{"page fails", roomPage(`console.error('cannot find the room'); window.beam.fail('the room is full');`), []string{"--platform", "page"}, exitRoom, "the room is full"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := record(t, open(t, c.page).URL, append([]string{"--resolution", "480p", "--capture", "screencast"}, c.args...)...)
			r.ends(c.code)
			r.said(c.says, "beam: error: ")
			r.noFile()
			if about := r.diagnosed(); !strings.Contains(about, c.says) {
				t.Errorf("about.txt: %s", about)
			}
		})
	}
}
