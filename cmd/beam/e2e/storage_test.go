//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sys/unix"

	"beam/beam"
	"beam/upload"
	"beam/upload/uploadtest"
)

// noisy is a page that is hard to encode, so that a recording of it grows
// quickly, with a tone.
func noisy() string {
	return tone(600) + `<body style="margin:0"><canvas id=c width=427 height=240 style="width:100vw;height:100vh"></canvas><script>
const g = c.getContext('2d'), image = g.createImageData(427, 240), words = new Uint32Array(image.data.buffer);
let x = 1;
(function paint() {
	for (let i = 0; i < words.length; i++) { x ^= x << 13; x ^= x >>> 17; x ^= x << 5; words[i] = x | 0xff000000; }
	g.putImageData(image, 0, 0);
	requestAnimationFrame(paint);
})();
</script>`
}

// nearlyFull is a --max-duration whose reserve for the index leaves little of
// the first part of an upload: it is full, and sent, after some 750 kB of media.
const nearlyFull = "3h20m"

// store is a gateway behind a proxy, and a folder for recordings.
type store struct {
	*uploadtest.Gateway
	proxy *uploadtest.Proxy
	dir   string
}

// newStore makes a bucket on the gateway.
func newStore(t *testing.T, g *uploadtest.Gateway) *store {
	t.Helper()
	own := *g
	own.Bucket = "recordings-" + strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	own.Dir = filepath.Join(filepath.Dir(g.Dir), own.Bucket)
	if _, err := own.Client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &own.Bucket}); err != nil {
		t.Fatal(err)
	}
	return &store{Gateway: &own, proxy: uploadtest.NewProxy(t, own.URL), dir: t.TempDir()}
}

// TestStorage is all that needs a bucket, on one gateway.
func TestStorage(t *testing.T) {
	g := uploadtest.Start(t) // it sets variables, which no parallel test may
	for name, test := range map[string]func(*testing.T, *store){
		"record":      testRecordToBucket,
		"refused":     testBadBucket,
		"back":        testBucketComesBack,
		"gone":        func(t *testing.T, s *store) { testBucketGone(t, s, "1s", exitUpload) },
		"given-up":    func(t *testing.T, s *store) { testBucketGone(t, s, "10m", 130) },
		"backup":      testBackupBucket,
		"full-disk":   testFullDisk,
		"kill":        testKills,
		"no-bucket":   testRecoverWithoutBucket,
		"from-bucket": testRecoverFromBucket,
		"successor":   testSuccessor,
		"other-node":  testSuccessorElsewhere,
		"secrets":     testSecrets,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newStore(t, g))
		})
	}
}

// flags are the flags that name the bucket.
func (s *store) flags(more ...string) []string {
	return append(s.access("--bucket", "s3://"+s.Bucket+"/team"), more...)
}

// access are the flags that every command needs to reach the store.
func (s *store) access(more ...string) []string {
	return append([]string{"--s3-endpoint", s.proxy.URL, "--s3-region", uploadtest.Region, "--s3-path-style"}, more...)
}

// down makes every request fail from now on, up ends that.
func (s *store) down() {
	s.proxy.Set(func(uploadtest.Op, *http.Request) uploadtest.Fault { return uploadtest.Reset })
}
func (s *store) up() { s.proxy.Set(nil) }

// record starts a recording into the store's folder.
func (s *store) record(t *testing.T, name, url string, args ...string) *recording {
	t.Helper()
	return recordTo(t, privateDir(t), filepath.Join(s.dir, name), url, append(s.flags("--json", "--resolution", "480p"), args...)...)
}

