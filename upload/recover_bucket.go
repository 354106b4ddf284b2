package upload

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"beam/upload/s3"
)

// Outcome is what RecoverBucket did about one upload.
type Outcome string

// The outcomes.
const (
	OutcomeCompleted Outcome = "completed" // the object exists now
	OutcomeAlive     Outcome = "alive"     // its recorder still writes the live object
	OutcomeEmpty     Outcome = "empty"     // there was no usable part; the upload was removed
	OutcomeForeign   Outcome = "foreign"   // not made by Beam; left alone
	OutcomeTaken     Outcome = "taken"     // another object has the key; the upload is kept, and can be completed once that is moved
	OutcomeFailed    Outcome = "failed"
)

// Recovered is one unfinished upload that RecoverBucket found.
type Recovered struct {
	Key     string        `json:"key"` // of the object
	Outcome Outcome       `json:"outcome"`
	Parts   int           `json:"parts"`             // in the object
	Size    int64         `json:"size"`              // of the object, bytes
	Dropped int           `json:"dropped,omitempty"` // parts after a gap, which can't be used
	Age     time.Duration `json:"age"`               // since the last sign of the recorder, by the server's clock
	Err     error         `json:"-"`

	spare string // id of an upload without part and live object, which may be one of a recorder that lost the answer
}

// ownKey is the shape of DefaultKey: an upload without a live object counts as
// Beam's when its key has it.
var ownKey = regexp.MustCompile(`(^|/)beam/[^/]+/\d{8}/Rec-[^/]+$`)

// RecoverBucket completes, from the bucket alone, the uploads under the store's
// prefix whose recorders are gone: parts 1 to n as far as they follow each other
// without a gap. The object is the recording as it was on disk at a part's end, a
// fragmented MP4 that players play as it is. Uploads whose recorder still gives
// signs of life, and those of other programs, are left alone, and an object that
// exists is never replaced. It is safe to repeat, and from several machines.
//
// It needs s3:ListBucketMultipartUploads, s3:ListMultipartUploadParts,
// s3:ListBucket, s3:GetObject, s3:PutObject, s3:AbortMultipartUpload and
// s3:DeleteObject. The error is an *Error of ClassUpload: the uploads could not
// be listed, or at least one could not be recovered.
func RecoverBucket(ctx context.Context, s *Store) ([]Recovered, error) {
	return recoverBucket(ctx, s, s.Log())
}

func recoverBucket(ctx context.Context, s Bucket, log *slog.Logger) ([]Recovered, error) {
	b := newBucketRecovery(s, log)
	uploads, err := b.list(ctx)
	if err != nil {
		return nil, err
	}
	var (
		all    []Recovered
		failed error
	)
	for _, upload := range uploads {
		r := b.recover(ctx, upload.Key, upload.ID, upload.Initiated)
		if r.Err != nil && failed == nil {
			failed = &Error{Class: ClassUpload, Op: "recover " + objectURL(s, r.Key), Err: r.Err, Hint: s.Diagnose(r.Err).Hint}
		}
		all = append(all, r)
	}
	b.removeSpare(ctx, all)
	return all, failed
}

// removeSpare removes uploads without a part of recordings whose recorders are
// gone: they lost the answer when they began them.
func (b *bucketRecovery) removeSpare(ctx context.Context, all []Recovered) {
	gone := map[string]bool{}
	for _, r := range all {
		gone[r.Key] = gone[r.Key] || r.Outcome == OutcomeCompleted || r.Outcome == OutcomeEmpty
	}
	for i, r := range all {
		if r.spare != "" && gone[r.Key] && b.Abort(ctx, r.Key, r.spare) == nil {
			all[i].Outcome = OutcomeEmpty
		}
	}
}

// recoverGiveUp is how long a bucket may answer nothing during RecoverBucket.
const recoverGiveUp = time.Minute

type bucketRecovery struct {
	Bucket
	log   *slog.Logger
	retry *retrier
}

