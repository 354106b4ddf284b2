package storage

import (
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"beam/beam/report"
	"beam/beam/vod"
	"beam/upload/uploadtest"
)

func TestCheckPresign(t *testing.T) {
	for _, tt := range []struct {
		bucket string
		d      time.Duration
		says   string // "" for fine
	}{
		{"", 0, ""}, {"s3://bucket", time.Hour, ""}, {"s3://bucket", 168 * time.Hour, ""},
		{"s3://bucket", 169 * time.Hour, "longest"}, {"s3://bucket", -time.Hour, "longest"}, {"s3://bucket", time.Second, "1m"}, {"", time.Hour, "no --bucket"},
	} {
		err := Settings{Bucket: tt.bucket}.CheckPresign(tt.d)
		if (err != nil) != (tt.says != "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q, %v: %v", tt.bucket, tt.d, err)
		}
	}
}

// Whoever has the presigned playlist can play from a private bucket, and nobody
// else; the file is its owner's only.
func TestPutPresigned(t *testing.T) {
	g := uploadtest.Start(t)
	path := crashed(t, true)
	object, err := OpenObject(t.Context(), "s3://"+g.Bucket+"/team/Rec 1.mp4", Settings{Endpoint: g.URL, Region: uploadtest.Region, PathStyle: true}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	if r := RecoverFile(t.Context(), path, RecoverOptions{}, slog.New(slog.DiscardHandler)); r.Err != nil {
		t.Fatal(r.Err)
	}
	// The object itself, as an upload would put it.
	data, err := os.ReadFile(path)
	if err == nil {
		err = object.store.Put(t.Context(), object.key, "video/mp4", data)
	}
	if err != nil {
		t.Fatal(err)
	}
	ix, err := indexOf(path)
	if err != nil {
		t.Fatal(err)
	}
	layer, err := vod.NewLayer(ix, "")
	if err != nil {
		t.Fatal(err)
	}
	until, err := object.PutPresigned(t.Context(), []vod.Layer{layer}, path, time.Hour)
	if err != nil || time.Until(until) < 58*time.Minute || time.Until(until) > time.Hour {
		t.Fatalf("until %v, %v", until, err)
	}
	file := report.PresignedPath(path)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v, %v", filepath.Base(file), info, err)
	}
	master, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	media := fetch(t, regexp.MustCompile(`(?m)^http.*$`).FindString(string(master)), http.StatusOK)
	uri := regexp.MustCompile(`(?m)^http.*$`).FindString(media)
	if got := fetch(t, uri, http.StatusOK); got != string(data) {
		t.Errorf("%d bytes at the signed address, want %d", len(got), len(data))
	}
	plain, _, _ := strings.Cut(uri, "?")
	fetch(t, plain, http.StatusForbidden)
}

// fetch returns what is at an address, which answers with the status.
func fetch(t *testing.T, address string, status int) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status {
		t.Errorf("%s: %s, %v", strings.SplitN(address, "?", 2)[0], response.Status, err)
	}
	return string(body)
}