// object checks that the object at url is the file, byte for byte, and that the
// report lies beside it.
func (s *store) object(t *testing.T, url, file string) {
	t.Helper()
	path := strings.TrimPrefix(url, "s3://"+s.Bucket+"/")
	object, err := os.ReadFile(filepath.Join(s.Dir, path))
	if err != nil {
		t.Fatal(err)
	}
	local, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(object, local) {
		t.Errorf("the object of %d bytes differs from the file of %d", len(object), len(local))
	}
	beside, err := os.ReadFile(filepath.Join(s.Dir, strings.TrimSuffix(path, ".mp4")+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var report beam.Report
	if err := json.Unmarshal(beside, &report); err != nil || report.Upload == nil || report.Upload.URL != url || report.Upload.Confirmed != "crc32c" {
		t.Errorf("report beside the object: %v: %s", err, beside)
	}
}

// clean checks that nothing of an upload is left but objects: as many as named.
func (s *store) clean(t *testing.T, file string, objects int) {
	t.Helper()
	if left := s.Uploads(t); len(left) > 0 {
		t.Errorf("uploads left: %v", left)
	}
	all := s.Objects(t)
	if len(all) != objects || slices.ContainsFunc(all, func(k string) bool { return strings.HasSuffix(k, "beam-live.json") }) {
		t.Errorf("%d objects, want %d: %v", len(all), objects, all)
	}
	if _, err := os.Lstat(upload.JournalPath(file)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the journal is left: %v", err)
	}
}

// beamRun runs a command of Beam to its end.
func beamRun(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := command(t, privateDir(t), args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// plays decodes the whole file and wants no word of ffmpeg. Times are as they
// are in the file: on a grid of its own, ffmpeg would complain of pictures that
// are closer together than that, as where another encoder began.
func plays(t *testing.T, path string) {
	t.Helper()
	out, err := exec.CommandContext(limited(t), "ffmpeg", "-v", "error", "-nostdin", "-i", path,
		"-vsync", "passthrough", "-enc_time_base", "-1", "-f", "null", "-").CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%s does not decode: %v: %.500s", path, err, out)
	}
}

// events returns the events that --json printed.
func (r *recording) events() []beam.Event {
	r.t.Helper()
	var all []beam.Event
	for line := range strings.Lines(r.stdout.String()) {
		var e beam.Event
		if strings.HasSuffix(line, "\n") {
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				r.t.Fatalf("%v: %s", err, line)
			}
			all = append(all, e)
		}
	}
	return all
}

// sees waits for an event.
func (r *recording) sees(what string, want func(beam.Event) bool) beam.Event {
	r.t.Helper()
	var found beam.Event
	r.until(joinLimit, "tell "+what, func() bool {
		i := slices.IndexFunc(r.events(), want)
		if i >= 0 {
			found = r.events()[i]
		}
		return i >= 0
	})
	return found
}

func partSent(e beam.Event) bool {
	return e.Progress != nil && e.Progress.Upload != nil && e.Progress.Upload.Parts > 0
}

// testRecordToBucket records to a bucket: parts go while it records, the object
// is the file, and a living recorder's file is left alone. A second recording
// with the same prefix runs beside it and deletes its file at the end.
func testRecordToBucket(t *testing.T, s *store) {
	loud := open(t, noisy())
	quiet := open(t, toned(color.RGBA{40, 80, 160, 255}, 700))
	r := s.record(t, "loud.mp4", loud.URL, "--max-duration", nearlyFull, "--s3-tag", "team=a")
	r.begins()
	second := s.record(t, "apart.mp4", demoPages(t).lipSync, "--duration", "3s", "--tracks", "--delete-local", "--key", "{prefix}/{room}-{id}{ext}")
	r.sees("a part in the bucket while recording", partSent)

	out, errs, code := beamRun(t, "recover", r.out)
	if code != exitUsage || !strings.Contains(errs, "it is being recorded") || !strings.Contains(errs, "stop its recorder") {
		t.Errorf("recovering a living recording ended with %d: %s%s", code, out, errs)
	}
	out, errs, code = beamRun(t, "recover", s.dir)
	if code != exitComplete || !strings.Contains(out, "loud.mp4: alive") {
		t.Errorf("recovering the folder of a living recording ended with %d: %s%s", code, out, errs)
	}
	if _, errs, code = beamRun(t, "record", quiet.URL, "--force", "-o", r.out); code != exitUsage || !strings.Contains(errs, fmt.Sprintf("it is being recorded or recovered right now, by process %d", r.cmd.Process.Pid)) {
		t.Errorf("recording over a living recording ended with %d: %s", code, errs)
	}

	second.completes()
	r.signal(syscall.SIGINT)
	r.completes()
	report := r.report()
	u := report.Upload
	if u == nil || u.Bytes != report.Bytes || u.Parts < 2 || u.Confirmed != "crc32c" || u.Backup || u.LocalDeleted {
		t.Fatalf("upload in the report: %+v", u)
	}
	if !strings.HasPrefix(u.URL, "s3://"+s.Bucket+"/team/beam/127.0.0.1/") || !strings.HasSuffix(u.URL, ".mp4") {
		t.Errorf("key of %s", u.URL)
	}
	s.object(t, u.URL, r.out)
	r.sound(0)
	plays(t, r.out)
	r.said("uploading", "uploaded: "+u.URL, "confirmed by crc32c")
	tags, err := s.Client.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: &s.Bucket, Key: keyOf(u.URL, s.Bucket)})
	if err != nil || len(tags.TagSet) != 1 || *tags.TagSet[0].Value != "a" {
		t.Errorf("tags %+v, %v", tags, err)
	}
	var states []beam.State
	for _, e := range r.events() {
		if e.Type == beam.EventState {
			states = append(states, e.State)
		}
	}
	if want := []beam.State{"starting", "joining", "recording", "stopping", "uploading", "completed"}; !slices.Equal(states, want) {
		t.Errorf("states %v", states)
	}

	deleted := second.report()
	if d := deleted.Upload; d == nil || !d.LocalDeleted || !strings.HasPrefix(d.URL, "s3://"+s.Bucket+"/team/lipsync-") {
		t.Errorf("upload of the deleted file: %+v", d)
	} else if info, err := os.Stat(filepath.Join(s.Dir, *keyOf(d.URL, s.Bucket))); err != nil || info.Size() != deleted.Bytes {
		t.Errorf("object of the deleted file: %v, %v", info, err)
	}
	if _, err := os.Lstat(second.out); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the confirmed file was not deleted: %v", err)
	}
	// The participant's file and the list of the tracks are beside it.
	dir, m := second.manifest()
	if len(m.People) != 1 || len(deleted.Upload.Beside) != 2 {
		t.Fatalf("%+v; beside the object: %v", m.People, deleted.Upload.Beside)
	}
	for i, name := range []string{m.People[0].File, "tracks.json"} {
		object, err := os.ReadFile(filepath.Join(s.Dir, *keyOf(deleted.Upload.Beside[i], s.Bucket)))
		local, errLocal := os.ReadFile(filepath.Join(dir, name))
		if err != nil || errLocal != nil || !bytes.Equal(object, local) {
			t.Errorf("%s beside the object: %v, %v", name, err, errLocal)
		}
	}
	s.clean(t, r.out, 6)
}

