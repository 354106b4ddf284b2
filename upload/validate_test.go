package upload

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beam/upload/uploadtest"
)

func validate(t *testing.T, target Target, o Options, want ValidateOptions) Validation {
	t.Helper()
	v, err := Validate(t.Context(), target, o, want, testLog(t))
	if v.OK != (err == nil) {
		t.Errorf("ok is %v, error %v", v.OK, err)
	}
	var e *Error
	if err != nil && (!errors.As(err, &e) || e.FaultClass() != ClassUsage) {
		t.Errorf("%v is no usage error", err)
	}
	data, jsonErr := json.Marshal(v)
	if jsonErr != nil {
		t.Fatal(jsonErr)
	}
	noSecret(t, string(data)+fmt.Sprint(v.Checks, err))
	return v
}

// find returns the check of a name.
func (v Validation) find(name string) Check {
	for _, c := range v.Checks {
		if c.Name == name {
			return c
		}
	}
	return Check{Name: "absent"}
}

func TestValidate(t *testing.T) {
	g := uploadtest.Start(t)
	target := Target{Bucket: g.Bucket, Prefix: "team"}
	v := validate(t, target, testOptions(g.URL), ValidateOptions{Read: true})
	for _, name := range []string{"options", "credentials", "bucket", "begin", "part", "list-parts", "complete", "read", "abort", "live", "delete"} {
		if c := v.find(name); !c.OK || c.Warn {
			t.Errorf("%s: %s", name, c)
		}
	}
	if objects, uploads := g.Objects(t), g.Uploads(t); len(objects)+len(uploads) > 0 {
		t.Errorf("left behind: objects %v, uploads %v", objects, uploads)
	}
}

// TestValidateReal are the findings that the gateway itself gives.
func TestValidateReal(t *testing.T) {
	g := uploadtest.Start(t)
	for _, test := range []struct {
		name       string
		change     func(*Target, *Options)
		check      string
		code, hint string
	}{
		{"bad secret", func(*Target, *Options) { t.Setenv("AWS_SECRET_ACCESS_KEY", otherSecret) }, "credentials", FindSecret, "AWS_SECRET_ACCESS_KEY"},
		{"bad key id", func(*Target, *Options) { t.Setenv("AWS_ACCESS_KEY_ID", "NOSUCHKEY") }, "credentials", FindKeyID, "AWS_ACCESS_KEY_ID"},
		{"no bucket", func(t *Target, _ *Options) { t.Bucket = "no-such-bucket" }, "bucket", FindNoBucket, "create the bucket"},
		{"wrong region", func(_ *Target, o *Options) { o.Region = "eu-west-1" }, "bucket", FindRegion, "--s3-region us-east-1"},
		{"no credentials", func(*Target, *Options) {
			t.Setenv("AWS_ACCESS_KEY_ID", "")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "")
		}, "credentials", FindNoCredentials, "AWS_PROFILE"},
		{"bad endpoint", func(_ *Target, o *Options) { o.Endpoint = "ftp://x" }, "options", "", "https://"},
		{"closed port", func(_ *Target, o *Options) { o.Endpoint = closedPort(t) }, "bucket", FindUnreachable, "port"},
		{"http", func(_ *Target, o *Options) { o.Endpoint = strings.Replace(g.URL, "http:", "https:", 1) }, "bucket", FindTLS, "http://"},
	} {
		t.Run(test.name, func(t *testing.T) {
			uploadtest.Environment(t)
			target, o := Target{Bucket: g.Bucket, Prefix: "team"}, testOptions(g.URL)
			test.change(&target, &o)
			v := validate(t, target, o, ValidateOptions{})
			c := v.find(test.check)
			if c.OK || c.Code != test.code || !strings.Contains(c.Hint, test.hint) {
				t.Errorf("%s among %s", c, v.Checks)
			}
		})
		uploadtest.Environment(t)
	}
}

