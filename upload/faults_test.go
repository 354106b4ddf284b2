package upload

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"beam/upload/uploadtest"
)

// seedsEnv sets how many fault schedules TestFaultSchedules tries.
const seedsEnv = "BEAM_UPLOAD_SEEDS"

// schedule makes requests fail at random, but never more than budget of them.
type schedule struct {
	mu     sync.Mutex
	rng    *rand.Rand
	share  float64 // of requests that fail
	budget int
	log    []string
}

func (s *schedule) rule(op uploadtest.Op, _ *http.Request) uploadtest.Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.budget == 0 || s.rng.Float64() >= s.share {
		return nil
	}
	s.budget--
	faults := []struct {
		name  string
		fault uploadtest.Fault
	}{
		{"500", uploadtest.Answer(500, "InternalError", "We encountered an internal error. Please try again.")},
		{"503", uploadtest.Answer(503, "SlowDown", "Please reduce your request rate.")},
		{"busy page", func(w http.ResponseWriter, _ *http.Request, _ func(http.ResponseWriter)) {
			http.Error(w, "<html>bad gateway", http.StatusBadGateway)
		}},
		{"timeout", uploadtest.Answer(400, "RequestTimeout", "Your socket connection to the server was not read from or written to within the timeout period.")},
		{"digest", uploadtest.Answer(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")},
		{"reset", uploadtest.Reset},
		{"half body", uploadtest.HalfBody},
		{"lost answer", uploadtest.LoseAnswer},
		{"cut answer", uploadtest.CutAnswer},
		{"stall", uploadtest.Stall(3 * time.Second)},
		{"denied", uploadtest.Answer(403, "AccessDenied", "Access Denied")},
		{"skew", uploadtest.AnswerWith(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.",
			map[string]string{"Date": time.Now().UTC().Add(5 * time.Minute).Format(http.TimeFormat)})},
		{"expired", uploadtest.Answer(400, "ExpiredToken", "The provided token has expired.")},
		{"gone", uploadtest.Answer(404, "NoSuchUpload", "The specified upload does not exist.")},
	}
	f := faults[s.rng.IntN(len(faults))]
	s.log = append(s.log, fmt.Sprintf("%s: %s", op, f.name))
	return f.fault
}

// TestFaultSchedules uploads through random faults. Every schedule has to end
// with the object complete and confirmed, or with an error of ClassUpload from
// which the file is recovered when the faults are over.
func TestFaultSchedules(t *testing.T) {
	seeds := 4
	if s := os.Getenv(seedsEnv); s != "" {
		var err error
		if seeds, err = strconv.Atoi(s); err != nil || seeds < 1 {
			t.Fatalf("%s is %q", seedsEnv, s)
		}
	}
	g := uploadtest.Start(t)
	p := uploadtest.NewProxy(t, g.URL)
	recovered := 0
	for seed := range seeds {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(seed), 1))
			s := &schedule{rng: rand.New(rand.NewPCG(uint64(seed), 2)), share: 0.1 + 0.5*rng.Float64(), budget: 5 + rng.IntN(40)}
			quick := func(o *Options) { o.RequestTimeout = time.Second }
			store := openStore(t, g.Bucket, p.URL, quick)
			r := newRecording(t, []int64{0, 1 << 20, 6 << 20}[rng.IntN(3)])
			key := fmt.Sprintf("team/seed-%d.mp4", seed)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			u := start(t, ctx, Config{
				File: r.path, ID: NewID(), Places: []Place{{store, key}}, HeadSize: r.head, GiveUpAfter: time.Duration(100+rng.IntN(2000)) * time.Millisecond,
			})
			crash, steps := rng.IntN(4) == 0, 1+rng.IntN(8)
			p.Set(s.rule)
			for range steps {
				u.Advance(r.grow(1 + rng.Int64N(4<<20)))
				time.Sleep(time.Duration(rng.IntN(50)) * time.Millisecond)
			}
			if crash {
				cancel()
			}
			result, err := u.Finish(t.Context(), r.finish())
			p.Set(nil)
			if err != nil {
				isUpload(t, err)
				recovered++
				if err := u.Close(); err != nil {
					t.Fatal(err)
				}
				if result, err = RecoverFile(t.Context(), r.path, RecoverFileConfig{Log: testLog(t)}); err != nil {
					t.Fatalf("recover: %v", err)
				}
			}
			r.sameObject(g, result)
			if _, err := os.Stat(JournalPath(r.path)); err == nil {
				t.Error("the journal is still there")
			}
			if t.Failed() {
				s.mu.Lock()
				t.Log(s.log)
				s.mu.Unlock()
			}
			_ = os.RemoveAll(g.Dir + "/team")
		})
	}
	t.Logf("%d of %d schedules went by way of recovery", recovered, seeds)
}