func keyOf(url, bucket string) *string {
	key := strings.TrimPrefix(url, "s3://"+bucket+"/")
	return &key
}

// testBadBucket refuses a bucket that can't work before anything is started.
func testBadBucket(t *testing.T, s *store) {
	url := open(t, toned(color.RGBA{40, 80, 160, 255}, 700))
	for _, c := range []struct {
		name  string
		flags []string
		code  int
		says  string
	}{
		{"no such bucket", s.access("--bucket", "s3://nowhere/team"), exitUsage, "there is no bucket"},
		{"bad backup", s.flags("--backup-bucket", "s3://nowhere/team"), exitUsage, "there is no bucket"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := recordTo(t, privateDir(t), filepath.Join(t.TempDir(), "rec.mp4"), url.URL, c.flags...)
			r.ends(c.code)
			r.said(c.says, "hint: ")
			if strings.Contains(r.stderr.String(), "joining") || url.Loads.Load() > 0 {
				t.Error("the room was joined")
			}
			r.noFile()
			flags := slices.DeleteFunc(slices.Clone(c.flags), func(f string) bool { return f == "--json" })
			out, errs, code := beamRun(t, append([]string{"validate"}, flags...)...)
			if code != c.code || !strings.Contains(out, "FAIL") || !strings.Contains(errs, c.says) {
				t.Errorf("validate ended with %d: %s%s", code, out, errs)
			}
		})
	}
	// A store that does not answer may do so when the meeting is over.
	t.Run("unreachable", func(t *testing.T) {
		away := []string{"--bucket", "s3://" + s.Bucket, "--s3-endpoint", "http://127.0.0.1:1", "--s3-path-style"}
		r := recordTo(t, privateDir(t), filepath.Join(t.TempDir(), "rec.mp4"), url.URL, append(away, "--duration", "2s", "--upload-timeout", "1s")...)
		r.ends(exitUpload)
		r.said("refuses connections", "kept on the disk", "beam recover")
		r.sound(2 * time.Second)
		if out, errs, code := beamRun(t, append([]string{"validate"}, away...)...); code != exitUpload || !strings.Contains(out, "FAIL") || !strings.Contains(errs, "refuses connections") {
			t.Errorf("validate ended with %d: %s%s", code, out, errs)
		}
	})
	out, errs, code := beamRun(t, append([]string{"validate", "s3://" + s.Bucket + "/team", "--json"}, s.access()...)...)
	var v upload.Validation
	if err := json.Unmarshal([]byte(out), &v); err != nil || code != exitComplete || !v.OK || len(v.Checks) < 8 {
		t.Errorf("validate ended with %d: %v: %s%s", code, err, out, errs)
	}
	for _, secret := range []string{uploadtest.Secret} {
		if strings.Contains(out+errs, secret) {
			t.Error("a secret was printed")
		}
	}
	s.clean(t, filepath.Join(s.dir, "none.mp4"), 0)
}

