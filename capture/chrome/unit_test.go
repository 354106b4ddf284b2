package chrome

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"github.com/chromedp/cdproto"

	"beam/capture"
)

const (
	frameMsg = `{"method":"Page.screencastFrame","params":{"data":"/9j/4A==","metadata":{"offsetTop":0,"timestamp":1790000000.5,` +
		`"monotonicTimestamp":12.25},"sessionId":7},"sessionId":"AB"}`
	otherMsg = `{"id":3,"result":{},"sessionId":"AB"}`
)

func TestParseShot(t *testing.T) {
	for name, msg := range map[string]string{
		"as chrome writes it": frameMsg,
		"data last":           `{"method":"Page.screencastFrame","params":{"sessionId":7,"metadata":{"monotonicTimestamp":12.25,"timestamp":1790000000.5},"data":"/9j/4A=="},"sessionId":"AB"}`,
		"escaped":             `{"method":"Page.screencastFrame","params":{"data":"\/9j\/4A==","metadata":{"timestamp":1790000000.5,"monotonicTimestamp":12.25},"sessionId":7},"sessionId":"AB"}`,
	} {
		s, err := parseShot([]byte(msg))
		if err != nil || s.session != "AB" || s.number != 7 || s.monotonic != 12.25 || s.wall != 1790000000.5 ||
			!bytes.Equal(s.jpeg, []byte{0xff, 0xd8, 0xff, 0xe0}) {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	for _, msg := range []string{
		`{"method":"Page.screencastFrame","params":{"sessionId":7}}`,
		`{"method":"Page.screencastFrame","params":{"data":"`,
		`{"method":"Page.screencastFrame","params":{"data":"!!!!"}}`,
	} {
		if s, err := parseShot([]byte(msg)); err == nil {
			t.Errorf("%s: %+v", msg, s)
		}
	}
}

func FuzzParseShot(f *testing.F) {
	f.Add([]byte(frameMsg))
	f.Add([]byte(otherMsg))
	f.Add([]byte(`{"method":"Page.screencastFrame","params":{"data":"","x":"\"data\":\"AAAA"}}`))
	f.Fuzz(func(t *testing.T, msg []byte) {
		before := bytes.Clone(msg)
		if s, err := parseShot(msg); err == nil && len(s.jpeg) == 0 {
			t.Error("neither a picture nor an error")
		}
		if !bytes.Equal(before, msg) {
			t.Error("changed its input")
		}
	})
}

func FuzzShotRoundTrip(f *testing.F) {
	f.Add([]byte{0xff, 0xd8}, "AB", int64(7), 12.25)
	f.Add([]byte(`"data":"`), `"data":"`, int64(-1), 0.0)
	f.Fuzz(func(t *testing.T, picture []byte, session string, number int64, at float64) {
		if len(picture) == 0 || !utf8.ValidString(session) || math.IsNaN(at) || math.IsInf(at, 0) {
			return
		}
		rest, err := json.Marshal(map[string]any{
			"params":    map[string]any{"data": picture, "sessionId": number, "metadata": map[string]any{"monotonicTimestamp": at}},
			"sessionId": session,
		})
		if err != nil {
			t.Fatal(err)
		}
		msg := append(bytes.Clone(shotPrefix), rest[1:]...)
		s, err := parseShot(msg)
		if err != nil || !isShot(msg) || !bytes.Equal(s.jpeg, picture) || s.session != session || s.number != number || s.monotonic != at {
			t.Errorf("%s: %+v, %v", msg, s, err)
		}
	})
}

func TestPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	commands, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := newPipe(r, theirs)
	defer p.Close()
	defer commands.Close()
	var shots []shot
	p.onShot(func(s shot) { shots = append(shots, s) })

	long := `{"method":"Runtime.bindingCalled","params":{"payload":"` + strings.Repeat("x", 3<<20) + `"}}`
	go func() {
		for _, msg := range []string{frameMsg, otherMsg, "", `{"id":1073741825,"result":{}}`, frameMsg, long, frameMsg} {
			_, _ = io.WriteString(w, msg+"\x00")
		}
		w.Close()
	}()
	var got []*cdproto.Message
	for {
		msg := new(cdproto.Message)
		err := p.Read(t.Context(), msg)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, msg)
	}
	if len(got) != 2 || got[0].ID != 3 || got[0].SessionID != "AB" || len(got[1].Params) < 3<<20 {
		t.Errorf("%d messages", len(got))
	}
	if len(shots) != 3 {
		t.Errorf("%d frames", len(shots))
	}
	if err := p.post("AB", "Page.screencastFrameAck", []byte(`{"sessionId":7}`)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 200)
	n, err := commands.Read(buf)
	want := `{"id":1073741825,"sessionId":"AB","method":"Page.screencastFrameAck","params":{"sessionId":7}}` + "\x00"
	if err != nil || string(buf[:n]) != want {
		t.Errorf("%q, %v", buf[:n], err)
	}
}

