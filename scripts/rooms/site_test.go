//go:build rooms

package rooms

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// installed is the variable with the folder that scripts/test-rooms installed the
// clients into.
const installed = "BEAM_ROOMS"

// room is a room with three people in it.
type room struct {
	url  string
	args []string // for beam record
	cast *cast
}

func packages(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(installed)
	if dir == "" {
		t.Fatalf("%s is not set: run scripts/test-rooms", installed)
	}
	return dir
}

// site serves the pages of a room, beside what mux has already.
func site(t *testing.T, mux *http.ServeMux) *url.URL {
	t.Helper()
	mux.Handle("/pages/", http.StripPrefix("/pages/", http.FileServer(http.Dir("pages"))))
	mux.Handle("/dist/", http.StripPrefix("/dist/", http.FileServer(http.Dir(filepath.Join(packages(t), "dist")))))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func page(file string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, filepath.Join("pages", file)) }
}

// castPage is the page with a frame for each person, who all open what is at path.
func castPage(at *url.URL, path string) *url.URL {
	to := at.JoinPath("pages", "cast.html")
	to.RawQuery = url.Values{"room": {path}}.Encode()
	return to
}

// hms is a room of 100ms's SDK. Its servers are in the people's browser.
func hms(t *testing.T) room {
	relay := &relay{ctx: t.Context()}
	mux := http.NewServeMux()
	mux.HandleFunc("/init", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{
			"endpoint": "ws://" + r.Host + "/signal", "policy": "", "log_level": "error", "rtcConfiguration": map[string]any{"ice_servers": []string{}},
			"config": map[string]any{"enabledFlags": []string{"subscribeDegradation", "simulcast"}, "networkHealth": map[string]any{"url": "", "timeout": 1, "scoreMap": map[string]any{}}},
		})
	})
	mux.HandleFunc("/signal", relay.client)
	mux.HandleFunc("/sfu", relay.servers)
	mux.HandleFunc("/meeting/{code}", page("hms.html"))
	at := site(t, mux)
	return room{at.JoinPath("meeting", "abc-defg-hij").String(), []string{"--platform", "100ms"}, enter(t, at.JoinPath("pages", "sfu.html"), script(t))}
}

// relay hands the messages of the recorder's page on to the stand-in for the
// servers, and back. There is one of each.
type relay struct {
	ctx     context.Context
	mu      sync.Mutex
	to, sfu *websocket.Conn
}

func (l *relay) client(w http.ResponseWriter, r *http.Request) {
	l.serve(w, r, &l.to, &l.sfu, `{"method":"connected"}`)
}

func (l *relay) servers(w http.ResponseWriter, r *http.Request) { l.serve(w, r, &l.sfu, &l.to, "") }

func (l *relay) serve(w http.ResponseWriter, r *http.Request, mine, other **websocket.Conn, first string) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	c.SetReadLimit(1 << 20)
	l.mu.Lock()
	*mine = c
	l.mu.Unlock()
	pass := func(text []byte) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if *other != nil {
			_ = (*other).Write(l.ctx, websocket.MessageText, text) // one that has gone misses it
		}
	}
	if first != "" {
		pass([]byte(first))
	}
	for {
		_, text, err := c.Read(l.ctx)
		if err != nil {
			return
		}
		pass(text)
	}
}

// easyRTC is the multiparty demo of EasyRTC, as it is: a mesh, which nobody joins
// without a camera and a microphone.
func easyRTC(t *testing.T) room {
	program, err := filepath.Abs(filepath.Join("pages", "easyrtc.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	node := exec.Command("node", program)
	node.Dir, node.Stderr = packages(t), t.Output()
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = node.Wait()
	})
	lines := bufio.NewReader(out)
	port, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("EasyRTC's server: %v", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "127.0.0.1:" + strings.TrimSpace(port)}))
	at := site(t, mux)
	const demo = "/demos/demo_multiparty.html"
	return room{at.JoinPath(demo).String(), []string{"--devices", "silent"}, enter(t, castPage(at, demo), script(t, "easyrtc.js"))}
}