// testBucketComesBack takes the bucket away in the middle: nothing is lost.
func testBucketComesBack(t *testing.T, s *store) {
	r := s.record(t, "rec.mp4", open(t, noisy()).URL, "--max-duration", nearlyFull)
	r.recordFor(500 * time.Millisecond)
	s.down()
	r.sees("that the bucket does not answer", func(e beam.Event) bool {
		return e.Progress != nil && e.Progress.Upload != nil && e.Progress.Upload.State == string(upload.StateRetrying)
	})
	s.up()
	r.signal(syscall.SIGTERM)
	r.completes()
	u := r.report().Upload
	if u == nil || u.Retries == 0 {
		t.Fatalf("upload in the report: %+v", u)
	}
	s.object(t, u.URL, r.out)
	r.sound(0)
	s.clean(t, r.out, 2)
}

// testBucketGone takes the bucket away for good: the recording is finished and
// kept, and beam recover brings it up later. Giving up by a second signal is
// the same.
func testBucketGone(t *testing.T, s *store, timeout string, code int) {
	url := open(t, noisy()).URL
	r := s.record(t, "rec.mp4", url, "--max-duration", nearlyFull, "--upload-timeout", timeout, "--delete-local")
	r.begins()
	r.sees("a part in the bucket while recording", partSent)
	s.down()
	r.signal(syscall.SIGINT)
	if code == 130 {
		r.sees("that it waits", func(e beam.Event) bool {
			return e.Progress != nil && e.Progress.Upload != nil && e.Progress.Upload.Waiting > 0
		})
		r.signal(syscall.SIGINT)
	} else {
		defer r.said("error: upload to s3://", "beam recover")
	}
	r.ends(code)
	q := r.sound(0)
	if u := r.report().Upload; u == nil || u.Error == "" || u.Confirmed != "" || u.LocalDeleted {
		t.Errorf("upload in the report: %+v", u)
	}
	if _, err := os.Lstat(upload.JournalPath(r.out)); err != nil {
		t.Error(err)
	}
	before, err := os.ReadFile(r.out)
	if err != nil {
		t.Fatal(err)
	}
	if _, errs, got := beamRun(t, "recover", r.out, "--upload-timeout", "1s"); got != exitUpload {
		t.Errorf("recover with the bucket down ended with %d: %s", got, errs)
	}
	s.up()
	out, errs, got := beamRun(t, "recover", r.out)
	if got != exitComplete || !strings.Contains(out, "uploaded to s3://") {
		t.Fatalf("recover ended with %d: %s%s", got, out, errs)
	}
	after, err := os.ReadFile(r.out)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("recover changed the finished file: %v", err)
	}
	s.object(t, r.report().Upload.URL, r.out)
	out, errs, got = beamRun(t, append([]string{"recover", s.dir}, s.flags()...)...)
	if got != exitComplete || !strings.Contains(out, "uploaded before") {
		t.Errorf("recover again ended with %d: %s%s", got, out, errs)
	}
	s.clean(t, r.out, 2)
	if q.File.DurationSeconds < 1 {
		t.Errorf("the file lasts %.2f s", q.File.DurationSeconds)
	}
}

