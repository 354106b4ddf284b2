package upload

import (
	"testing"
	"time"

	"beam/upload/uploadtest"
)

// An upload is found by the name of its recording, and completed once its recorder is
// gone, not before.
func TestFindRecording(t *testing.T) {
	g := uploadtest.Start(t)
	store := openStore(t, g.Bucket, g.URL, func(o *Options) { o.Heartbeat = 300 * time.Millisecond })
	r := newRecording(t, 1<<20)
	u := start(t, t.Context(), Config{File: r.path, Recording: "standup", Part: 2, Places: []Place{{store, testKey}}, HeadSize: r.head})
	u.Advance(r.grow(testPart))
	waitFor(t, "a part", func() bool { return u.Progress().Parts == 1 && len(g.Objects(t)) == 1 })
	find := func(name string, since time.Time) []Interrupted {
		t.Helper()
		found, err := FindRecording(t.Context(), store, name, since)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if other := find("retro", time.Time{}); len(other) != 0 {
		t.Errorf("of another recording: %+v", other)
	}
	if late := find("standup", time.Now().Add(time.Hour)); len(late) != 0 {
		t.Errorf("of another day: %+v", late)
	}
	found := find("standup", time.Now().Add(-time.Hour))
	if len(found) != 1 || found[0].Key != testKey || found[0].Part != 2 {
		t.Fatalf("found %+v", found)
	}
	if got := found[0].Recover(t.Context(), store); got.Outcome != OutcomeAlive {
		t.Errorf("of a living recorder: %+v", got)
	}
	if err := u.Close(); err != nil { // it leaves what a recorder leaves that is killed
		t.Fatal(err)
	}
	waitFor(t, "the recorder to be taken for dead", func() bool {
		got := found[0].Recover(t.Context(), store)
		if got.Outcome != OutcomeAlive && (got.Outcome != OutcomeCompleted || got.Size != testPart) {
			t.Fatalf("recovered %+v", got)
		}
		return got.Outcome == OutcomeCompleted
	})
	if left := find("standup", time.Time{}); len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
}
