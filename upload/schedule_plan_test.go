package upload

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"beam/upload/uploadtest"
)

// window is a fault that lasts for a while.
type window struct {
	kind     string
	from, to time.Duration // since the upload was begun
	share    float64       // of the requests, where it is one of requests
}

func (w window) String() string {
	return fmt.Sprintf("%s %d-%d ms (%.2f)", w.kind, w.from.Milliseconds(), w.to.Milliseconds(), w.share)
}

// meets tells whether a fault is one of the operation.
func (w window) meets(op uploadtest.Op) bool {
	switch w.kind {
	case "late error", "slow answer":
		return op == uploadtest.OpComplete
	case "gone":
		return op == uploadtest.OpPart || op == uploadtest.OpComplete
	}
	return true
}

// The faults that are no answers to a request.
const (
	faultNoName   = "no name"        // the name server fails, and connections break
	faultToken    = "new keys"       // others are wanted, and the file has them later
	faultEndpoint = "endpoint"       // that of the credentials answers 500
	faultFull     = "full disk"      // nothing can be written (RLIMIT_FSIZE, getrlimit(2))
	faultRead     = "EIO"            // the recording can't be read
	faultOpen     = "no descriptors" // RLIMIT_NOFILE
)

// requestFaults are the answers of a network, a store and its credentials.
var requestFaults = map[string]uploadtest.Fault{
	"reset":      uploadtest.Reset,
	"half body":  uploadtest.HalfBody,
	"black hole": uploadtest.Stall(3 * time.Second),
	"slow":       uploadtest.Slow(150 * time.Millisecond),

	"500": uploadtest.Answer(500, "InternalError", "We encountered an internal error. Please try again."),
	"503": uploadtest.Answer(503, "SlowDown", "Please reduce your request rate."),
	"bad gateway": func(w http.ResponseWriter, _ *http.Request, _ func(http.ResponseWriter)) {
		http.Error(w, "<html>bad gateway", http.StatusBadGateway)
	},
	"denied":      uploadtest.Answer(403, "AccessDenied", "Access Denied"),
	"timeout":     uploadtest.Answer(400, "RequestTimeout", "Your socket connection to the server was not read from or written to within the timeout period."),
	"digest":      uploadtest.Answer(400, "BadDigest", "The Content-MD5 you specified did not match what we received."),
	"gone":        uploadtest.Answer(404, "NoSuchUpload", "The specified upload does not exist."),
	"lost answer": uploadtest.LoseAnswer,
	"cut answer":  uploadtest.CutAnswer,
	"late error":  uploadtest.LateError,
	"slow answer": uploadtest.SlowAnswer(150 * time.Millisecond),

	"expired": uploadtest.Answer(400, "ExpiredToken", "The provided token has expired."),
	"skew": uploadtest.AnswerWith(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.",
		map[string]string{"Date": time.Now().UTC().Add(5 * time.Minute).Format(http.TimeFormat)}),
}

// faultGroups are the kinds, by what fails.
var faultGroups = [][]string{
	{"reset", "half body", "black hole", "slow", faultNoName},
	{"500", "503", "bad gateway", "denied", "timeout", "digest", "gone", "lost answer", "cut answer", "late error", "slow answer"},
	{"expired", "skew", faultToken, faultEndpoint},
	{faultFull, faultRead, faultOpen},
}

// Where the recorder has its keys.
const (
	keysEnvironment = "environment"
	keysFile        = "file"
	keysEndpoint    = "endpoint"
)

// plan is what happens in one schedule. It follows from its seed.
type plan struct {
	seed    int
	head    int64
	grow    []int64
	pause   []time.Duration // after each of grow
	giveUp  time.Duration
	windows []window
	keys    string
	kill    time.Duration // since the upload was begun; 0 for never
	alone   bool          // once killed, the bucket alone has to do
	backup  bool
	gateway bool // the store is the real gateway
}

func newPlan(seed int) plan {
	r := rand.New(rand.NewPCG(uint64(seed), 12))
	ms := func(from, to int) time.Duration { return time.Duration(from+r.IntN(to-from)) * time.Millisecond }
	p := plan{
		seed: seed, head: []int64{0, 1 << 20, 6 << 20}[r.IntN(3)], giveUp: ms(100, 1500), keys: keysEnvironment, gateway: seed%8 == 7,
		backup: r.IntN(5) == 0,
	}
	for range 3 + r.IntN(4) {
		p.grow, p.pause = append(p.grow, 1+r.Int64N(4<<20)), append(p.pause, ms(50, 400))
	}
	for range 2 + r.IntN(4) {
		group := faultGroups[r.IntN(len(faultGroups))]
		w := window{kind: group[r.IntN(len(group))], from: ms(0, 900), share: 0.3 + 0.7*r.Float64()}
		w.to = w.from + ms(50, 900)
		switch w.kind {
		case "gone":
			w.share = min(w.share, 0.4) // each begins the upload anew
		case faultToken:
			p.keys = keysFile
		case faultEndpoint:
			p.keys = keysEndpoint
		}
		p.windows = append(p.windows, w)
	}
	if p.gateway {
		p.keys = keysEnvironment // it knows one key
	}
	if r.IntN(4) == 0 {
		p.kill, p.alone = ms(300, 2000), !p.backup && r.IntN(2) == 0
	}
	return p
}

func (p plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %d steps, keys in the %s, gives up after %v, backup %v, gateway %v, killed %v (alone %v);", p.seed, len(p.grow), p.keys, p.giveUp, p.backup, p.gateway, p.kill, p.alone)
	for _, w := range p.windows {
		fmt.Fprintf(&b, " %s;", w)
	}
	return b.String()
}
