package upload

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"beam/upload/uploadtest"
)

// The variables of TestSchedules: how many there are, and the first seed.
const (
	schedulesEnv = "BEAM_SCHEDULES"
	seedEnv      = "BEAM_SEED"
)

// TestSchedules uploads, in a process of its own, through faults of the network, the
// store, the credentials, the disk and the descriptors, which come and go at random;
// some of the recorders are killed. Each schedule has to end with the object
// complete, or with ClassUpload (exit code 30) or a kill and then a file, or a
// bucket alone, that is recovered when the faults are over. What is there then is the
// object and nothing else.
func TestSchedules(t *testing.T) {
	number := func(name string, otherwise int) int {
		if text := os.Getenv(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 {
				t.Fatalf("%s is %q", name, text)
			}
			return n
		}
		return otherwise
	}
	first, count := number(seedEnv, 0), number(schedulesEnv, 8)
	var g *uploadtest.Gateway
	if count > 7 || first%8 == 7 {
		g = uploadtest.Start(t)
	}
	uploadtest.Environment(t)
	var tally tally
	t.Run("seeds", func(t *testing.T) {
		for seed := first; seed < first+count; seed++ {
			t.Run(strconv.Itoa(seed), func(t *testing.T) {
				t.Parallel() // they mostly wait
				s := newScheduleRun(t, newPlan(seed), g)
				s.run()
				tally.add(s)
			})
		}
	})
	t.Logf("seeds %d to %d: %s", first, first+count-1, &tally)
}

// tally counts how schedules ended.
type tally struct {
	mu    sync.Mutex
	ends  map[string]int
	kinds map[string]int
}

func (y *tally) add(s *scheduleRun) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.ends == nil {
		y.ends, y.kinds = map[string]int{}, map[string]int{}
	}
	y.ends[s.end]++
	for _, w := range s.plan.windows {
		y.kinds[w.kind]++
	}
}

func (y *tally) String() string { return fmt.Sprintf("%v; faults %v", y.ends, y.kinds) }

// scheduleRun is a schedule that is carried out.
type scheduleRun struct {
	t        *testing.T
	plan     plan
	store    scheduleStore
	front    *uploadtest.Proxy
	names    *uploadtest.Names
	task     scheduleTask
	env      []string
	token    atomic.Value // that the store wants; "" for any
	keys     string       // file of the keys
	rotating sync.Mutex
	down     atomic.Bool  // the endpoint of the credentials has a fault
	end      string       // how it ended
	log      bytes.Buffer // of the processes
}

// scheduleStore is what a test sees of a store.
type scheduleStore struct {
	object  func(bucket, key string) []byte
	objects func() []string // paths, with their buckets
	uploads func() []string // paths, with their buckets
}