// testFullDisk lets nothing more be written to a file: the recording ends, and what is
// there goes up as it is, without a finished file, a journal and a report.
func testFullDisk(t *testing.T, s *store) {
	r := s.record(t, "rec.mp4", open(t, noisy()).URL, "--max-duration", nearlyFull)
	r.begins()
	r.sees("a part in the bucket while recording", partSent)
	if err := unix.Prlimit(r.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{}, nil); err != nil {
		t.Fatal(err)
	}
	r.ends(exitEncoder)
	r.said("could not be finished", "file too large")
	objects := slices.DeleteFunc(s.Objects(t), func(key string) bool { return !strings.HasSuffix(key, ".mp4") })
	if len(objects) != 1 {
		t.Fatalf("objects %v", s.Objects(t))
	}
	object, err := os.ReadFile(filepath.Join(s.Dir, objects[0]))
	if err != nil {
		t.Fatal(err)
	}
	local, err := os.ReadFile(r.out)
	if err != nil || !bytes.Equal(object, local) {
		t.Errorf("the object of %d bytes differs from the file of %d: %v", len(object), len(local), err)
	}
	s.clean(t, r.out, 2)
	if out, errs, code := beamRun(t, "recover", r.out); code != exitComplete || !strings.Contains(out, "finished") {
		t.Errorf("recover ended with %d: %s%s", code, out, errs)
	}
	plays(t, r.out)
}

// testBackupBucket has the bucket refuse the recording for good: the backup
// takes it.
func testBackupBucket(t *testing.T, s *store) {
	backup := "backup"
	if _, err := s.Client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &backup}); err != nil {
		t.Fatal(err)
	}
	r := s.record(t, "rec.mp4", open(t, noisy()).URL, "--max-duration", nearlyFull, "--s3-refusal-time", "2s", "--backup-bucket", "s3://"+backup+"/second")
	r.begins()
	s.proxy.Set(func(_ uploadtest.Op, req *http.Request) uploadtest.Fault {
		if strings.HasPrefix(req.URL.Path, "/"+s.Bucket) {
			return uploadtest.Answer(http.StatusForbidden, "AccessDenied", "no")
		}
		return nil
	})
	r.sees("that the backup takes it", func(e beam.Event) bool {
		return e.Progress != nil && e.Progress.Upload != nil && e.Progress.Upload.Backup
	})
	r.signal(syscall.SIGINT)
	r.completes()
	u := r.report().Upload
	if u == nil || !u.Backup || !strings.HasPrefix(u.URL, "s3://backup/second/beam/") {
		t.Fatalf("upload in the report: %+v", u)
	}
	r.said("the backup bucket takes it", "in the backup bucket")
	other := *s
	gateway := *s.Gateway
	gateway.Bucket, gateway.Dir = backup, filepath.Join(filepath.Dir(s.Dir), backup)
	other.Gateway = &gateway
	other.object(t, u.URL, r.out)
	other.clean(t, r.out, 2)
}