func newBucketRecovery(s Bucket, log *slog.Logger) *bucketRecovery {
	options := s.Settings()
	b := &bucketRecovery{Bucket: s, log: log, retry: &retrier{
		base: options.BackoffBase, limit: options.BackoffCap, giveUp: recoverGiveUp, log: log, changed: func() {},
	}}
	b.retry.finish(time.Now())
	return b
}

// list returns the unfinished uploads under the bucket's prefix. Its error is an
// *Error of ClassUpload.
func (b *bucketRecovery) list(ctx context.Context) (uploads []s3.Unfinished, err error) {
	prefix := b.At().Prefix
	if prefix != "" {
		prefix += "/"
	}
	err = b.do(ctx, "list the uploads", func(ctx context.Context) (err error) {
		uploads, err = b.ListUploads(ctx, prefix)
		return err
	})
	if err == nil {
		return uploads, nil
	}
	found := b.Diagnose(err)
	if found.Code == FindDenied && found.Hint == "" {
		found.Hint = "allow s3:ListBucketMultipartUploads"
	}
	return nil, &Error{Class: ClassUpload, Op: "recover from " + b.At().String(), Err: err, Hint: found.Hint}
}

func (b *bucketRecovery) do(ctx context.Context, op string, attempt func(context.Context) error) error {
	return b.retry.ask(ctx, op, b.ExpireCredentials, attempt)
}

// recover deals with one unfinished upload.
func (b *bucketRecovery) recover(ctx context.Context, key, id string, initiated time.Time) Recovered {
	r := Recovered{Key: key}
	live, hasLive, err := b.readLive(ctx, key, id)
	if err != nil {
		return r.fail(err)
	}
	if !hasLive && !ownKey.MatchString(key) {
		r.Outcome = OutcomeForeign
		return r
	}
	var (
		parts    []s3.Listed
		checksum string
	)
	err = b.do(ctx, "list the parts", func(ctx context.Context) (err error) {
		parts, checksum, err = b.ListParts(ctx, key, id)
		return err
	})
	if failedWith(err, s3.KindVanished) { // completed or removed just now, by somebody who lives
		r.Outcome = OutcomeAlive
		return r
	}
	if err != nil {
		return r.fail(err)
	}
	sign, limit := lastSign(live, hasLive, initiated, parts)
	if r.Age = live.Now.Sub(sign); r.Age < limit {
		if r.Outcome = OutcomeAlive; !hasLive && len(parts) == 0 {
			r.spare = id
		}
		return r
	}
	run, sums := contiguous(parts, planOfParts(live, parts))
	if !sums {
		checksum = s3.ChecksumNone
	}
	r.Dropped = len(parts) - len(run)
	if len(run) == 0 {
		err = b.do(ctx, "remove the upload", func(ctx context.Context) error { return b.Abort(ctx, key, id) })
		r.Outcome = OutcomeEmpty
	} else {
		r.Outcome, r.Parts = OutcomeCompleted, len(run)
		r.Size, err = b.completeRun(ctx, key, id, checksum, run)
	}
	switch {
	case failedWith(err, s3.KindTaken):
		r.Outcome, r.Err = OutcomeTaken, err
		return r
	case err != nil && !failedWith(err, s3.KindVanished):
		return r.fail(err)
	}
	if hasLive {
		endLive(ctx, b, key, id, b.log)
	}
	return r
}

func (r Recovered) fail(err error) Recovered {
	r.Outcome, r.Err = OutcomeFailed, err
	return r
}

// readLive looks for the live object of an upload. live.Now is set either way.
func (b *bucketRecovery) readLive(ctx context.Context, key, id string) (live s3.ObjectInfo, found bool, err error) {
	err = b.do(ctx, "look for the live object", func(ctx context.Context) (err error) {
		live, err = b.Head(ctx, liveKey(key, id))
		if found = err == nil; s3.Status(err) == http.StatusNotFound {
			err = nil
		}
		return err
	})
	if err == nil && live.Now.IsZero() {
		err = errors.New("the store does not tell its time (RFC 9110, 6.6.1, Date)")
	}
	return live, found, err
}

