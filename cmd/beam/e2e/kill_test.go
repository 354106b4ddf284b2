//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"beam/beam"
)

// mostLost is the most that may be missing of a recording that was killed: the
// fragment of two seconds that was being written, and what a busy machine had
// not encoded yet.
const mostLost = 3500 * time.Millisecond

// kills is how many recordings testKills kills: BEAM_KILLS, or a few.
func kills(t *testing.T) int {
	t.Helper()
	value := os.Getenv("BEAM_KILLS")
	if value == "" {
		return 3
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		t.Fatalf("BEAM_KILLS is %q, want a number", value)
	}
	return n
}

// testKills kills recordings at random instants: Beam, ffmpeg, or everything at
// once. What beam recover makes of the file plays, has hardly less than was
// recorded, and is the object. BEAM_SEED repeats one of them.
func testKills(t *testing.T, s *store) {
	pages := []string{open(t, noisy()).URL, open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL}
	first := uint64(time.Now().UnixNano())
	if value := os.Getenv("BEAM_SEED"); value != "" {
		var err error
		if first, err = strconv.ParseUint(value, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	var worst time.Duration
	for i := range kills(t) {
		seed := first + uint64(i)
		who := []string{"beam", "ffmpeg", "everything"}[seed%3]
		t.Run(fmt.Sprintf("%s %d", who, seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			engine := []string{beam.EngineScreencast, beam.EngineX11}[random.IntN(2)]
			page := pages[random.IntN(len(pages))]
			after := time.Duration(random.Int64N(int64(5 * time.Second)))
			r := s.record(t, fmt.Sprintf("%d.mp4", seed), page, "--max-duration", nearlyFull, "--capture", engine)
			r.begins()
			began := r.sees("that it records", func(e beam.Event) bool { return e.State == beam.StateRecording }).Time
			time.Sleep(after)
			end := time.Now()
			if ending := who == "beam" && random.IntN(2) == 0; ending {
				// It is asked to end, and killed while it finishes and uploads.
				r.signal(syscall.SIGTERM)
				time.Sleep(time.Duration(random.Int64N(int64(700 * time.Millisecond))))
				who = "beam while ending"
			}
			killed := r.killed(who)
			if who != "beam while ending" {
				end = killed
			}
			length := end.Sub(began)
			lost := s.recovered(t, r, who, length)
			worst = max(worst, lost)
			t.Logf("seed %d: %s on %s killed %v after the start, %v lost", seed, who, engine, killed.Sub(began).Round(time.Millisecond), lost.Round(time.Millisecond))
		})
	}
	t.Logf("most lost: %v", worst.Round(time.Millisecond))
}

// killed kills what is to be killed, waits until the recording is over, and
// returns the instant of the kill.
func (r *recording) killed(who string) time.Time {
	r.t.Helper()
	at := time.Now()
	switch who {
	case "ffmpeg":
		// Another takes its place.
		r.kill("ffmpeg", isFFmpeg)
		r.says("the encoder was lost, ")
		time.Sleep(2 * time.Second)
		at = time.Now()
		r.signal(syscall.SIGTERM)
		r.ends(exitDegraded)
		return at
	case "everything":
		for _, p := range r.processes() {
			_ = syscall.Kill(p.pid, syscall.SIGKILL) // it may have ended by now
		}
	default:
		_ = r.cmd.Process.Kill() // it may have ended by now, when it was asked to
	}
	<-r.ended
	r.processesGone()
	r.sweep()
	return at
}

// sweep removes what the next recording would: the private folder, and the
// socket of a display whose server had no chance to.
func (r *recording) sweep() {
	left, err := filepath.Glob(filepath.Join(r.tmp, "*"))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, dir := range left {
		if err := os.RemoveAll(dir); err != nil {
			r.t.Error(err)
		}
	}
	if r.display != "" {
		number := strings.TrimPrefix(r.display, ":")
		_ = os.Remove("/tmp/.X11-unix/X" + number)
		_ = os.Remove("/tmp/.X" + number + "-lock")
	}
}

// recovered recovers what a kill left, and returns how much is missing of a
// recording of the given length.
func (s *store) recovered(t *testing.T, r *recording, who string, length time.Duration) time.Duration {
	t.Helper()
	if _, err := os.Lstat(r.out); errors.Is(err, os.ErrNotExist) && length < mostLost && who != "beam" && who != "everything" {
		return length // nothing was encoded, and Beam has removed the file
	}
	out, errs, code := beamRun(t, "recover", "--json", r.out)
	var got beam.Recovered
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("recover ended with %d: %v: %s%s", code, err, out, errs)
	}
	if code == exitEmpty && length < mostLost {
		return length // before the first half second was on the disk
	}
	if code != exitComplete || got.Upload == nil {
		t.Fatalf("recover ended with %d: %s%s", code, out, errs)
	}
	wanted := map[string][]beam.Outcome{
		"ffmpeg":            {beam.OutcomeWhole}, // Beam itself has finished and uploaded it
		"beam":              {beam.OutcomeFinished},
		"everything":        {beam.OutcomeFinished},
		"beam while ending": {beam.OutcomeFinished, beam.OutcomeUploaded, beam.OutcomeWhole},
	}
	if !slices.Contains(wanted[who], got.Outcome) {
		t.Errorf("recover says %s, want one of %v", got.Outcome, wanted[who])
	}
	plays(t, r.out)
	s.object(t, got.Upload.URL, r.out)
	if _, err := os.Lstat(r.out + ".journal"); err == nil {
		t.Error("the journal is left")
	}
	q := quality(t, r.out)
	if q.File.MP4 == nil || q.File.MP4.Fragmented || !q.File.MP4.MoovFirst || q.File.MP4.Broken {
		t.Errorf("layout of the file: %+v", q.File.MP4)
	}
	lost := length - time.Duration(q.File.DurationSeconds*float64(time.Second))
	if lost > mostLost {
		t.Errorf("%v are lost of %v", lost, length)
	}
	return lost
}

// testRecoverWithoutBucket recovers a recording that had no bucket, and then
// uploads it because one is named.
func testRecoverWithoutBucket(t *testing.T, s *store) {
	r := recordTo(t, privateDir(t), filepath.Join(s.dir, "Rec-weekly-1767312000000.mp4"), open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL, "--resolution", "480p")
	r.wrote()
	r.killed("beam")
	out, errs, code := beamRun(t, "recover", s.dir)
	if code != exitComplete || !strings.Contains(out, "weekly-1767312000000.mp4: finished, ") {
		t.Fatalf("recover ended with %d: %s%s", code, out, errs)
	}
	plays(t, r.out)
	if report := r.report(); report.StopReason != beam.ReasonCrash || len(report.Degraded) == 0 || report.Seconds < 1 {
		t.Errorf("report %+v", report)
	}
	for range 2 { // the second time there is nothing to do
		out, errs, code = beamRun(t, append([]string{"recover", r.out}, s.flags()...)...)
		url := "s3://" + s.Bucket + "/team/beam/weekly/20260102/Rec-weekly-1767312000000.mp4"
		if code != exitComplete || !strings.Contains(out, url) {
			t.Fatalf("recover ended with %d: %s%s", code, out, errs)
		}
		s.object(t, url, r.out)
		s.clean(t, r.out, 2)
	}
}

// testRecoverFromBucket loses the machine: what is in the bucket is completed
// from there, but not as long as the recorder lives.
func testRecoverFromBucket(t *testing.T, s *store) {
	r := s.record(t, "rec.mp4", open(t, noisy()).URL, "--max-duration", nearlyFull, "--s3-heartbeat", "1s")
	r.begins()
	r.sees("a part in the bucket while recording", partSent)
	where := append([]string{"recover", "s3://" + s.Bucket + "/team"}, s.access()...)
	out, errs, code := beamRun(t, where...)
	if code != exitComplete || !strings.Contains(out, ".mp4: alive: ") {
		t.Errorf("with a living recorder recover ended with %d: %s%s", code, out, errs)
	}
	r.killed("beam")
	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(joinLimit); ; time.Sleep(time.Second) {
		if out, errs, code = beamRun(t, where...); code != exitComplete || !strings.Contains(out, ": alive: ") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the killed recorder still counts as alive")
		}
	}
	if code != exitComplete || !strings.Contains(out, ".mp4: completed, 8.4 MB from 1 parts") {
		t.Fatalf("recover ended with %d: %s%s", code, out, errs)
	}
	key, _, _ := strings.Cut(out, ": ")
	object := filepath.Join(s.Dir, key)
	// It ends in the middle of a fragment, as a recording on a disk may.
	seconds, err := exec.CommandContext(limited(t), "ffprobe", "-v", "quiet", "-select_streams", "v", "-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", object).Output()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(string(seconds), ",\n"))); err != nil || n < 15 {
		t.Errorf("the completed object plays %q pictures, %v", seconds, err)
	}
	s.clean(t, r.out, 1)
}
