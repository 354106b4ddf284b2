package s3

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"time"
)

// idleConnections is how many connections are kept: for the parts that an
// upload has on their way at once, and its heartbeat.
const idleConnections = 4

// newTransport returns the transport of one Store. The certificates of caFile,
// and of AWS_CA_BUNDLE as for the AWS tools, are trusted beside the system's.
func newTransport(caFile string) (*http.Transport, error) {
	t := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       30 * time.Second,
		MaxIdleConnsPerHost:   idleConnections,
		DisableCompression:    true, // see dropAcceptEncoding
		// One read of the file fills one write to the socket.
		WriteBufferSize: 64 << 10,
	}
	for _, file := range []string{caFile, os.Getenv("AWS_CA_BUNDLE")} {
		if file == "" {
			continue
		}
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, Usagef("", "certificate file: %w", err)
		}
		if t.TLSClientConfig == nil {
			pool, err := x509.SystemCertPool()
			if err != nil {
				pool = x509.NewCertPool()
			}
			t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
		}
		if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, Usagef("", "certificate file %s holds no certificate in PEM form", file)
		}
	}
	return t, nil
}