func newScheduleRun(t *testing.T, p plan, g *uploadtest.Gateway) *scheduleRun {
	s := &scheduleRun{t: t, plan: p, names: uploadtest.NewNames(t)}
	s.token.Store("")
	dir := t.TempDir()
	s.task = scheduleTask{
		Seed: p.seed, Names: s.names.Addr, File: filepath.Join(dir, "meeting.mp4"), Bucket: fmt.Sprintf("first-%d", p.seed),
		Key: fmt.Sprintf("team/beam/room/20260102/Rec-room-%d.mp4", p.seed),
	}
	if p.backup {
		s.task.Backup = fmt.Sprintf("backup-%d", p.seed)
	}
	if p.gateway {
		s.store, s.front = gatewayStore(t, g, s.task.Bucket, s.task.Backup), uploadtest.NewProxy(t, g.URL)
	} else {
		m := uploadtest.NewMemory(t, uploadtest.Habits{})
		s.store, s.front = scheduleStore{m.Object, m.Objects, m.Unfinished}, uploadtest.NewFront(t, m)
	}
	at, err := url.Parse(s.front.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.task.URL = "http://store.test:" + at.Port()
	s.credentials(dir)
	return s
}

// gatewayStore makes the buckets on the gateway.
func gatewayStore(t *testing.T, g *uploadtest.Gateway, buckets ...string) scheduleStore {
	var all []*uploadtest.Gateway
	for _, name := range buckets {
		if name == "" {
			continue
		}
		if _, err := g.Client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(name)}); err != nil {
			t.Fatal(err)
		}
		all = append(all, &uploadtest.Gateway{URL: g.URL, Client: g.Client, Bucket: name, Dir: filepath.Join(filepath.Dir(g.Dir), name)})
	}
	of := func(list func(*uploadtest.Gateway, testing.TB) []string) func() []string {
		return func() (paths []string) {
			for _, b := range all {
				for _, key := range list(b, t) {
					paths = append(paths, b.Bucket+"/"+key)
				}
			}
			return paths
		}
	}
	return scheduleStore{
		object: func(bucket, key string) []byte {
			data, err := os.ReadFile(filepath.Join(filepath.Dir(g.Dir), bucket, key))
			if err != nil {
				return nil
			}
			return data
		},
		objects: of((*uploadtest.Gateway).Objects), uploads: of((*uploadtest.Gateway).Uploads),
	}
}

// credentials sets the environment of the recorder.
func (s *scheduleRun) credentials(dir string) {
	s.env = os.Environ()
	if s.plan.keys != keysEnvironment {
		s.env = append(s.env, "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=")
	}
	switch s.plan.keys {
	case keysFile:
		s.keys = filepath.Join(dir, "credentials")
		s.env = append(s.env, "AWS_SHARED_CREDENTIALS_FILE="+s.keys)
		s.rotate("T1")
	case keysEndpoint:
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if s.down.Load() {
				http.Error(w, "no", http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(map[string]string{
				"AccessKeyId": uploadtest.KeyID, "SecretAccessKey": uploadtest.Secret, "Token": sessionToken,
				"Expiration": time.Now().Add(300 * time.Millisecond).UTC().Format(time.RFC3339Nano),
			})
		}))
		s.t.Cleanup(server.Close)
		s.env = append(s.env, "AWS_CONTAINER_CREDENTIALS_FULL_URI="+server.URL)
	}
}

// rotate writes new keys, all at once as a rotating sidecar does.
func (s *scheduleRun) rotate(token string) {
	s.rotating.Lock()
	defer s.rotating.Unlock()
	text := fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\naws_session_token = %s\n", uploadtest.KeyID, uploadtest.Secret, token)
	err := os.WriteFile(s.keys+".new", []byte(text), 0o600)
	if err == nil {
		err = os.Rename(s.keys+".new", s.keys)
	}
	if err != nil {
		s.t.Error(err)
	}
}

// child runs a task in a process of its own. For the recorder begun is called when
// its upload is begun, with its process. ended is false when it was killed before
// it said how it ended.
func (s *scheduleRun) child(mode string, begun func(*os.Process)) (end scheduleEnd, ended bool) {
	s.t.Helper()
	s.task.Mode = mode
	task, err := json.Marshal(s.task)
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(slices.Clone(s.env), childSchedule+"="+string(task))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	var last string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if last = lines.Text(); last == begunLine {
			begun(cmd.Process)
		}
	}
	_ = cmd.Wait() // it may have been killed
	noSecret(s.t, log.String())
	s.log.Write(log.Bytes())
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Logf("%s:\n%s", mode, log.String())
		}
	})
	if err := json.Unmarshal([]byte(last), &end); err != nil {
		if !cmd.ProcessState.Success() && s.plan.kill == 0 {
			s.t.Fatalf("%s: %v: %s", s.plan, cmd.ProcessState, last)
		}
		return scheduleEnd{}, false
	}
	return end, true
}

