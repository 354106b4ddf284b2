package main

import (
	"net"
	"syscall"
	"testing"
	"time"
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
	secure := serve(t, func(int) string { return "hello" })
	secure.StartTLS()
	for _, c := range []struct {
		name, url string
		says      []string
	}{
		{"404", open(t, "").URL + "/missing", []string{"http status 404 not found", "hint: check the address of the room"}},
		{"refused", refusing(t), []string{"connection refused", "hint: check that the room's server is running"}},
		{"unknown host", "http://room.invalid/", []string{"host name could not be resolved", "hint: "}},
		{"certificate", secure.URL, []string{"certificate of the server is not valid", "hint: "}},
		{"loads for ever", open(t, `<img src=/hang>`).URL, []string{"not ready within 3s", "hint: open the URL in a browser"}},
		{"never connects", open(t, `<script>peer = new RTCPeerConnection()</script>`).URL, []string{"not ready within 3s", "--ready-timeout"}},
		{"closes itself", open(t, `<script>onload = () => setTimeout(() => window.close(), 50)</script>`).URL, []string{"join the room", "hint: the page called window.close()"}},
		{"fails", open(t, `<script>beam.fail('wrong token')</script>`).URL, []string{"the page says: wrong token"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := record(t, c.url, "--ready-timeout", "3s", "--duration", "5s")
			r.ends(exitRoom)
			r.said(append(c.says, "beam: error: ")...)
			r.noFile()
		})
	}
}

// TestSignalWhileJoining stops a recording before it has begun.
func TestSignalWhileJoining(t *testing.T) {
	r := record(t, open(t, `<img src=/hang>`).URL)
	r.says("beam: joining")
	time.Sleep(time.Second)
	r.signal(syscall.SIGINT)
	asked := time.Now()
	r.ends(exitEmpty)
	if took := time.Since(asked); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	r.said("stopped before the room was ready; nothing was recorded")
	r.noFile()
}
