//go:build e2e

package chrome

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"beam/capture"
)

// issued returns a certificate for localhost and 127.0.0.1 and a PEM file with
// who signed it: a private authority, or the server itself.
func issued(t *testing.T, bySelf bool) (tls.Certificate, string) {
	t.Helper()
	key := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	caKey, leafKey := key(), key()
	times := func(c *x509.Certificate) *x509.Certificate {
		c.NotBefore, c.NotAfter, c.BasicConstraintsValid = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour), true
		return c
	}
	ca := times(&x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Private Authority"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign})
	leaf := times(&x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	parent, signer := ca, caKey
	if bySelf {
		parent, signer = leaf, leafKey
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, parent, &leafKey.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	trusted := der
	if !bySelf {
		if trusted, err = x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: trusted}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: leafKey}, file
}

func TestAuthorities(t *testing.T) {
	for name, bySelf := range map[string]bool{"an authority": false, "the server itself": true} {
		t.Run(name, func(t *testing.T) {
			cert, file := issued(t, bySelf)
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprint(w, "<!doctype html><p>room")
			}))
			s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
			s.Config.ErrorLog = quietLog(t)
			s.StartTLS()
			t.Cleanup(s.Close)
			_, err := launch(t, nil).Open(within(t), OpenOptions{URL: s.URL})
			var f *capture.Fault
			if !errors.As(err, &f) || !strings.Contains(f.Error(), "certificate") || !strings.Contains(f.Hint, "--ca-file") {
				t.Errorf("without: %v", err)
			}
			t.Run("file", func(t *testing.T) {
				open(t, launch(t, func(o *Options) { o.CAFile = file }), OpenOptions{URL: s.URL})
			})
			t.Run("variable", func(t *testing.T) {
				t.Setenv("SSL_CERT_FILE", file)
				open(t, launch(t, nil), OpenOptions{URL: s.URL})
			})
			t.Run("any", func(t *testing.T) {
				open(t, launch(t, func(o *Options) { o.IgnoreHTTPSErrors = true }), OpenOptions{URL: s.URL})
			})
		})
	}
}

// proxy answers every address itself once it has been given its login.
func proxy(t *testing.T) (*httptest.Server, func() []string) {
	t.Helper()
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>room</title>")
	}))
	secure.Config.ErrorLog = quietLog(t)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	var mu sync.Mutex
	var seen []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.Header.Get("Proxy-Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte("ada:p@ss")) {
			seen = append(seen, "407 "+r.Method)
			w.Header().Set("Proxy-Authenticate", `Basic realm="company"`)
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		seen = append(seen, r.Method+" "+r.URL.String())
		if r.Method == http.MethodConnect {
			tunnel(t, w, secure.Listener.Addr().String())
			return
		}
		w.Header().Set("Content-Type", "text/html")
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, "http://169.254.169.254/latest/", http.StatusFound)
		default:
			fmt.Fprint(w, "<!doctype html><title>room</title>")
		}
	}))
	t.Cleanup(s.Close)
	return s, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string{}, seen...)
	}
}

// tunnel joins a client of the proxy with a server.
func tunnel(t *testing.T, w http.ResponseWriter, to string) {
	server, err := net.Dial("tcp", to)
	if err != nil {
		t.Error(err)
		return
	}
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
		server.Close()
		return
	}
	_, _ = io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n")
	for _, pair := range [][2]net.Conn{{client, server}, {server, client}} {
		go func() {
			_, _ = io.Copy(pair[0], pair[1])
			pair[0].Close()
		}()
	}
}

func TestProxy(t *testing.T) {
	s, seen := proxy(t)
	host := strings.TrimPrefix(s.URL, "http://")
	t.Run("with a login", func(t *testing.T) {
		t.Setenv("http_proxy", "http://ada:p%40ss@"+host)
		b := launch(t, nil)
		p := open(t, b, OpenOptions{URL: "http://room.test/"})
		if got, err := p.Evaluate(t.Context(), "document.title"); err != nil || string(got) != `"room"` {
			t.Errorf("%s, %v; %q", got, err, seen())
		}
	})
	t.Run("tunnel", func(t *testing.T) {
		t.Setenv("https_proxy", "http://ada:p%40ss@"+host)
		open(t, launch(t, func(o *Options) { o.IgnoreHTTPSErrors = true }), OpenOptions{URL: "https://room.test/"})
	})
	t.Run("without one", func(t *testing.T) {
		t.Setenv("http_proxy", s.URL)
		_, err := launch(t, nil).Open(within(t), OpenOptions{URL: "http://room.test/"})
		var f *capture.Fault
		if !errors.As(err, &f) || !strings.Contains(f.Error(), "407") || !strings.Contains(f.Hint, "http_proxy") {
			t.Errorf("%v", err)
		}
	})
}