func TestLoadFault(t *testing.T) {
	for _, test := range []struct {
		text     string
		status   int
		download bool
		want     string
	}{
		{"net::ERR_NAME_NOT_RESOLVED", 0, false, "open room.example: host name could not be resolved (net::ERR_NAME_NOT_RESOLVED)"},
		{"net::ERR_CERT_DATE_INVALID", 0, false, "open room.example: certificate of the server is not valid (net::ERR_CERT_DATE_INVALID)"},
		{"net::ERR_CONNECTION_RESET", 0, false, "open room.example: connection was cut (net::ERR_CONNECTION_RESET)"},
		{"net::ERR_SOMETHING_NEW", 0, false, "open room.example: net::ERR_SOMETHING_NEW"},
		{"net::ERR_ABORTED", 0, true, "open room.example: address answers with a download, not a page"},
		{"net::ERR_HTTP_RESPONSE_CODE_FAILURE", 502, false, "open room.example: http status 502 bad gateway"},
		{"", 499, false, "open room.example: http status 499 "},
	} {
		f := loadFault("https://room.example/abc?token=secret", test.text, test.status, test.download).(*capture.Fault)
		if f.Error() != test.want || f.Hint == "" || f.Class != capture.ClassRoom {
			t.Errorf("%q, hint %q", f.Error(), f.Hint)
		}
	}
}

func TestHostOf(t *testing.T) {
	for raw, want := range map[string]string{
		"https://room.example:8443/abc?token=1": "room.example:8443",
		"https://user:pass@room.example/":       "room.example",
		"data:text/html,hi":                     "a data address",
		"room":                                  "the page",
		"://":                                   "the page",
	} {
		if got := hostOf(raw); got != want {
			t.Errorf("%s: %q", raw, got)
		}
	}
}

func TestArguments(t *testing.T) {
	f := folders{root: "/d/c0", profile: "/d/c0/p", home: "/d/c0/h", temp: "/d/c0/t", run: "/d/c0/r"}
	has := func(args []string, flag string) bool { return slices.Contains(args, flag) }
	quiet := arguments(Options{Size: hd}, f, trust{}, machine{sharedMem: 1 << 30})
	for _, want := range []string{"--headless", "--window-size=1280,720", "--disable-audio-output", "--user-data-dir=/d/c0/p",
		"--disable-gpu-compositing", "--use-angle=swiftshader-webgl", "--autoplay-policy=no-user-gesture-required"} {
		if !has(quiet, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, not := range []string{"--no-sandbox", "--kiosk", "--disable-dev-shm-usage", "--mute-audio", "--enable-automation"} {
		if has(quiet, not) {
			t.Errorf("has %s", not)
		}
	}
	window := arguments(Options{Size: hd, Display: ":7", PulseServer: "unix:/x"}, f, trust{}, machine{root: true, sharedMem: 64 << 20})
	for _, want := range []string{"--kiosk", "--no-sandbox", "--disable-dev-shm-usage", "--alsa-output-device=null"} {
		if !has(window, want) {
			t.Errorf("window: no %s", want)
		}
	}
	for _, not := range []string{"--headless", "--disable-audio-output"} {
		if has(window, not) {
			t.Errorf("window: has %s", not)
		}
	}
}

func TestLastWords(t *testing.T) {
	lines := []string{"first", "[1] ERROR:dbus/bus.cc no bus", "  last words", "[1] ERROR:dbus/bus.cc no bus"}
	if got := lastWords(lines, 1); got != "last words" {
		t.Errorf("%q", got)
	}
	if got := lastWords(lines, 8); got != "first\nlast words" {
		t.Errorf("%q", got)
	}
}

func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue[int](3)
		for n := range 5 {
			q.push(n)
		}
		var got []int
		lost := 0
		go q.run(t.Context(), func(n int) { got = append(got, n) }, func(n int) { lost += n })
		synctest.Wait()
		if !slices.Equal(got, []int{0, 1, 2}) || lost != 2 {
			t.Errorf("%v, %d lost", got, lost)
		}
		q.push(7)
		synctest.Wait()
		if got[len(got)-1] != 7 {
			t.Errorf("%v", got)
		}
	})
}

func TestVisibleAgent(t *testing.T) {
	a := visibleAgent("Mozilla/5.0 HeadlessChrome/156.0.0.0 Safari/537.36", "Chrome 156.0.8078.79")
	if a.UserAgent != "Mozilla/5.0 Chrome/156.0.0.0 Safari/537.36" ||
		a.UserAgentMetadata.Brands[0].Version != "156" || a.UserAgentMetadata.FullVersionList[0].Version != "156.0.8078.79" {
		t.Errorf("%+v", a)
	}
}

func TestFaultsKeepTheirClass(t *testing.T) {
	b := &Browser{}
	want := &capture.Fault{Class: capture.ClassRoom, Op: "x", Err: errors.New("y")}
	if got := b.openFault("https://room.example", want); got != want {
		t.Error(got)
	}
}