// run carries the schedule out and judges what is there in the end.
func (s *scheduleRun) run() {
	t := s.t
	var faults sync.WaitGroup
	end, ended := s.child(taskRecord, func(p *os.Process) {
		began := time.Now()
		s.front.Set(s.rule(began))
		for _, w := range s.plan.windows {
			faults.Go(func() { s.around(w) })
		}
		if s.plan.kill > 0 {
			faults.Go(func() {
				time.Sleep(s.plan.kill)
				_ = syscall.Kill(-p.Pid, syscall.SIGKILL) // it may have ended
			})
		}
	})
	faults.Wait()
	s.front.Set(nil)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.plan)
		}
	})
	switch {
	case ended && end.Err == "":
		s.end = "complete"
		s.whole(end.Result)
	case ended && end.Class != ClassUpload:
		t.Fatalf("the recorder ended with %q: %s", end.Class, end.Err)
	case ended:
		s.end = "30, recovered"
		s.recoverFile()
	case s.plan.alone && s.fromBucket():
	default:
		s.end = "killed" + s.end + ", recovered from the disk"
		s.recoverFile()
	}
}

// around makes a fault outside of the recorder come and go that is none of a request.
func (s *scheduleRun) around(w window) {
	time.Sleep(w.from)
	switch {
	case w.kind == faultToken && s.plan.keys == keysFile:
		s.token.Store("T2")
		time.Sleep(w.to - w.from)
		s.rotate("T2")
	case w.kind == faultEndpoint:
		s.down.Store(true)
		time.Sleep(w.to - w.from)
		s.down.Store(false)
	case w.kind == faultNoName:
		s.names.Answer.Store([]int32{uploadtest.NameFails, uploadtest.NameUnknown}[s.plan.seed%2])
		time.Sleep(w.to - w.from)
		s.names.Answer.Store(uploadtest.NameFound)
	}
}

// rule gives each request the fault of the time.
func (s *scheduleRun) rule(began time.Time) func(uploadtest.Op, *http.Request) uploadtest.Fault {
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(uint64(s.plan.seed), 13))
	return func(op uploadtest.Op, r *http.Request) uploadtest.Fault {
		mu.Lock()
		defer mu.Unlock()
		if want := s.token.Load().(string); want != "" && r.Header.Get("X-Amz-Security-Token") != want {
			return requestFaults["expired"]
		}
		at := time.Since(began)
		for _, w := range s.plan.windows {
			if at < w.from || at >= w.to {
				continue
			}
			if w.kind == faultNoName {
				return uploadtest.Reset
			}
			if f := requestFaults[w.kind]; f != nil && rng.Float64() < w.share && w.meets(op) {
				return f
			}
		}
		return nil
	}
}

// recoverFile finishes the upload from the disk.
func (s *scheduleRun) recoverFile() {
	_, err := os.Stat(JournalPath(s.task.File))
	if info, statErr := os.Stat(s.task.File); statErr != nil || info.Size() == 0 {
		s.end = "killed before its first byte"
		return
	}
	if errors.Is(err, fs.ErrNotExist) {
		// It was killed between its last act and its last word.
		s.whole(Result{Bucket: s.task.Bucket, Key: s.task.Key, Confirmed: "crc32c"})
		return
	}
	end, ended := s.child(taskFile, nil)
	if !ended || end.Err != "" {
		s.t.Fatalf("recover: %s", end.Err)
	}
	s.whole(end.Result)
}

// whole checks that the object is the file, and that nothing else is left.
func (s *scheduleRun) whole(r Result) {
	s.t.Helper()
	file, err := os.ReadFile(s.task.File)
	if err != nil {
		s.t.Fatal(err)
	}
	// It is the answer where reading was denied just then.
	if !bytes.Equal(s.store.object(r.Bucket, r.Key), file) || r.Confirmed != "crc32c" && r.Confirmed != "answer" {
		s.t.Errorf("the object %s/%s of %d bytes differs from the file of %d, or was not confirmed: %+v", r.Bucket, r.Key, len(s.store.object(r.Bucket, r.Key)), len(file), r)
	}
	s.nothingBut(r.Bucket + "/" + r.Key)
	if _, err := os.Stat(JournalPath(s.task.File)); err == nil {
		s.t.Error("the journal is still there")
	}
}

