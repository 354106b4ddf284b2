//go:build e2e

package e2e

import (
	"net"
	"strings"
	"syscall"
	"testing"
)

// refusing returns an address at which nobody listens.
func refusing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String() + "/"
}

// TestFaultsBeforeRecording tries rooms that can't be recorded: Beam says why,
// and leaves no file.
func TestFaultsBeforeRecording(t *testing.T) {
	t.Parallel()
	secure := serve(t, func(int) string { return "hello" })
	secure.StartTLS()
	for _, c := range []struct {
		name, url string
		says      []string
		args      []string
	}{
		{"404", open(t, "").URL + "/missing", []string{"http status 404 not found", "hint: check the address of the room"}, nil},
		{"refused", refusing(t), []string{"connection refused", "hint: check that the room's server is running"}, nil},
		{"unknown host", "http://room.invalid/", []string{"host name could not be resolved", "hint: "}, nil},
		{"certificate", secure.URL, []string{"certificate of the server is not valid", "hint: "}, nil},
		{"closes itself", open(t, `<img src=/hang><script>setTimeout(() => window.close(), 500)</script>`).URL, []string{"join the room", "hint: the page called window.close()"}, nil},
		{"fails", open(t, `<script>beam.fail('wrong token')</script>`).URL, []string{"the page says: wrong token"}, []string{"--platform", "page"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := record(t, c.url, append(c.args, "--duration", "5s")...)
			r.ends(exitRoom)
			r.said(append(c.says, "beam: error: ")...)
			r.noFile()
		})
	}
}

// TestWaitingPages: a page that a person sees is recorded, whatever it waits for.
func TestWaitingPages(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]string{
		"loads for ever": `<p>hello<img src=/hang>`,
		"never connects": `<p>hello<script>peer = new RTCPeerConnection()</script>`,
		"polls":          `<p>hello<script>setInterval(() => fetch('/shown'), 300)</script>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := record(t, open(t, page).URL, "--ready-timeout", "15s", "--duration", "2s")
			r.completes()
			if report := r.report(); !strings.HasPrefix(report.ReadyReason, "the page has loaded") {
				t.Errorf("ready because %q", report.ReadyReason)
			}
		})
	}
}

// TestNobodyToDraw: a layout of Beam's needs somebody to draw.
func TestNobodyToDraw(t *testing.T) {
	t.Parallel()
	r := record(t, open(t, `<p>hello<img src=/hang>`).URL, "--ready-timeout", "6s", "--layout", "grid")
	r.ends(exitEmpty)
	r.said("no video and no audio of anybody within 6s", "--layout native")
	r.noFile()
}

// TestSignalWhileJoining stops a recording before it has begun.
func TestSignalWhileJoining(t *testing.T) {
	t.Parallel()
	s := open(t, `<img src=/hang>`)
	r := record(t, s.URL)
	r.until(joinLimit, "open the page", func() bool { return s.Loads.Load() > 0 })
	r.signal(syscall.SIGINT)
	r.ends(exitEmpty)
	r.said("stopped before the room was ready; nothing was recorded")
	r.noFile()
}
