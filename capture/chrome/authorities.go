package chrome

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"beam/capture"
)

// trust is what the browser trusts beside the authorities that it knows.
type trust struct {
	authorities [][]byte // DER
	// servers are the keys of servers that certified themselves, as base64 of the
	// SHA-256 of a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).
	servers []string
	known   map[string]bool // DER
}

// Where the administrator of a machine puts authorities of one's own: of Debian
// and Alpine, of Fedora, of Arch and of SUSE (update-ca-certificates(8),
// update-ca-trust(8)).
var anchorFolders = []string{
	"/usr/local/share/ca-certificates",
	"/etc/pki/ca-trust/source/anchors",
	"/etc/ca-certificates/trust-source/anchors",
	"/etc/pki/trust/anchors",
}

const (
	mostAuthorities = 2000
	largestPEM      = 8 << 20 // bytes; the usual bundle of all authorities has 220 kB
)

// findTrust collects the authorities: those of caFile ("" for none), which must
// be there, those of SSL_CERT_FILE and SSL_CERT_DIR (openssl-env(7)), and those
// that this machine's administrator added. lookup is os.Getenv. What could not
// be read of the last two is returned too.
func findTrust(caFile string, lookup func(string) string) (t trust, odd []error, err error) {
	if caFile != "" {
		n, err := t.addFile(caFile)
		if err == nil && n == 0 {
			err = errors.New("no certificate in it")
		}
		if err != nil {
			return t, nil, &capture.Fault{Class: capture.ClassUsage, Op: "read the certificate authorities", Err: fmt.Errorf("%s: %w", caFile, withoutPath(err)),
				Hint: "give a file with one or more PEM certificates (-----BEGIN CERTIFICATE-----)"}
		}
	}
	if file := lookup("SSL_CERT_FILE"); file != "" {
		if _, err := t.addFile(file); err != nil {
			odd = append(odd, fmt.Errorf("SSL_CERT_FILE: %w", err))
		}
	}
	for _, dir := range append(filepath.SplitList(lookup("SSL_CERT_DIR")), anchorFolders...) {
		if err := t.addFolder(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			odd = append(odd, err)
		}
	}
	return t, odd, nil
}

// withoutPath takes the path out of an error that is told with it.
func withoutPath(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}

func (t *trust) addFolder(dir string) error {
	if dir == "" {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() || len(t.known) >= mostAuthorities {
			return nil
		}
		_, err = t.addFile(path)
		return err
	})
}

// addFile adds the certificates of a PEM file and returns how many it has.
func (t *trust) addFile(path string) (int, error) {
	st, err := os.Stat(path)
	switch {
	case err != nil:
		return 0, err
	case !st.Mode().IsRegular(), st.Size() > largestPEM:
		return 0, fmt.Errorf("%s is no PEM file", path)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return t.add(raw), nil
}

// add adds the certificates of a PEM text and returns how many it has. A server
// that certified itself is no authority: its key is believed, for it alone.
func (t *trust) add(text []byte) int {
	if t.known == nil {
		t.known = map[string]bool{}
	}
	n := 0
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return n
		}
		// "TRUSTED" is OpenSSL's form with more behind the certificate.
		if !strings.HasSuffix(block.Type, "CERTIFICATE") || strings.Contains(block.Type, "TRUSTED") {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			continue
		}
		n++
		if t.known[string(cert.Raw)] || len(t.known) >= mostAuthorities {
			continue
		}
		t.known[string(cert.Raw)] = true
		if !cert.IsCA || len(cert.DNSNames)+len(cert.IPAddresses) > 0 {
			sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
			t.servers = append(t.servers, base64.StdEncoding.EncodeToString(sum[:]))
		}
		if cert.IsCA {
			t.authorities = append(t.authorities, cert.Raw)
		}
	}
}
