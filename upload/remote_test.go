package upload

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// The store that TestStores tries beside its own: its URL, an empty bucket in it, and
// its keys, where it does not take any.
const (
	storeURL    = "BEAM_STORE_URL"
	storeBucket = "BEAM_STORE_BUCKET"
	storeKeyID  = "BEAM_STORE_KEY_ID"
	storeSecret = "BEAM_STORE_SECRET"
)

// remote is a store that runs somewhere else.
type remote struct {
	url, bucket string
	client      *s3.Client
}

func newRemote(t *testing.T) remote {
	if id := os.Getenv(storeKeyID); id != "" {
		t.Setenv("AWS_ACCESS_KEY_ID", id)
		t.Setenv("AWS_SECRET_ACCESS_KEY", os.Getenv(storeSecret))
	}
	r := remote{url: os.Getenv(storeURL), bucket: os.Getenv(storeBucket)}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	r.client = s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &r.url, UsePathStyle: true, HTTPClient: &http.Client{Transport: transport},
		Credentials: credentials.NewStaticCredentialsProvider(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
	})
	return r
}

// suite is what TestStores does with a store, as far as a store can be asked for it
// from outside.
func (r remote) suite(t *testing.T) {
	target := Target{Bucket: r.bucket, Prefix: "team"}
	t.Run("validate", func(t *testing.T) {
		for _, want := range []ValidateOptions{{}, {NoObject: true}} {
			v, err := Validate(t.Context(), target, testOptions(r.url), want, testLog(t))
			if err != nil || !v.OK {
				t.Errorf("%+v: %v", want, err)
			}
			for _, c := range v.Checks {
				t.Log(c)
			}
			r.holds(t)
		}
	})
	t.Run("record", func(t *testing.T) {
		rec := newRecording(t, 1<<20)
		u := start(t, t.Context(), Config{File: rec.path, Places: []Place{{openStore(t, r.bucket, r.url, nil), testKey}}, HeadSize: rec.head})
		u.Advance(rec.grow(testPart + 1000))
		waitFor(t, "a part", func() bool { return u.Progress().Parts > 0 })
		u.Advance(rec.grow(testPart))
		result, err := u.Finish(t.Context(), rec.finish())
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("confirmed by %s, %d retries", result.Confirmed, result.Retries)
		r.same(t, result.Key, rec.bytes())
		r.holds(t, result.Key)
	})
	t.Run("from the disk", func(t *testing.T) {
		rec := newRecording(t, 1<<20)
		rec.grow(2*testPart + 1000)
		killRecorderAt(t, r.url, r.bucket, rec, nil)
		rec.finish()
		options := testOptions(r.url)
		result, err := RecoverFile(t.Context(), rec.path, RecoverFileConfig{Options: &options, Log: testLog(t)})
		if err != nil {
			t.Fatal(err)
		}
		r.same(t, result.Key, rec.bytes())
		r.holds(t, result.Key)
	})
	t.Run("from the bucket", func(t *testing.T) {
		rec := newRecording(t, 1<<20)
		rec.grow(2*testPart + 1000)
		killRecorderAt(t, r.url, r.bucket, rec, nil)
		store := openStore(t, r.bucket, r.url, nil)
		waitFor(t, "the recorder to look dead", func() bool {
			found, err := RecoverBucket(t.Context(), store)
			if err != nil {
				t.Fatal(err)
			}
			return slices.ContainsFunc(found, func(f Recovered) bool { return f.Outcome == OutcomeCompleted })
		})
		r.same(t, testKey, rec.bytes()[:2*testPart])
		r.holds(t, testKey)
	})
}

func (r remote) same(t *testing.T, key string, want []byte) {
	t.Helper()
	out, err := r.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &r.bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	got, err := io.ReadAll(out.Body)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("the object %s of %d bytes differs from the file of %d: %v", key, len(got), len(want), err)
	}
}

// holds checks that the bucket has these objects and no unfinished upload, and
// empties it.
func (r remote) holds(t *testing.T, want ...string) {
	t.Helper()
	listed, err := r.client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &r.bucket})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, o := range listed.Contents {
		keys = append(keys, *o.Key)
		if _, err := r.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &r.bucket, Key: o.Key}); err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(keys, want) {
		t.Errorf("objects %s, want %s", strings.Join(keys, ", "), strings.Join(want, ", "))
	}
	left, err := r.client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &r.bucket})
	if err != nil {
		t.Logf("the uploads can't be listed: %v", err)
		return
	}
	for _, u := range left.Uploads {
		t.Errorf("the upload of %s is left", aws.ToString(u.Key))
	}
}