// lastSign returns the last sign of life of a recorder, and for how long it
// counts. Without a live object, which it may not have been allowed to write, it
// is the last part, and it counts for longer, since parts come as the recording grows.
func lastSign(live s3.ObjectInfo, hasLive bool, initiated time.Time, parts []s3.Listed) (sign time.Time, limit time.Duration) {
	if hasLive {
		every, err := strconv.ParseFloat(live.Metadata[metaEvery], 64)
		if err != nil || !(every > 0 && every <= time.Hour.Seconds()) { // it may be NaN
			every = s3.DefaultHeartbeat.Seconds()
		}
		return live.Modified, time.Duration(missedBeats * every * float64(time.Second))
	}
	sign = initiated
	for _, p := range parts {
		if t := p.Modified; t.After(sign) {
			sign = t
		}
	}
	return sign, time.Hour
}

// planOfParts returns the plan of an upload: what its live object says, else what its
// parts look like: they grow, or those that are full have one size.
func planOfParts(live s3.ObjectInfo, parts []s3.Listed) Plan {
	if size, err := strconv.ParseInt(live.Metadata[metaPart], 10, 64); err == nil && size >= 0 && size <= s3.MaxPartSize {
		return Plan{Size: size}
	}
	var plan Plan
	var full, later int64
	for _, p := range parts {
		switch {
		case p.Number <= partsPerStep:
			full = max(full, p.Size)
		case p.Number == partsPerStep+1:
			later = p.Size
		}
	}
	if full != plan.PartSize(1) || later == full {
		plan.Size = full
	}
	return plan
}

// contiguous returns the parts from number 1 on without a gap, and whether the
// store told the checksums of all. One shorter than the plan ends them: it was sent
// while it was filled, and what follows it in the file is missing, even where the
// next part is there.
func contiguous(parts []s3.Listed, plan Plan) (run []partSum, sums bool) {
	byNumber := map[int32]s3.Listed{}
	for _, p := range parts {
		byNumber[p.Number] = p
	}
	sums = true
	for n := int32(1); n <= s3.MaxParts; n++ {
		p, ok := byNumber[n]
		if !ok {
			break
		}
		part := partSum{Number: n, Size: p.Size, ETag: p.ETag}
		part.CRC, ok = s3.DecodeCRC(p.CRC32C)
		sums = sums && ok
		if b, err := hex.DecodeString(strings.Trim(part.ETag, `"`)); err == nil && len(b) == len(part.MD5) {
			copy(part.MD5[:], b)
		}
		run = append(run, part)
		if part.Size != plan.PartSize(n) {
			break
		}
	}
	return run, sums
}

// completeRun completes an upload, confirms the object and returns its size.
func (b *bucketRecovery) completeRun(ctx context.Context, key, id, checksum string, run []partSum) (int64, error) {
	want := expect(run)
	c := completion(key, id, checksum, run)
	complete := func() error {
		return b.do(ctx, "complete the upload", func(ctx context.Context) error {
			_, err := b.Complete(ctx, c)
			return err
		})
	}
	err := complete()
	if failedWith(err, s3.KindUnsupported) {
		// Without the condition an object with this key would be replaced.
		if _, headErr := b.Head(ctx, key); s3.Status(headErr) != http.StatusNotFound {
			return 0, err
		}
		c.Plain = true
		err = complete()
	}
	if err != nil && !failedWith(err, s3.KindTaken) && !failedWith(err, s3.KindVanished) {
		return 0, err
	}
	var info s3.ObjectInfo
	headErr := b.do(ctx, "confirm the object", func(ctx context.Context) (err error) {
		info, err = b.Head(ctx, key)
		return err
	})
	if headErr != nil {
		return 0, errors.Join(err, headErr)
	}
	if checksum == s3.ChecksumNone {
		want.crc, info.CRC32C, info.Google = "", "", ""
	}
	_, checkErr := want.check(info)
	if errors.Is(checkErr, errUncertain) {
		checkErr = nil // the parts were checked when they were sent; the size has to do
	}
	if checkErr != nil && err != nil {
		return 0, err // somebody else's object
	}
	return want.size, checkErr
}