// nothingBut checks what the buckets hold.
func (s *scheduleRun) nothingBut(path string) {
	s.t.Helper()
	left := s.store.objects()
	if len(left) == 2 && strings.HasSuffix(left[1], liveSuffix) && s.mayKeepLive() {
		s.end, left = s.end+" but for the live object", left[:1]
	}
	if i := slices.IndexFunc(left, func(p string) bool { return p != path && strings.HasSuffix(p, s.task.Key) }); i >= 0 && s.plan.backup {
		// The other bucket completed it, and did not answer any more.
		bucket, key, _ := strings.Cut(left[i], "/")
		if whole, _ := os.ReadFile(s.task.File); bytes.Equal(s.store.object(bucket, key), whole) {
			s.end, left = s.end+", whole in both buckets", slices.Delete(left, i, i+1)
		}
	}
	if len(left) != 1 || left[0] != path {
		s.t.Errorf("objects %v", left)
	}
	if left := s.store.uploads(); len(left) > 0 {
		if !s.mayKeepUpload() {
			s.t.Errorf("uploads %v", left)
		}
		s.end += ", an upload left to the lifecycle rule"
	}
}

// mayKeepLive tells whether there is a reason that the live object stays: deleting
// it was refused, or the recorder was killed while a full disk kept its upload's id
// out of the journal.
func (s *scheduleRun) mayKeepLive() bool {
	log := s.log.String()
	return strings.Contains(log, "the live object could not be deleted") ||
		s.plan.kill > 0 && strings.Contains(log, "the upload journal could not be written")
}

// mayKeepUpload tells whether there is a reason that an upload stays, for the
// lifecycle rule: the store did not answer while it was to be removed, or the recorder
// was killed while a full disk kept the upload out of the journal.
func (s *scheduleRun) mayKeepUpload() bool {
	log := s.log.String()
	return strings.Contains(log, "could not be removed") || s.plan.kill > 0 && strings.Contains(log, "the upload journal could not be written")
}

// fromBucket completes the upload from the bucket alone, as when the disk went
// with its recorder. It returns false when nothing was there yet.
func (s *scheduleRun) fromBucket() bool {
	live := func(path string) bool { return strings.HasSuffix(path, liveSuffix) }
	if !slices.ContainsFunc(s.store.objects(), live) {
		s.end = ", nothing in the bucket yet" // without a live object it would be found after an hour
		return false
	}
	var found []Recovered
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(500 * time.Millisecond) {
		end, ended := s.child(taskBucket, nil)
		if !ended || end.Err != "" {
			s.t.Fatalf("recover the bucket: %s", end.Err)
		}
		found = append(found, slices.DeleteFunc(end.Recovered, func(r Recovered) bool { return r.Outcome == OutcomeAlive })...)
		if len(s.store.uploads()) == 0 {
			break
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("uploads %v are left: %+v", s.store.uploads(), end.Recovered)
		}
	}
	i := slices.IndexFunc(found, func(r Recovered) bool { return r.Outcome == OutcomeCompleted })
	if i < 0 {
		s.end = ", nothing in the bucket"
		return false
	}
	s.end = "killed, recovered from the bucket"
	file, err := os.ReadFile(s.task.File)
	if err != nil {
		s.t.Fatal(err)
	}
	object := s.store.object(s.task.Bucket, s.task.Key)
	head := min(int(s.plan.head), len(object))
	if len(object) == 0 || len(object) > len(file) || !bytes.Equal(object[head:], file[head:len(object)]) {
		s.t.Errorf("the object of %d bytes is no beginning of the file of %d", len(object), len(file))
	}
	s.nothingBut(s.task.Bucket + "/" + s.task.Key)
	return true
}
