package upload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"beam/upload/uploadtest"
)

// childSchedule makes this test program the recorder of a schedule, or what
// finishes what it left.
const childSchedule = "BEAM_TEST_UPLOAD_SCHEDULE"

// scheduleTask is what the child has to do.
type scheduleTask struct {
	Seed   int
	Mode   string // taskRecord, taskFile or taskBucket
	URL    string
	Names  string // address of the name server
	File   string
	Bucket string
	Backup string
	Key    string
}

const (
	taskRecord = "record"
	taskFile   = "recover the file"
	taskBucket = "recover the bucket"
)

// scheduleEnd is what the child says last.
type scheduleEnd struct {
	Result    Result
	Recovered []Recovered
	Class     string
	Err       string
}

// begunLine is what the recorder says when its upload is begun.
const begunLine = "begun"

// scheduleChild carries out the task and prints how it ended.
func scheduleChild() {
	var task scheduleTask
	if err := json.Unmarshal([]byte(os.Getenv(childSchedule)), &task); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	net.DefaultResolver = uploadtest.Resolver(task.Names)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var end scheduleEnd
	var err error
	switch task.Mode {
	case taskRecord:
		end.Result, err = task.record(ctx, log)
	case taskFile:
		end.Result, err = RecoverFile(ctx, task.File, RecoverFileConfig{GiveUpAfter: time.Minute, Log: log})
	case taskBucket:
		var store *Store
		if store, err = task.store(ctx, task.Bucket, log); err == nil {
			end.Recovered, err = RecoverBucket(ctx, store)
		}
	}
	if err != nil {
		var e *Error
		if errors.As(err, &e) {
			end.Class = e.FaultClass()
		}
		end.Err = err.Error()
	}
	line, err := json.Marshal(end)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(string(line))
}

func (task scheduleTask) store(ctx context.Context, bucket string, log *slog.Logger) (*Store, error) {
	o := testOptions(task.URL)
	o.Heartbeat, o.RequestTimeout, o.OutageTime, o.TailEvery = time.Second, 1500*time.Millisecond, 500*time.Millisecond, 100*time.Millisecond
	return Open(ctx, Target{Bucket: bucket, Prefix: "team"}, o, log)
}

// record is the recorder: the file grows while the faults of this process come
// and go. Where it can't be written any more, it ends, and goes up as it is.
func (task scheduleTask) record(ctx context.Context, log *slog.Logger) (Result, error) {
	p := newPlan(task.Seed)
	var places []Place
	for _, bucket := range []string{task.Bucket, task.Backup} {
		if bucket == "" {
			continue
		}
		store, err := task.store(ctx, bucket, log)
		if err != nil {
			return Result{}, err
		}
		places = append(places, Place{store, task.Key})
	}
	file, err := os.Create(task.File)
	if err != nil {
		return Result{}, err
	}
	var unreadable atomic.Bool
	u, err := Start(ctx, Config{
		File: task.File, Places: places, ID: NewID(), HeadSize: p.head, GiveUpAfter: p.giveUp, Log: log,
		open: func(path string) (localFile, error) {
			f, err := os.Open(path)
			if err != nil {
				return nil, err
			}
			return &brokenFile{f, &unreadable}, nil
		},
	})
	if err != nil {
		return Result{}, err
	}
	fmt.Println(begunLine)
	var faults sync.WaitGroup
	for _, w := range p.windows {
		faults.Go(func() { w.local(&unreadable) })
	}
	rng := rand.NewChaCha8([32]byte{byte(task.Seed), byte(task.Seed >> 8)})
	size, failed := int64(0), false
	for i, n := range p.grow {
		data := make([]byte, n)
		_, _ = rng.Read(data)
		written, err := file.Write(data)
		size += int64(written)
		if failed = err != nil; failed {
			break
		}
		u.Advance(size)
		time.Sleep(p.pause[i])
	}
	if !failed {
		head := make([]byte, min(p.head, size))
		_, _ = rng.Read(head)
		_, _ = file.WriteAt(head, 0) // on a full disk the head stays what it was
	}
	result, err := u.Finish(ctx, size)
	faults.Wait()
	return result, errors.Join(err, u.Close(), file.Close())
}

// local makes a fault of this process come and go.
func (w window) local(unreadable *atomic.Bool) {
	time.Sleep(w.from)
	switch w.kind {
	case faultRead:
		unreadable.Store(true)
		time.Sleep(w.to - w.from)
		unreadable.Store(false)
	case faultFull:
		limitFor(unix.RLIMIT_FSIZE, uint64(500*w.share), w.to-w.from) // within a line of the journal
	case faultOpen:
		limitFor(unix.RLIMIT_NOFILE, 4, w.to-w.from)
	}
}

// limits guards the limits of the process.
var limits sync.Mutex

func limitFor(resource int, soft uint64, d time.Duration) {
	limits.Lock()
	defer limits.Unlock()
	var old unix.Rlimit
	if err := unix.Getrlimit(resource, &old); err != nil {
		panic(err)
	}
	if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: soft, Max: old.Max}); err != nil {
		panic(err)
	}
	time.Sleep(d)
	if err := unix.Setrlimit(resource, &old); err != nil {
		panic(err)
	}
}

// brokenFile can't be read while it is said so.
type brokenFile struct {
	*os.File
	broken *atomic.Bool
}

func (f *brokenFile) ReadAt(p []byte, off int64) (int, error) {
	if f.broken.Load() {
		return 0, &fs.PathError{Op: "read", Path: f.Name(), Err: unix.EIO}
	}
	return f.File.ReadAt(p, off)
}
