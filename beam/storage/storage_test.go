package storage

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beam/beam/fault"
	"beam/beam/report"
	"beam/upload"
)

func TestStorageOver(t *testing.T) {
	kept := upload.Options{Region: "a", Endpoint: "http://old", SSE: "AES256", PartSize: 5 << 20, Tags: map[string]string{"x": "y"}}
	got := Settings{Endpoint: "http://new", PathStyle: true}.over(kept)
	if got.Region != "a" || got.Endpoint != "http://new" || !got.PathStyle || got.SSE != "AES256" || got.PartSize != 5<<20 || got.Tags["x"] != "y" {
		t.Errorf("%+v", got)
	}
}

func TestHoldUntil(t *testing.T) {
	const mib = 1 << 20
	for _, tt := range []struct {
		plan       upload.Plan
		head, want int64
	}{
		{upload.Plan{}, 0, 8 * mib},
		{upload.Plan{}, 7 * mib, 8 * mib},
		{upload.Plan{}, 8*mib - playableMargin, 8 * mib},
		{upload.Plan{}, 8*mib - playableMargin + 1, 16 * mib},
		{upload.Plan{}, 9 * mib, 16 * mib},
		{upload.Plan{Size: 5 * mib}, 9 * mib, 10 * mib},
		{upload.Plan{Size: 5 * mib}, 30 * mib, 35 * mib},
	} {
		if got := holdUntil(tt.plan, tt.head); got != tt.want {
			t.Errorf("plan %v, head %d: %d, want %d", tt.plan, tt.head, got, tt.want)
		}
	}
}

func TestReportKey(t *testing.T) {
	for key, want := range map[string]string{
		"team/Rec-1.mp4": "team/Rec-1.json", "a.b/c": "a.b/c.json", "x.json": "x.json.json", "x.m4a": "x.json",
	} {
		if got := reportKey(key); got != want || got == key {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

func TestClassOf(t *testing.T) {
	for code, want := range map[string]fault.Class{
		upload.FindUnreachable: fault.ClassUpload, upload.FindDNS: fault.ClassUpload, upload.FindBusy: fault.ClassUpload,
		upload.FindDenied: fault.ClassUsage, upload.FindNoBucket: fault.ClassUsage, upload.FindTLS: fault.ClassUsage, "": fault.ClassUsage,
	} {
		v := upload.Validation{Checks: []upload.Check{{OK: true, Code: upload.FindBusy}, {Code: code}, {Code: upload.FindBusy}}}
		if got := classOf(v); got != want {
			t.Errorf("%q: class %s, want %s", code, got, want)
		}
	}
}

// A user is told once of each thing that goes wrong, and once that it is over.
func TestUploadNews(t *testing.T) {
	var n news
	steps := []struct {
		p    Progress
		says string
	}{
		{Progress{}, ""},
		{Progress{State: "retrying", Waiting: 9}, ""},
		{Progress{State: "retrying", Waiting: 10}, "does not answer"},
		{Progress{State: "retrying", Waiting: 11}, ""},
		{Progress{State: "uploading"}, "takes the recording again"},
		{Progress{State: "uploading"}, ""},
		{Progress{State: "refused", Waiting: 1}, "refuses the recording; it is kept"},
		{Progress{State: "refused", Waiting: 60}, ""},
		{Progress{State: "uploading", Backup: true}, "the backup bucket takes it"},
		{Progress{State: "uploading", Backup: true}, ""},
		{Progress{State: "retrying", Waiting: 20, Backup: true}, "does not answer"},
	}
	for i, s := range steps {
		got := n.tell(&s.p)
		if (got == "") != (s.says == "") || !strings.Contains(got, s.says) {
			t.Errorf("step %d: %q, want %q", i, got, s.says)
		}
	}
}

func TestUploadProgress(t *testing.T) {
	now := time.Unix(1000, 0)
	p := progressOf(upload.Progress{State: upload.StateRetrying, Since: now.Add(-40 * time.Second), Uploaded: 5, Known: 9}, now)
	if p.Waiting != 40 || p.Uploaded != 5 || p.Total != 9 {
		t.Errorf("%+v", p)
	}
	if p := progressOf(upload.Progress{State: upload.StateUploading, Since: now.Add(-time.Hour)}, now); p.Waiting != 0 {
		t.Errorf("waiting %v while uploading", p.Waiting)
	}
}

// Only what HeadObject has confirmed is deleted.
func TestDeleteConfirmed(t *testing.T) {
	for _, tt := range []struct {
		rep  report.Upload
		gone bool
	}{
		{report.Upload{Confirmed: "crc32c"}, true},
		{report.Upload{Confirmed: "etag"}, true},
		{report.Upload{Confirmed: "answer"}, false},
		{report.Upload{}, false},
		{report.Upload{Confirmed: "crc32c", Error: "no"}, false},
	} {
		file := filepath.Join(t.TempDir(), "x.mp4")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		told := ""
		deleteConfirmed(file, &tt.rep, func(text string) { told = text })
		_, err := os.Lstat(file)
		if gone := errors.Is(err, os.ErrNotExist); gone != tt.gone || tt.rep.LocalDeleted != tt.gone || (told == "") != tt.gone {
			t.Errorf("%+v: gone %v, told %q", tt.rep, gone, told)
		}
	}
}

func TestRecordedAs(t *testing.T) {
	dir := t.TempDir()
	at := time.UnixMilli(1767312000000).UTC()
	room, start := recordedAs(filepath.Join(dir, "Rec-my-room-1767312000000.mp4"), &report.Report{})
	if room != "my-room" || !start.Equal(at) {
		t.Errorf("by name: %s, %v", room, start)
	}
	if room, start = recordedAs("Rec-a-1767312000000.mp4", &report.Report{Room: "https://x/y", StartedAt: at.Add(time.Hour)}); room != "https://x/y" || !start.Equal(at.Add(time.Hour)) {
		t.Errorf("by report: %s, %v", room, start)
	}
	other := filepath.Join(dir, "meeting.mp4")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(other, at, at); err != nil {
		t.Fatal(err)
	}
	if room, start = recordedAs(other, &report.Report{Seconds: 60}); room != "meeting" || !start.Equal(at.Add(-time.Minute)) {
		t.Errorf("by time: %s, %v", room, start)
	}
}

func TestRecoverFolderStops(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.mp4"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := RecoverFolder(ctx, dir, RecoverOptions{}, nil, func(Recovered) { t.Error("a file was touched") })
	if err == nil {
		t.Error("no error")
	}
}