func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// TestValidateAnswers are the findings that need AWS, by its documented answers.
func TestValidateAnswers(t *testing.T) {
	g := uploadtest.Start(t)
	p := uploadtest.NewProxy(t, g.URL)
	t.Setenv("AWS_SESSION_TOKEN", "")
	deny := uploadtest.Answer(403, "AccessDenied", "Access Denied")
	for _, test := range []struct {
		name       string
		op         uploadtest.Op
		fault      uploadtest.Fault
		read       bool
		check      string
		ok         bool
		code, hint string
	}{
		{"expired", uploadtest.OpCreate, uploadtest.Answer(400, "ExpiredToken", "The provided token has expired."), false, "credentials", false, FindExpired, "new temporary"},
		{"bad token", uploadtest.OpCreate, uploadtest.Answer(400, "InvalidToken", "The provided token is malformed or otherwise invalid."), false, "credentials", false, FindToken, "AWS_SESSION_TOKEN"},
		{"clock", uploadtest.OpCreate, uploadtest.Answer(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."), false, "clock", false, FindClock, "timedatectl"},
		{"region by redirect", uploadtest.OpCreate, uploadtest.AnswerWith(301, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.", map[string]string{"X-Amz-Bucket-Region": "ap-south-1"}), false, "bucket", false, FindRegion, "--s3-region ap-south-1"},
		{"region by head", uploadtest.OpBucket, uploadtest.AnswerWith(301, "", "", map[string]string{"X-Amz-Bucket-Region": "ap-south-1"}), false, "bucket", false, FindRegion, "--s3-region ap-south-1"},
		{"region by signature", uploadtest.OpCreate, uploadtest.Answer(400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-north-1'"), false, "bucket", false, FindRegion, "--s3-region eu-north-1"},
		{"no put", uploadtest.OpCreate, deny, false, "begin", false, FindDenied, "s3:PutObject"},
		{"no put on parts", uploadtest.OpPart, deny, false, "part", false, FindDenied, "s3:PutObject"},
		{"no tagging", uploadtest.OpCreate, uploadtest.Answer(403, "AccessDenied", "User: arn:aws:iam::1:user/u is not authorized to perform: s3:PutObjectTagging on resource: x"), false, "begin", false, FindDenied, "s3:PutObjectTagging"},
		{"kms", uploadtest.OpCreate, uploadtest.Answer(403, "AccessDenied", "User: arn:aws:iam::1:user/u is not authorized to perform: kms:GenerateDataKey on resource: x"), false, "begin", false, FindKMS, "kms:GenerateDataKey"},
		{"kms key off", uploadtest.OpCreate, uploadtest.Answer(400, "KMS.DisabledException", "x is disabled."), false, "begin", false, FindKMS, "enabled"},
		{"no list parts", uploadtest.OpParts, deny, false, "list-parts", true, FindDenied, "s3:ListMultipartUploadParts"},
		{"no abort", uploadtest.OpAbort, deny, false, "abort", true, FindDenied, "s3:AbortMultipartUpload"},
		{"no delete", uploadtest.OpDelete, deny, false, "delete", true, FindDenied, "s3:DeleteObject"},
		{"no read", uploadtest.OpHead, deny, false, "read", true, FindDenied, "s3:GetObject"},
		{"no read for tracks", uploadtest.OpHead, deny, true, "read", false, FindDenied, "s3:GetObject"},
		{"busy", uploadtest.OpCreate, uploadtest.Answer(503, "SlowDown", "Please reduce your request rate."), false, "begin", false, FindBusy, "later"},
		{"silent", uploadtest.OpBucket, uploadtest.Stall(5 * time.Second), false, "bucket", false, FindUnreachable, "firewall"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("AWS_SESSION_TOKEN", "")
			p.Set(func(op uploadtest.Op, _ *http.Request) uploadtest.Fault {
				if op == test.op {
					return test.fault
				}
				return nil
			})
			o := testOptions(p.URL)
			o.RequestTimeout = time.Second
			c := validate(t, Target{Bucket: g.Bucket, Prefix: "team"}, o, ValidateOptions{Read: test.read}).find(test.check)
			if c.OK != test.ok || c.Warn != test.ok || c.Code != test.code || !strings.Contains(c.Hint, test.hint) {
				t.Errorf("%s (code %s)", c, c.Code)
			}
		})
	}
}

// TestSecretsStayHidden fails with a session token that the store repeats.
func TestSecretsStayHidden(t *testing.T) {
	g := uploadtest.Start(t)
	p := uploadtest.NewProxy(t, g.URL)
	t.Setenv("AWS_SESSION_TOKEN", sessionToken)
	p.Set(func(uploadtest.Op, *http.Request) uploadtest.Fault {
		return func(w http.ResponseWriter, r *http.Request, _ func(http.ResponseWriter)) {
			w.WriteHeader(400)
			fmt.Fprintf(w, "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message><Token-0>%s</Token-0></Error>", sessionToken)
		}
	})
	if v := validate(t, Target{Bucket: g.Bucket}, testOptions(p.URL), ValidateOptions{}); v.OK {
		t.Error("it is valid")
	}
	r := newRecording(t, 0)
	u := start(t, t.Context(), Config{File: r.path, Places: []Place{{openStore(t, g.Bucket, p.URL, nil), testKey}}, GiveUpAfter: time.Second})
	_, err := u.Finish(t.Context(), r.grow(1000))
	isUpload(t, err)
	journal, err := os.ReadFile(JournalPath(r.path))
	if err != nil {
		t.Fatal(err)
	}
	noSecret(t, string(journal))
}

// TestSignature covers no header that front ends change.
func TestSignature(t *testing.T) {
	g := uploadtest.Start(t)
	p := uploadtest.NewProxy(t, g.URL)
	p.Set(func(_ uploadtest.Op, r *http.Request) uploadtest.Fault {
		if auth := r.Header.Get("Authorization"); !strings.Contains(auth, "SignedHeaders=") || strings.Contains(auth, "accept-encoding") {
			t.Errorf("signed: %s", auth)
		}
		if encoding := r.Header.Get("Content-Encoding") + r.Header.Get("X-Amz-Trailer"); encoding != "" {
			t.Errorf("%s %s is sent in chunks: %s", r.Method, r.URL.Path, encoding)
		}
		return nil
	})
	if v := validate(t, Target{Bucket: g.Bucket}, testOptions(p.URL), ValidateOptions{}); !v.OK {
		t.Error(v.Checks)
	}
}

// TestClockSkew signs by the server's clock after its first refusal.
func TestClockSkew(t *testing.T) {
	uploadtest.Environment(t)
	const off = 20 * time.Minute
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := time.Now().Add(off).UTC()
		w.Header().Set("Date", now.Format(http.TimeFormat))
		signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		if err != nil || now.Sub(signed).Abs() > 15*time.Minute {
			w.WriteHeader(403)
			fmt.Fprint(w, "<Error><Code>RequestTimeTooSkewed</Code><Message>The difference between the request time and the current time is too large.</Message></Error>")
			return
		}
		w.Header().Set("ETag", `"x"`)
	}))
	defer server.Close()
	s := openStore(t, "recordings", server.URL, nil)
	if err := s.PutJSON(t.Context(), "a.json", 1); err != nil {
		t.Error(err)
	}
}

func TestCertificates(t *testing.T) {
	g := uploadtest.Start(t)
	_, server := uploadtest.NewTLSProxy(t, g.URL)
	target := Target{Bucket: g.Bucket}
	c := validate(t, target, testOptions(server.URL), ValidateOptions{}).find("bucket")
	if c.OK || c.Code != FindTLS || !strings.Contains(c.Hint, "--s3-ca-file") {
		t.Errorf("%s", c)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	o := testOptions(server.URL)
	o.CAFile = file
	if v := validate(t, target, o, ValidateOptions{}); !v.OK {
		t.Errorf("with the certificate: %v", v.Checks)
	}
	if err := os.WriteFile(file, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), target, o, testLog(t)); err == nil {
		t.Error("a file without a certificate is accepted")
	}
}

// TestMetadataServiceHangs is a machine with no credentials, where the metadata
// service swallows everything.
func TestMetadataServiceHangs(t *testing.T) {
	uploadtest.Environment(t)
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts, never answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "false")
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://"+l.Addr().String())
	ctx, cancel := context.WithTimeout(t.Context(), credentialLimit+20*time.Second)
	defer cancel()
	v, err := Validate(ctx, Target{Bucket: "recordings"}, testOptions("http://127.0.0.1:1"), ValidateOptions{}, testLog(t))
	if err == nil || ctx.Err() != nil || v.find("credentials").Code != FindNoCredentials {
		t.Errorf("%v, %v", v, err)
	}
}