// The main frame is kept where the room is.
func TestAddressSpaces(t *testing.T) {
	s, _ := proxy(t)
	t.Setenv("http_proxy", "http://ada:p%40ss@"+strings.TrimPrefix(s.URL, "http://"))
	inside := serve(t, map[string]string{"/": "<title>inside</title>"})
	b := launch(t, nil)
	refused := newCollect()
	p := open(t, b, OpenOptions{URL: "http://room.test/", OnRefused: refused.add})
	for _, url := range []string{inside.URL, strings.Replace(inside.URL, "127.0.0.1", "localhost", 1), "http://169.254.169.254/latest/", "/away"} {
		if _, err := p.Evaluate(t.Context(), fmt.Sprintf("setTimeout(() => { location = %q }, 0)", url)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(500 * time.Millisecond)
		if got, err := p.Evaluate(t.Context(), "document.title + location.host"); err != nil || string(got) != `"roomroom.test"` {
			t.Errorf("%s: %s, %v", url, got, err)
		}
	}
	for _, host := range []string{"127.0.0.1", "localhost", "169.254.169.254"} {
		refused.wait(t, host)
	}
	p.Close(within(t))

	// A room that is a redirect.
	_, err := b.Open(within(t), OpenOptions{URL: "http://room.test/away"})
	var f *capture.Fault
	if !errors.As(err, &f) || f.Class != capture.ClassRoom || !strings.Contains(f.Hint, "--allow-host 169.254.169.254") {
		t.Errorf("%v", err)
	}

	// What is allowed, in any spelling.
	p = open(t, b, OpenOptions{URL: "http://room.test/", AllowHosts: []string{"LOCALHOST"}})
	if _, err := p.Evaluate(t.Context(), fmt.Sprintf("setTimeout(() => { location = %q }, 0)", strings.Replace(inside.URL, "127.0.0.1", "localhost", 1))); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the other page", func() bool {
		got, err := p.Evaluate(t.Context(), "document.title")
		return err == nil && string(got) == `"inside"`
	})
	p.Close(within(t))
	if _, err := b.Open(t.Context(), OpenOptions{URL: "http://room.test/", AllowHosts: []string{"no host"}}); err == nil {
		t.Error("took a host that is none")
	}
}

// A login in the address, a main document that wants one, and hosts as people
// write them.
func TestAddresses(t *testing.T) {
	t.Parallel()
	var own visits
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		own.note(r)
		w.Header().Set("Content-Type", "text/html")
		if user, password, _ := r.BasicAuth(); strings.HasPrefix(r.URL.Path, "/locked") && (user != "ada" || password != "p@ss") {
			w.Header().Set("WWW-Authenticate", `Basic realm="room"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `<!doctype html><script>fetch("again").then((a) => __beamSend("again " + a.status), (e) => __beamSend(String(e)))</script>`)
	}))
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(s.URL, "http://"))
	screen := display(t, capture.Size{Width: hd.Width + 16, Height: hd.Height + 16})
	for engine, o := range map[string]func(*Options){"headless": nil, "window": func(o *Options) { o.Display = screen }} {
		t.Run(engine, func(t *testing.T) {
			b := launch(t, o)
			messages := newCollect()
			p := open(t, b, OpenOptions{URL: "http://ada:p%40ss@127.0.0.1:" + port + "/locked/", OnMessage: messages.add})
			messages.wait(t, "again 200")
			p.Close(within(t))

			var shot []byte
			_, err := b.Open(within(t), OpenOptions{URL: "http://localhost:" + port + "/locked/", OnFailed: func(png []byte) { shot = png }})
			var f *capture.Fault
			if !errors.As(err, &f) || !strings.Contains(f.Error(), "401") || !strings.Contains(f.Hint, "--basic-auth") {
				t.Errorf("%v", err)
			}
			if len(shot) == 0 {
				t.Error("no screenshot")
			}
			for _, host := range []string{"LOCALHOST", "127.1", "localhost."} {
				p := open(t, b, OpenOptions{URL: "http://" + host + ":" + port + "/" + host, Access: Access{Headers: []Field{{"X-Key", "k"}}}})
				if got := own.of("/" + host); !strings.HasPrefix(got, "key=k ") {
					t.Errorf("%s: %s", host, got)
				}
				p.Close(within(t))
			}
		})
	}
}
