package upload

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"beam/upload/s3"
)

// A bucket that is down for hours in the middle of a meeting gets the whole
// recording when it is back.
func TestOutageOfHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const outage = 3 * time.Hour
		m, began := newMemory("rec"), time.Now()
		var refused []string
		m.fault = func(op string) error {
			if down := time.Since(began); down < time.Minute || down > time.Minute+outage {
				return nil
			}
			refused = append(refused, op)
			return answer{s3.KindRetry, http.StatusServiceUnavailable}
		}
		r := newRecording(t, 1<<10)
		u := start(t, t.Context(), Config{File: r.path, Places: []Place{{m, testKey}}, HeadSize: r.head})
		u.Advance(r.grow(memoryPart + 1))
		time.Sleep(2 * time.Minute)
		u.Advance(r.grow(2 * memoryPart))
		time.Sleep(time.Hour)
		if p := u.Progress(); p.State != StateRetrying || p.Uploaded != memoryPart {
			t.Errorf("during the outage: %+v", p)
		}
		time.Sleep(outage)
		result, err := u.Finish(t.Context(), r.finish())
		if err != nil {
			t.Fatal(err)
		}
		if result.Retries == 0 || !slices.Contains(refused, "part") || !slices.Contains(refused, "put") {
			t.Errorf("%+v, refused %q: there was no outage", result, refused)
		}
		m.holds(t, map[string][]byte{testKey: r.bytes()})
	})
}

// A bucket that refuses for less than its time, as while its policy is changed,
// keeps the recording.
func TestRefusedForAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, backup, began := newMemory("first"), newMemory("backup"), time.Now()
		first.fault = func(op string) error {
			if op == "create" && time.Since(began) < time.Minute {
				return answer{s3.KindRefused, http.StatusForbidden}
			}
			return nil
		}
		r := newRecording(t, 0)
		u := start(t, t.Context(), Config{File: r.path, Places: []Place{{first, testKey}, {backup, testKey}}})
		r.grow(memoryPart + 1000)
		result, err := u.Finish(t.Context(), r.finish())
		if err != nil || result.Backup || result.Retries == 0 {
			t.Errorf("%+v, %v", result, err)
		}
		first.holds(t, map[string][]byte{testKey: r.bytes()})
		backup.holds(t, nil)
	})
}

// An outage moves the recording to the backup, which takes it from the start of
// the file. What the first bucket has stays until the object is confirmed.
func TestOutageMovesToBackup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, backup := newMemory("first"), newMemory("backup")
		var down atomic.Bool
		first.fault = func(string) error {
			if down.Load() {
				return answer{s3.KindRetry, http.StatusServiceUnavailable}
			}
			return nil
		}
		r := newRecording(t, 0)
		u := start(t, t.Context(), Config{File: r.path, Places: []Place{{first, testKey}, {backup, testKey}}})
		u.Advance(r.grow(memoryPart))
		time.Sleep(time.Second)
		down.Store(true)
		u.Advance(r.grow(memoryPart))
		time.Sleep(time.Minute)
		if p := u.Progress(); p.Backup || p.State != StateRetrying {
			t.Errorf("after a minute: %+v", p)
		}
		time.Sleep(2 * time.Minute)
		if p := u.Progress(); !p.Backup || p.Uploaded != 2*memoryPart {
			t.Errorf("after three minutes: %+v", p)
		}
		down.Store(false)
		if first.pending() != memoryPart {
			t.Errorf("the first bucket has %d bytes", first.pending())
		}
		result, err := u.Finish(t.Context(), r.finish())
		if err != nil || !result.Backup {
			t.Fatalf("%+v, %v", result, err)
		}
		first.holds(t, nil)
		backup.holds(t, map[string][]byte{testKey: r.bytes()})
	})
}

// The part that is being filled is in the bucket within its time, as far as it
// has come.
func TestTailEveryMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory("rec")
		r := newRecording(t, 0)
		u := start(t, t.Context(), Config{File: r.path, Places: []Place{{m, testKey}}})
		for range 3 {
			u.Advance(r.grow(1000))
			time.Sleep(m.Settings().TailEvery + time.Second)
			if m.pending() != r.size {
				t.Errorf("%d bytes of %d are in the bucket", m.pending(), r.size)
			}
		}
		u.Advance(r.grow(1000))
		time.Sleep(time.Second)
		if m.pending() != r.size-1000 {
			t.Errorf("%d bytes of %d are in the bucket before their time", m.pending(), r.size)
		}
		if _, err := u.Finish(t.Context(), r.finish()); err != nil {
			t.Fatal(err)
		}
		m.holds(t, map[string][]byte{testKey: r.bytes()})
	})
}

// A finished file waits for a bucket that is down no longer than it is told to.
func TestGivesUpOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory("rec")
		m.fault = func(string) error { return answer{s3.KindRetry, http.StatusServiceUnavailable} }
		r := newRecording(t, 0)
		u := start(t, t.Context(), Config{File: r.path, Places: []Place{{m, testKey}}, GiveUpAfter: time.Hour})
		r.grow(1000)
		began := time.Now()
		_, err := u.Finish(t.Context(), r.finish())
		isUpload(t, err)
		if took := time.Since(began); took < time.Hour || took > time.Hour+time.Minute {
			t.Errorf("gave up after %v", took)
		}
	})
}

// An object that is there is never replaced, and a bucket that refuses for good
// is left for its backup.
func TestTakenAndRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, backup := newMemory("first"), newMemory("backup")
		first.fault = func(op string) error {
			if op == "part" {
				return answer{s3.KindRefused, http.StatusForbidden}
			}
			return nil
		}
		theirs := []byte("somebody else's")
		backup.objects[testKey] = theirs
		r, began := newRecording(t, 0), time.Now()
		u := start(t, t.Context(), Config{File: r.path, ID: "cafe", Places: []Place{{first, testKey}, {backup, testKey}}})
		r.grow(memoryPart + 1000)
		result, err := u.Finish(t.Context(), r.finish())
		if err != nil {
			t.Fatal(err)
		}
		// A permission may be given in the meantime; then the pause before the last attempt.
		refusal, pause := first.Settings().RefusalTime, first.Settings().BackoffCap
		if took := time.Since(began); took < refusal || took > refusal+2*pause {
			t.Errorf("the backup took over after %v", took)
		}
		if !result.Backup || result.Key == testKey || !strings.Contains(result.Key, "cafe") {
			t.Errorf("%+v", result)
		}
		first.holds(t, nil)
		backup.holds(t, map[string][]byte{testKey: theirs, result.Key: r.bytes()})
	})
}
