package s3

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
)

const otherSecret = "another-secret-9876543210"

func noSecret(t *testing.T, text string) {
	t.Helper()
	if strings.Contains(text, otherSecret) {
		t.Errorf("a secret is in: %s", text)
	}
}

func TestParse(t *testing.T) {
	for _, test := range []struct {
		in   string
		want Target
		err  string
	}{
		{"s3://rec", Target{"rec", ""}, ""},
		{"s3://rec/", Target{"rec", ""}, ""},
		{"s3://rec/team-a/x/", Target{"rec", "team-a/x"}, ""},
		{"s3://my.bucket-1/a", Target{"my.bucket-1", "a"}, ""},
		{"", Target{}, "no bucket"},
		{"rec/team", Target{}, "does not begin"},
		{"https://rec.s3.amazonaws.com", Target{}, "not an s3:// address"},
		{"s3:///x", Target{}, "names no bucket"},
		{"s3://ab", Target{}, "not a bucket name"},
		{"s3://a..b", Target{}, "not a bucket name"},
		{"s3://10.0.0.1/x", Target{}, "IP address"},
		{"s3://AKIA:" + otherSecret + "@rec", Target{}, "must not hold credentials"},
		{"s3://rec/a/../b", Target{}, `".."`},
		{"s3://rec/a\nb", Target{}, "control character"},
	} {
		got, err := Parse(test.in)
		if got != test.want && test.err == "" || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%q: %v, %v", test.in, got, err)
		}
		if err != nil {
			noSecret(t, err.Error())
		} else if again, err := Parse(got.String()); err != nil || again != got {
			t.Errorf("%q becomes %q, which is %v, %v", test.in, got, again, err)
		}
	}
}

func TestOptionsCheck(t *testing.T) {
	for _, test := range []struct {
		o   Options
		err string
	}{
		{Options{}, ""},
		{Options{SSE: "AES256", Tags: map[string]string{"a": "b"}, Endpoint: "https://minio.example:9000"}, ""},
		{Options{SSE: "aes"}, "encryption"},
		{Options{KMSKeyID: "k"}, "KMS"},
		{Options{PartSize: 1 << 20}, "part size"},
		{Options{Endpoint: "minio:9000"}, "endpoint"},
		{Options{Endpoint: "https://u:" + otherSecret + "@h"}, "credentials"},
		{Options{Endpoint: "https://u:" + otherSecret + "@h:x y"}, "endpoint"},
		{Options{Endpoint: "https://h?token=" + otherSecret}, "query"},
		{Options{CAFile: "/nonexistent"}, "certificate file"},
		{Options{Tags: map[string]string{"": "x"}}, "tag"},
		{Options{RequestTimeout: -1}, "negative"},
	} {
		err := test.o.Check()
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%+v: %v", test.o, err)
		}
		if err != nil {
			noSecret(t, err.Error())
		}
	}
	r2 := Options{Endpoint: "https://abc.r2.cloudflarestorage.com"}.withDefaults()
	if r2.PartSize != r2PartSize {
		t.Errorf("parts of R2 have %d bytes", r2.PartSize)
	}
	for endpoint, plain := range map[string]bool{"": false, "http://127.0.0.1:1": false, "http://localhost": false, "http://minio:9000": true, "https://minio": false} {
		if got := (Options{Endpoint: endpoint}).PlainText(); got != plain {
			t.Errorf("%q in plain text: %v", endpoint, got)
		}
	}
}

func TestChecksum(t *testing.T) {
	// RFC 3720, B.4: 32 bytes of zeros.
	if got := EncodeCRC(crc32.Checksum(make([]byte, 32), crc32.MakeTable(crc32.Castagnoli))); got != "ipE2qg==" {
		t.Errorf("32 zeros: %s", got)
	}
	if crc, ok := DecodeCRC("ipE2qg=="); !ok || crc != 0x8a9136aa {
		t.Errorf("%08x, %v", crc, ok)
	}
	for _, bad := range []string{"", "x", "ipE2", "ipE2qg==-3"} {
		if _, ok := DecodeCRC(bad); ok {
			t.Errorf("%q is accepted", bad)
		}
	}
	if got := googleCRC([]string{"md5=x==", "crc32c=AAAA==, md5=y"}); got != "AAAA==" {
		t.Errorf("x-goog-hash: %q", got)
	}
}

// sortedError says itself what it is.
type sortedError struct{ kind Kind }

func (sortedError) Error() string { return "sorted" }
func (e sortedError) Kind() Kind  { return e.kind }

func TestClassify(t *testing.T) {
	api := func(code string) error { return &smithy.GenericAPIError{Code: code} }
	for _, test := range []struct {
		err  error
		want Kind
	}{
		{api("SlowDown"), KindRetry}, {api("NoSuchUpload"), KindVanished}, {api("PreconditionFailed"), KindTaken}, {api("ExpiredToken"), KindExpired},
		{api("InvalidPart"), KindBadPart}, {api("NotImplemented"), KindUnsupported}, {api("RequestTimeTooSkewed"), KindSkew},
		{ErrStalled, KindRetry}, {context.Canceled, KindStopped}, {&net.DNSError{}, KindRetry}, {os.ErrNotExist, KindRetry}, {sortedError{KindBadPart}, KindBadPart}, {fmt.Errorf("part 3: %w", sortedError{KindStopped}), KindStopped},
		{errors.New("connection reset by peer"), KindRetry},
	} {
		if got := Classify(test.err); got != test.want {
			t.Errorf("%v: %d, want %d", test.err, got, test.want)
		}
	}
	s := &Store{Target: Target{Bucket: "rec"}, Options: Options{Endpoint: "https://minio.example"}, region: "us-east-1"}
	if f := s.Diagnose(&net.DNSError{Name: "rec.minio.example", Err: "no such host", IsNotFound: true}); f.Code != FindDNS || !strings.Contains(f.Hint, "--s3-path-style") {
		t.Errorf("%+v", f)
	}
}

func TestJitter(t *testing.T) {
	for n := range 70 {
		top := min(30*time.Second, 500*time.Millisecond<<min(n, 10))
		if d := Jitter(500*time.Millisecond, 30*time.Second, n); d < 0 || d > top {
			t.Errorf("pause %d is %v", n, d)
		}
	}
}
