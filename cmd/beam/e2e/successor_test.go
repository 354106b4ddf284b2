//go:build e2e

package e2e

import (
	"bytes"
	"errors"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"beam/beam"
	"beam/upload"
)

// testSuccessor kills a recorder and starts the same command again, twice at once: one
// of the two goes on in a next part and brings up what was left meanwhile, the other is
// refused. Then the second is killed too, while it waits for a bucket that is down after
// the end: the third only finishes its upload.
func testSuccessor(t *testing.T, s *store) {
	url := open(t, noisy()).URL
	flags := []string{"--max-duration", nearlyFull, "--upload-timeout", "10m"}
	first := s.record(t, "meeting.mp4", url, flags...)
	first.begins()
	first.sees("a part in the bucket while recording", partSent)
	first.killed("beam")

	second := s.record(t, "meeting.mp4", url, flags...)
	rival := s.record(t, "meeting.mp4", url, flags...)
	winner, loser := second, rival
	select {
	case <-second.ended:
		winner, loser = rival, second
	case <-rival.ended:
	}
	loser.ends(exitUsage)
	loser.said("it is being recorded or recovered right now")
	winner.out = filepath.Join(s.dir, "meeting-2.mp4")
	winner.wrote()
	winner.says("is recovered (finished)")
	s.down()
	winner.signal(syscall.SIGTERM)
	winner.sees("that it waits", func(e beam.Event) bool {
		return e.Progress != nil && e.Progress.Upload != nil && e.Progress.Upload.Waiting > 0
	})
	winner.killed("beam")
	report := winner.report()
	if report.Part != 2 || len(report.Continues) != 1 || len(report.Degraded) == 0 || !strings.Contains(report.Degraded[0], "goes on from meeting.mp4") {
		t.Fatalf("part %d, continues %+v, degraded %q", report.Part, report.Continues, report.Degraded)
	}
	before := report.Continues[0]
	if before.File != first.out || before.Outcome != "finished" || before.Seconds < onDisk.Seconds() {
		t.Errorf("the part before: %+v", before)
	}
	s.object(t, before.URL, first.out)
	plays(t, first.out)

	s.up()
	third := s.record(t, "meeting.mp4", url, flags...)
	third.out = winner.out
	third.ends(exitDegraded)
	third.said("meeting-2.mp4 had been recorded to its end", "uploaded: s3://")
	if strings.Contains(third.stderr.String(), "joining") {
		t.Error("the room was joined again")
	}
	if report = third.report(); !strings.HasSuffix(report.Upload.URL, "-2.mp4") {
		t.Errorf("the second part went to %s", report.Upload.URL)
	}
	s.object(t, report.Upload.URL, winner.out)
	plays(t, winner.out)
	s.clean(t, winner.out, 4)

	// All is there: recording it once more would be another meeting.
	_, errs, code := beamRun(t, append([]string{"record", url, "-o", first.out}, s.flags(flags...)...)...)
	if code != exitUsage || !strings.Contains(errs, "meeting-2.mp4 exists") {
		t.Errorf("the fourth ended with %d: %s", code, errs)
	}
}

// testSuccessorElsewhere loses the machine with its disk: a recorder of the same id
// completes what is in the bucket, and records the next part.
func testSuccessorElsewhere(t *testing.T, s *store) {
	url := open(t, noisy()).URL
	flags := []string{"--max-duration", nearlyFull, "--s3-heartbeat", "1s", "--id", "standup"}
	first := s.record(t, "rec.mp4", url, flags...)
	first.begins()
	first.sees("a part in the bucket while recording", partSent)
	first.killed("beam")
	if err := os.Remove(first.out); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(upload.JournalPath(first.out)); err != nil {
		t.Fatal(err)
	}

	second := s.record(t, "rec.mp4", url, flags...)
	second.wrote()
	second.says("is recovered (completed)")
	second.signal(syscall.SIGTERM)
	second.ends(exitDegraded)
	report := second.report()
	if report.Part != 2 || len(report.Continues) != 1 || report.Continues[0].Outcome != "completed" || !strings.HasSuffix(report.Upload.URL, "-2.mp4") {
		t.Fatalf("part %d at %s, continues %+v", report.Part, report.Upload.URL, report.Continues)
	}
	s.object(t, report.Upload.URL, second.out)
	object, err := os.ReadFile(filepath.Join(s.Dir, *keyOf(report.Continues[0].URL, s.Bucket)))
	if err != nil || !bytes.Contains(object, []byte("moof")) {
		t.Errorf("the object of the first part: %d bytes, %v", len(object), err)
	}
	s.clean(t, second.out, 3)
	if _, err := os.Lstat(filepath.Join(s.dir, "rec-2.mp4")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a second file, although there was no first one: %v", err)
	}
}

// TestSuccessorWithoutBucket kills a recorder that has no bucket.
func TestSuccessorWithoutBucket(t *testing.T) {
	t.Parallel()
	url := open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL
	out := filepath.Join(t.TempDir(), "meeting.mp4")
	first := recordTo(t, privateDir(t), out, url, "--resolution", "480p")
	first.wrote()
	first.killed("beam")
	second := recordTo(t, privateDir(t), out, url, "--resolution", "480p", "--duration", "2s")
	second.out = beam.PartName(out, 2)
	second.ends(exitDegraded)
	second.said("the recording goes on in "+second.out, "is recovered (finished)")
	if report := first.report(); report.StopReason != beam.ReasonCrash {
		t.Errorf("the first part ended by %q", report.StopReason)
	}
	plays(t, out)
	plays(t, second.out)
}
