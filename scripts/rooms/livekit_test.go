//go:build rooms

package rooms

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// liveKitServer is the variable with the path of livekit-server.
const liveKitServer = "BEAM_LIVEKIT_SERVER"

// liveKitConfig keeps all traffic on loopback.
const liveKitConfig = `port: %d
bind_addresses: ["127.0.0.1"]
rtc:
  node_ip: 127.0.0.1
  udp_port: %d
  tcp_port: 0
  use_external_ip: false
  enable_loopback_candidate: true
  interfaces: {includes: [lo]}
  stun_servers: ["127.0.0.1:3478"]
keys: {%s: %s}
logging: {level: error}
`

// liveKit is a room of a real LiveKit server. Beam is given the page's address, and
// does not know what is behind it.
func liveKit(t *testing.T) room {
	const key = "key"
	secret := rand.Text() + rand.Text()
	server := startLiveKit(t, key, secret)
	mux := http.NewServeMux()
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Query().Get("name")
		grant := map[string]any{"room": "room", "roomJoin": true, "canPublish": name != "", "hidden": name == ""}
		if name == "" {
			name = "recorder"
		}
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
			"iss": key, "sub": name, "name": name, "exp": time.Now().Add(time.Hour).Unix(), "video": grant,
		}).SignedString([]byte(secret))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"url": server, "token": token}) // a page that is gone needs none
	})
	mux.HandleFunc("/room", page("livekit.html"))
	at := site(t, mux)
	return room{at.JoinPath("room").String(), nil, enter(t, castPage(at, "/room"), script(t))}
}

// startLiveKit starts a server for the time of the test and returns its address.
func startLiveKit(t *testing.T, key, secret string) string {
	t.Helper()
	path := os.Getenv(liveKitServer)
	if path == "" {
		t.Fatalf("%s is not set: run scripts/test-rooms", liveKitServer)
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port, media := tcp.Addr().(*net.TCPAddr).Port, udp.LocalAddr().(*net.UDPAddr).Port
	_, _ = tcp.Close(), udp.Close()
	file := filepath.Join(t.TempDir(), "livekit.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, liveKitConfig, port, media, key, secret), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--config", file)
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// Asked kindly it waits for rooms to become empty.
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for late := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/", port))
		if err == nil {
			_ = resp.Body.Close()
			return fmt.Sprintf("ws://127.0.0.1:%d", port)
		}
		if time.Now().After(late) {
			t.Fatalf("livekit-server does not answer: %v", err)
		}
	}
}
