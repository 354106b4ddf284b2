package uploadtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Module is the gateway, as go install takes it.
const Module = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"

// The credentials of the gateway, and its region.
const (
	KeyID  = "BEAMTESTKEYID"
	Secret = "beam-test-secret-0123456789"
	Region = "us-east-1"
)

// Gateway is a running gateway with one bucket.
type Gateway struct {
	URL    string
	Bucket string
	Dir    string // the bucket's folder; objects are files in it
	Client *s3.Client
}

var install sync.Mutex

// Binary returns the path of the gateway's program. Where it is neither in the
// cache nor in PATH, it is installed into the cache.
func Binary(t testing.TB) string {
	t.Helper()
	install.Lock()
	defer install.Unlock()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(cache, "beam", "bin")
	path := filepath.Join(bin, "versitygw")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if found, err := exec.LookPath("versitygw"); err == nil {
		return found
	}
	cmd := exec.CommandContext(t.Context(), "go", "install", Module)
	cmd.Env = append(os.Environ(), "GOBIN="+bin)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("install the gateway: %v\n%s", err, out)
	}
	return path
}

// Start runs a gateway until the test ends, and makes a bucket. It sets the
// environment of the test so that the AWS chain finds the gateway's credentials.
func Start(t testing.TB) *Gateway {
	t.Helper()
	Environment(t)
	program := Binary(t)
	port := freePort(t)
	root := t.TempDir()
	var log bytes.Buffer
	cmd := exec.Command(program, "--port", fmt.Sprintf("127.0.0.1:%d", port), "--region", Region, "--quiet", "--keep-alive", "posix", root)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+KeyID, "ROOT_SECRET_KEY="+Secret)
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	exited, started := make(chan struct{}), make(chan error, 1)
	go func() {
		// Pdeathsig comes when the thread that started the child ends.
		runtime.LockOSThread()
		defer close(exited)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // it is killed in the end
		}
	}()
	if err := <-started; err != nil {
		t.Fatalf("start the gateway: %v", err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-exited
	})
	g := &Gateway{URL: fmt.Sprintf("http://127.0.0.1:%d", port), Bucket: "recordings"}
	g.Dir = filepath.Join(root, g.Bucket)
	g.Client = client(t, g.URL)
	for deadline := time.Now().Add(20 * time.Second); ; {
		_, err := g.Client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &g.Bucket})
		if err == nil {
			return g
		}
		select {
		case <-exited:
			t.Fatalf("the gateway ended: %s", log.String())
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("the gateway does not answer: %v", err)
		}
	}
}

// Environment clears the environment of the AWS chain and sets the gateway's
// credentials.
func Environment(t testing.TB) {
	t.Helper()
	for _, name := range []string{
		"AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3",
		"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	} {
		t.Setenv(name, "")
	}
	nowhere := filepath.Join(t.TempDir(), "none")
	t.Setenv("AWS_CONFIG_FILE", nowhere)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", nowhere)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_ACCESS_KEY_ID", KeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", Secret)
}

func client(t testing.TB, url string) *s3.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return s3.New(s3.Options{
		Region: Region, BaseEndpoint: &url, UsePathStyle: true, HTTPClient: &http.Client{Transport: transport},
		Credentials:                credentials.NewStaticCredentialsProvider(KeyID, Secret, ""),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
	})
}

// Uploads returns the keys of the unfinished multipart uploads.
func (g *Gateway) Uploads(t testing.TB) []string {
	t.Helper()
	out, err := g.Client.ListMultipartUploads(context.WithoutCancel(t.Context()), &s3.ListMultipartUploadsInput{Bucket: &g.Bucket})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, u := range out.Uploads {
		keys = append(keys, aws.ToString(u.Key))
	}
	return keys
}

// Objects returns the keys of all objects.
func (g *Gateway) Objects(t testing.TB) []string {
	t.Helper()
	out, err := g.Client.ListObjectsV2(context.WithoutCancel(t.Context()), &s3.ListObjectsV2Input{Bucket: &g.Bucket})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, o := range out.Contents {
		keys = append(keys, aws.ToString(o.Key))
	}
	return keys
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
