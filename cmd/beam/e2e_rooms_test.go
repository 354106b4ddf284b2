package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"beam/beam"
	"beam/beam/demo"
)

// roomPage is a page that speaks Beam's page contract. What happens after it has
// been joined is script.
func roomPage(script string) string {
	return `<body style="margin:0;background:rgb(60,60,140)"><video id=v autoplay muted style="width:100%"></video><script>
	const canvas = document.createElement('canvas'); canvas.width = 320; canvas.height = 180;
	const draw = canvas.getContext('2d'); let n = 0;
	setInterval(() => { draw.fillStyle = 'rgb(160,60,60)'; draw.fillRect(0, 0, 320, 180); draw.fillStyle = '#fff'; draw.fillRect(n++ % 300, 80, 20, 20); }, 50);
	document.getElementById('v').srcObject = canvas.captureStream(20);
	const after = (ms, f) => setTimeout(f, ms);
	const ana = { id: 'a', name: 'Ana', role: 'host', media: [] }, ben = { id: 'b', name: 'Ben', role: 'guest', media: [] };
	const room = window.beamRoom;
	` + script + `</script>`
}

const joinRoom = `room.joined(); room.people([ana, ben]);`

// TestEndings records rooms that end in every way a room can.
func TestEndings(t *testing.T) {
	for _, c := range []struct {
		name, script string
		args         []string
		reason       string
		code         int
	}{
		{"room ended", joinRoom + `after(4000, () => room.ended('bye'));`, nil, beam.ReasonRoomEnded, exitComplete},
		{"kicked", joinRoom + `after(4000, () => room.kicked('by Ana'));`, nil, beam.ReasonKicked, exitComplete},
		{"last left", joinRoom + `after(2000, () => room.people([ana])); after(3000, () => room.people([]));`, []string{"--idle-timeout", "2s"}, beam.ReasonLastLeft, exitComplete},
		{"back in time", joinRoom + `after(2000, () => room.people([])); after(3000, () => room.people([ana]));`, []string{"--idle-timeout", "3s", "--duration", "8s"}, beam.ReasonDuration, exitComplete},
		{"connection lost", joinRoom + `after(3000, () => room.reconnecting());`, []string{"--reconnect-grace", "2s"}, beam.ReasonLost, exitDegraded},
		{"connected again", joinRoom + `after(2000, () => room.reconnecting()); after(3500, () => room.reconnected());`, []string{"--reconnect-grace", "3s", "--duration", "8s"}, beam.ReasonDuration, exitComplete},
		{"silence", joinRoom, []string{"--silence-timeout", "4s"}, beam.ReasonSilence, exitComplete},
		{"page stops", joinRoom + `after(4000, () => window.beam.stop('enough'));`, nil, beam.ReasonPage + ": enough", exitComplete},
		{"max duration", joinRoom, []string{"--max-duration", "4s"}, beam.ReasonMaxDuration, exitComplete},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := open(t, roomPage(c.script)).URL
			r := record(t, url, append([]string{"--platform", "page", "--resolution", "480p", "--capture", "screencast"}, c.args...)...)
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
		})
	}
}

// TestChatIsKept writes in the room while it is recorded.
func TestChatIsKept(t *testing.T) {
	url := open(t, roomPage(joinRoom+`after(1500, () => room.chat({ id: 'm1', senderId: 'a', senderName: 'Ana', roles: [], sentAt: 1795377094083, type: 'chat', text: 'Hello, "all"' }));
		after(4000, () => room.ended(''));`)).URL
	r := record(t, url, "--platform", "page", "--resolution", "480p", "--capture", "screencast")
	r.completes()
	if got := r.report().Chat; got != beam.ChatPath(r.out) {
		t.Errorf("chat in the report: %q", got)
	}
	text, err := os.ReadFile(beam.ChatPath(r.out))
	if err != nil || !strings.Contains(string(text), `a,Ana,,,2026-11-22T19:51:34.083Z,chat,"Hello, ""all"""`) {
		t.Errorf("%s, %v", text, err)
	}
}

// TestDemoRoomEnds ends the demo room while it is recorded.
func TestDemoRoomEnds(t *testing.T) {
	server, err := demo.Start(t.Context(), demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	r := record(t, server.URL(), "--platform", "demo", "--layout", "speaker", "--resolution", "480p", "--capture", "screencast")
	r.recordFor(4 * time.Second)
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
	for _, c := range []struct {
		name, page string
		args       []string
		code       int
		says       string
	}{
		{"refused", roomPage(`room.refused('the token has expired');`), []string{"--platform", "page"}, exitRoom, "the token has expired"},
		{"waiting room", roomPage(`room.waiting('Lobby of the clinic');`), []string{"--platform", "page", "--ready-timeout", "6s"}, exitRoom, "nobody let the recorder in"},
		{"over already", roomPage(`room.ended('');`), []string{"--platform", "page"}, exitRoom, "has ended"},
		{"no media", `<p>hello`, []string{"--layout", "grid", "--ready-timeout", "6s"}, exitEmpty, "no picture and no sound of anybody"},
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
