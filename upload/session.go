package upload

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"beam/upload/s3"
)

// session is one multipart upload. Its fields belong to the goroutine that
// calls run; it can be run again after a failure and goes on where it was.
type session struct {
	u        *Uploader
	place    int
	store    Bucket
	key      string
	id       string // upload id, "" before it is begun
	checksum string
	parts    map[int32]partSum
	resumed  *journalState // to be compared with the store and the file first
	repaired int           // times that parts had to be sent again after completing failed
	noted    bool          // the size of the finished file is in the journal
	// unanswered tells that some heartbeat had no answer.
	unanswered atomic.Bool
}

func (u *Uploader) newSession(place int) *session {
	p := u.config.Places[place]
	return &session{u: u, place: place, store: p.Store, key: p.Key, checksum: p.Store.Checksums().Best(), parts: map[int32]partSum{}}
}

func (s *session) targetEntry() entry {
	target, options := s.store.At(), s.store.Settings()
	return entry{
		Kind: "target", Version: journalVersion, ID: s.u.config.ID, Bucket: target.Bucket, Prefix: target.Prefix,
		Key: s.key, Options: &options, Metadata: s.u.config.Metadata,
	}
}

// partFor describes part n as it is to be sent now.
func (s *session) partFor(n int32, known int64, final bool) partSum {
	plan := planOf(s.store)
	start := plan.Offset(n)
	// Less than all of it at the end of the file, and where the part is sent while it
	// is filled.
	size := min(plan.PartSize(n), known-start)
	return partSum{Number: n, Size: size, Early: !final && start < s.u.config.HeadSize}
}

// begin creates the multipart upload if there is none yet.
func (s *session) begin(ctx context.Context) error {
	if s.id != "" {
		return nil
	}
	metadata := maps.Clone(s.u.config.Metadata)
	if metadata == nil {
		metadata = map[string]string{}
	}
	metadata[metaID] = s.u.config.ID
	err := s.u.retry.do(ctx, "begin the upload", s.store.ExpireCredentials, func(ctx context.Context) error {
		_, err := s.store.Checksums().Try(func(checksum string) error {
			id, kept, err := s.store.Create(ctx, s.key, s.u.config.ContentType, metadata, checksum)
			switch {
			case err == nil:
				s.id, s.checksum = id, kept
			case failedWith(err, s3.KindRetry), failedWith(err, s3.KindStopped):
				s.u.remember(remnant{s.store, s.key, ""}) // it may have worked, and only the answer was lost
			}
			return err
		})
		return err
	})
	if err != nil {
		return err
	}
	plan := planOf(s.store)
	s.u.note(entry{Kind: "upload", Key: s.key, Upload: s.id, Plan: &plan, Checksum: s.checksum})
	return nil
}

// send uploads one part until that works. It reads the part anew for every
// attempt, so a head that was rewritten meanwhile does no harm.
func (s *session) send(ctx context.Context, part partSum) (partSum, error) {
	op := fmt.Sprintf("upload part %d", part.Number)
	digests := 0 // times in a row that the store found the part damaged
	err := s.u.retry.do(ctx, op, s.store.ExpireCredentials, func(ctx context.Context) error {
		section, closeFile, err := openSection(s.u.config.open, s.u.config.File, planOf(s.store).Offset(part.Number), part.Size)
		if err != nil {
			return err
		}
		defer closeFile()
		if part.CRC, part.MD5, err = sum(ctx, section, part.Size); err != nil {
			return err
		}
		part.ETag, err = s.store.UploadPart(ctx, s.key, s.id, s.checksum, part.sent(), section)
		if digests++; !s3.Damaged(err) {
			digests = 0
		}
		if digests >= mostDigests && s.checksum != s3.ChecksumNone {
			return &damagedError{err} // it reckons otherwise than we do
		}
		return err
	})
	return part, err
}

// mostDigests is how often in a row a part may arrive damaged.
const mostDigests = 4

// tailTicker tells when the part that is being filled is due.
func (s *session) tailTicker() *time.Ticker {
	every := s.store.Settings().TailEvery
	if every <= 0 {
		t := time.NewTicker(time.Hour)
		t.Stop()
		return t
	}
	return time.NewTicker(every)
}

// keep notes a part that the store has.
func (s *session) keep(part partSum) {
	s.parts[part.Number] = part
	s.u.note(entry{Kind: "part", Part: part.Number, Size: part.Size, ETag: part.ETag, CRC: s3.EncodeCRC(part.CRC)})
	s.count()
}

// count shows what is uploaded.
func (s *session) count() {
	var bytes int64
	for _, p := range s.parts {
		bytes += p.Size
	}
	s.u.show(func(p *Progress) { p.Uploaded, p.Parts = bytes, len(s.parts) })
}

func (s *session) noteFinal(size int64) {
	if !s.noted {
		s.noted = true
		s.u.note(entry{Kind: "final", Size: size})
	}
}

// ordered returns the parts in the order of the file.
func (s *session) ordered() []partSum {
	parts := make([]partSum, 0, len(s.parts))
	for _, n := range slices.Sorted(maps.Keys(s.parts)) {
		parts = append(parts, s.parts[n])
	}
	return parts
}

// endLive deletes the live object, and once more after a moment when the store may
// still be writing it.
func (s *session) endLive(ctx context.Context) {
	if s.id == "" || s.store.Settings().Heartbeat <= 0 {
		return
	}
	endLive(ctx, s.store, s.key, s.id, s.u.config.Log)
	if s.unanswered.Load() && s3.Sleep(ctx, lastBeat) == nil {
		endLive(ctx, s.store, s.key, s.id, s.u.config.Log)
	}
}

// abandon removes the upload from the bucket.
func (s *session) abandon(ctx context.Context) error {
	if s.id == "" {
		return nil
	}
	return abandonUpload(ctx, s.store, s.key, s.id)
}

// journalled writes what the session has to the journal, after another one was
// used.
func (s *session) journalled() {
	s.u.note(s.targetEntry())
	s.noted = false
	if s.id == "" {
		return
	}
	plan := planOf(s.store)
	s.u.note(entry{Kind: "upload", Key: s.key, Upload: s.id, Plan: &plan, Checksum: s.checksum})
	for _, p := range s.ordered() {
		s.u.note(entry{Kind: "part", Part: p.Number, Size: p.Size, ETag: p.ETag, CRC: s3.EncodeCRC(p.CRC)})
	}
}

// live describes the upload for the live object.
func (u *Uploader) live() Live {
	p := u.Progress()
	return Live{ID: u.config.ID, Recording: u.config.Recording, Part: u.config.Part, Parts: p.Parts, Bytes: p.Uploaded}
}
