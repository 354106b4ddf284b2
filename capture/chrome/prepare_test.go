package chrome

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"beam/capture"
)

// certificate returns a new certificate that signs itself, as PEM and as DER.
func certificate(t *testing.T, ca bool, names ...string) (text, der []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: names,
		NotAfter: time.Now().Add(time.Hour), IsCA: ca, BasicConstraintsValid: true}
	der, err = x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), der
}

func TestTrust(t *testing.T) {
	authority, authorityDER := certificate(t, true)
	own, _ := certificate(t, false, "room.example")
	both, bothDER := certificate(t, true, "room.example")
	for name, test := range map[string]struct {
		text        []byte
		authorities [][]byte
		servers     int
	}{
		"an authority":                {authority, [][]byte{authorityDER}, 0},
		"twice":                       {slices.Concat(authority, authority), [][]byte{authorityDER}, 0},
		"a server that signed itself": {own, nil, 1},
		"as openssl makes them":       {both, [][]byte{bothDER}, 1},
		"a bundle with other things":  {slices.Concat([]byte("# ours\n"), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: []byte{1}}), authority, own), [][]byte{authorityDER}, 1},
		"no certificate":              {[]byte("hello"), nil, 0},
	} {
		var got trust
		got.add(test.text)
		if !slices.EqualFunc(got.authorities, test.authorities, bytes.Equal) || len(got.servers) != test.servers {
			t.Errorf("%s: %d authorities, %d servers", name, len(got.authorities), len(got.servers))
		}
	}
}

func TestFindTrust(t *testing.T) {
	authority, der := certificate(t, true)
	dir := t.TempDir()
	file := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(file, authority, 0o600); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(t.TempDir(), "none.pem")
	if err := os.WriteFile(none, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	has := func(got trust) bool {
		return slices.ContainsFunc(got.authorities, func(a []byte) bool { return bytes.Equal(a, der) })
	}
	nothing := func(string) string { return "" }
	if got, odd, err := findTrust(file, nothing); err != nil || len(odd) > 0 || !has(got) {
		t.Errorf("%v, %v", odd, err)
	}
	for _, variable := range []string{"SSL_CERT_FILE=" + file, "SSL_CERT_DIR=/nowhere:" + dir} {
		name, value, _ := strings.Cut(variable, "=")
		got, odd, err := findTrust("", func(n string) string {
			if n == name {
				return value
			}
			return ""
		})
		if err != nil || len(odd) > 0 || !has(got) {
			t.Errorf("%s: %v, %v", variable, odd, err)
		}
	}
	for _, path := range []string{none, filepath.Join(dir, "absent.pem"), dir} {
		_, _, err := findTrust(path, nothing)
		var f *capture.Fault
		if !errors.As(err, &f) || f.Class != capture.ClassUsage || f.Hint == "" {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, odd, err := findTrust("", func(n string) string {
		if n == "SSL_CERT_FILE" {
			return "/nowhere"
		}
		return ""
	}); err != nil || len(odd) != 1 {
		t.Errorf("%v, %v", odd, err)
	}
}

func TestFill(t *testing.T) {
	f, err := makeFolders(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := f.fill(Options{SilentDevices: true}, trust{authorities: [][]byte{{1, 2, 3}}}); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(f.profile, "Default", "Preferences"))
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		Printing     struct{ Enabled *bool }
		Credentials  *bool `json:"credentials_enable_service"`
		Certificates struct {
			CA []string `json:"ca_certificates"`
		}
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatal(err)
	}
	if p.Printing.Enabled == nil || *p.Printing.Enabled || p.Credentials == nil || *p.Credentials ||
		!slices.Equal(p.Certificates.CA, []string{base64.StdEncoding.EncodeToString([]byte{1, 2, 3})}) {
		t.Errorf("%s", raw)
	}
	for name := range programs {
		if st, err := os.Stat(filepath.Join(f.bin(), name)); err != nil || st.Mode()&0o100 == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	video, err := os.ReadFile(f.camera())
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := bytes.Cut(video, []byte("FRAME\n"))
	if string(head) != "YUV4MPEG2 W1280 H720 F10:1 Ip A1:1 C420jpeg\n" || len(rest) != 1280*720*3/2 {
		t.Errorf("%s and %d bytes", head, len(rest))
	}
	sound, err := os.ReadFile(f.microphone())
	if err != nil {
		t.Fatal(err)
	}
	if size := binary.LittleEndian.Uint32(sound[4:]); string(sound[:4]) != "RIFF" || int(size) != len(sound)-8 || len(bytes.Trim(sound[44:], "\x00")) > 0 {
		t.Errorf("%d bytes, size %d", len(sound), size)
	}
	if err := f.remove(); err != nil {
		t.Error(err)
	}
}

func TestSplitProxies(t *testing.T) {
	for _, test := range []struct{ in, out, origin, user, password string }{
		{"http_proxy=http://u:p@proxy.example:3128", "http_proxy=http://proxy.example:3128", "http://proxy.example:3128", "u", "p"},
		{"HTTPS_PROXY=http://u:p%40ss@Proxy.example/", "HTTPS_PROXY=http://Proxy.example/", "http://proxy.example", "u", "p@ss"},
		{"all_proxy=u:a/b@c@proxy.example:8080", "all_proxy=proxy.example:8080", "http://proxy.example:8080", "u", "a/b@c"},
		{"http_proxy=https://u@[::1]:8443", "http_proxy=https://[::1]:8443", "https://[::1]:8443", "u", ""},
		{"http_proxy=http://proxy.example:3128", "http_proxy=http://proxy.example:3128", "", "", ""},
		{"no_proxy=u:p@x", "no_proxy=u:p@x", "", "", ""},
	} {
		env, p := splitProxies([]string{test.in})
		got := p.logins[test.origin]
		if env[0] != test.out || got.user != test.user || string(got.password) != test.password || (test.origin == "") != (len(p.logins) == 0) {
			t.Errorf("%s: %q, %v", test.in, env, len(p.logins))
		}
	}
	if _, p := splitProxies([]string{"http_proxy=", "PATH=/bin"}); p.used {
		t.Error("an empty variable is a proxy")
	}
}

func TestArgumentsOfAccess(t *testing.T) {
	f := folders{root: "/d/c0"}
	args := arguments(Options{Size: hd, SilentDevices: true, IgnoreHTTPSErrors: true}, f, trust{servers: []string{"AA=", "BB="}}, machine{})
	for _, want := range []string{"--use-file-for-fake-audio-capture=/d/c0/silence.wav", "--use-file-for-fake-video-capture=/d/c0/black.y4m",
		"--ignore-certificate-errors", "--ignore-certificate-errors-spki-list=AA=,BB="} {
		if !slices.Contains(args, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, arg := range arguments(Options{Size: hd}, f, trust{}, machine{}) {
		if strings.HasPrefix(arg, "--ignore-") || strings.HasPrefix(arg, "--use-f") {
			t.Errorf("has %s", arg)
		}
	}
}
