package upload

import (
	"errors"
	"os"
	"testing"

	"beam/upload/uploadtest"
)

// The journal can be read while the upload is under way, and is not changed.
func TestReadJournal(t *testing.T) {
	g := uploadtest.Start(t)
	r := newRecording(t, 1<<20)
	if _, err := ReadJournal(r.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no journal: %v", err)
	}
	store := openStore(t, g.Bucket, g.URL, nil)
	u := start(t, t.Context(), Config{File: r.path, Places: []Place{{store, testKey}}, HeadSize: r.head, ID: "abc"})
	info, err := ReadJournal(r.path)
	if err != nil || info.Begun || info.ID != "abc" || info.Key != testKey || info.Target != store.Target || info.Options.Endpoint != g.URL {
		t.Errorf("before the first part: %+v, %v", info, err)
	}
	u.Advance(r.grow(testPart))
	waitFor(t, "the first part", func() bool { return u.Progress().Parts == 1 })
	if info, err = ReadJournal(r.path); err != nil || !info.Begun {
		t.Errorf("after the first part: %+v, %v", info, err)
	}
	if _, err := u.Finish(t.Context(), r.finish()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(JournalPath(r.path), []byte("nonsense\n{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadJournal(r.path); err == nil {
		t.Error("nonsense was read as a journal")
	}
}
