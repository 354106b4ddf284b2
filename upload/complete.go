package upload

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"beam/upload/s3"
)

// maxRepairs bounds how often parts are sent again because completing failed
// on them.
const maxRepairs = 3

// Outcomes of looking at the object that are no failures of the request.
var (
	errMissing = errors.New("there is no object with this key")
	errDenied  = errors.New("reading the object is not allowed")
)

// complete makes the object from the parts and confirms it. again is true when
// parts have to be sent again first.
func (s *session) complete(ctx context.Context) (result Result, again bool, err error) {
	parts := s.ordered()
	want := expect(parts)
	c := completion(s.key, s.id, s.checksum, parts)
	for {
		var answer s3.ObjectInfo
		err := s.u.retry.do(ctx, "complete the upload", s.store.ExpireCredentials, func(ctx context.Context) error {
			var err error
			answer, err = s.store.Complete(ctx, c)
			return err
		})
		switch {
		case err == nil:
			result, err := s.confirm(ctx, want, &answer)
			return result, false, err
		case failedWith(err, s3.KindUnsupported) && !c.Plain:
			// Without the condition an object with this key would be replaced.
			if found, taken, err := s.look(ctx, want); err != nil || found.URL != "" {
				return found, false, err
			} else if taken {
				return Result{}, false, errTaken
			}
			c.Plain = true
		case failedWith(err, s3.KindUnsupported) && c.Checksum != s3.ChecksumNone:
			c.Checksum = s3.ChecksumNone // the parts were compared when they were sent
		case failedWith(err, s3.KindUnsupported) && s.checksum != s3.ChecksumNone:
			s.store.Checksums().Refused(s.checksum)
			return Result{}, false, fmt.Errorf("%w: %w", errLowered, err)
		case failedWith(err, s3.KindVanished), failedWith(err, s3.KindTaken):
			// Perhaps an earlier attempt worked and its answer was lost.
			found, taken, lookErr := s.look(ctx, want)
			switch {
			case lookErr != nil:
				return Result{}, false, lookErr
			case found.URL != "":
				if failedWith(err, s3.KindTaken) {
					s.u.forsake(ctx, s) // gone, unless the object came from another upload
				}
				return found, false, nil
			case taken || failedWith(err, s3.KindTaken):
				return Result{}, false, errTaken
			}
			return Result{}, false, errVanished
		case failedWith(err, s3.KindBadPart):
			if s.repaired++; s.repaired > maxRepairs {
				return Result{}, false, errVanished
			}
			s.u.config.Log.Warn("the bucket has other parts than were sent; they are sent again", "cause", err)
			return Result{}, true, s.dropForeign(ctx)
		default:
			return Result{}, false, err
		}
	}
}

// look tells whether the key already has the object wanted (then its Result is
// returned) or another one.
func (s *session) look(ctx context.Context, want expectation) (found Result, taken bool, err error) {
	info, err := s.head(ctx)
	switch {
	case errors.Is(err, errMissing), errors.Is(err, errDenied):
		return Result{}, false, nil
	case err != nil:
		return Result{}, false, err
	}
	by, err := want.check(info)
	if err != nil {
		return Result{}, true, nil
	}
	return s.result(want, info, by), false, nil
}

// confirm compares the object with what was sent. Where reading is not allowed, the
// store's own answer has to do: it compared checksum and size before it made
// the object.
func (s *session) confirm(ctx context.Context, want expectation, answer *s3.ObjectInfo) (Result, error) {
	for n := 0; ; n++ {
		info, err := s.head(ctx)
		switch {
		case err == nil:
			by, err := want.check(info)
			if errors.Is(err, errUncertain) {
				if by, err = want.check(*answer); errors.Is(err, errUncertain) {
					by, err = s.confirmedBySize(), nil
				}
			}
			return s.result(want, info, by), err
		case errors.Is(err, errDenied):
			if _, err := want.check(*answer); err != nil && !errors.Is(err, errUncertain) {
				return Result{}, errors.Join(err, errDenied)
			}
			return s.result(want, *answer, "answer"), nil
		case errors.Is(err, errMissing) && n < maxRepairs:
			// S3 shows an object at once; other stores may take a moment.
			options := s.store.Settings()
			if err := s3.Sleep(ctx, s3.Jitter(options.BackoffBase, options.BackoffCap, n)); err != nil {
				return Result{}, err
			}
		case errors.Is(err, errMissing):
			return Result{}, errVanished
		default:
			return Result{}, err
		}
	}
}

// confirmedBySize is the last rung: the store tells no checksum of the object, and
// its ETag is no MD5, as with KMS. What it said of each part still counts, where
// that is the MD5.
func (s *session) confirmedBySize() (by string) {
	for _, p := range s.parts {
		if !strings.EqualFold(strings.Trim(p.ETag, `"`), hex.EncodeToString(p.MD5[:])) {
			s.u.config.Log.Warn("the bucket tells no checksum of the object: its size is right, which has to do")
			return "size"
		}
	}
	return "parts"
}

// head looks at the object, with errMissing and errDenied for its absence.
func (s *session) head(ctx context.Context) (info s3.ObjectInfo, err error) {
	var outcome error
	err = s.u.retry.do(ctx, "confirm the object", s.store.ExpireCredentials, func(ctx context.Context) error {
		info, err = s.store.Head(ctx, s.key)
		switch s3.Status(err) {
		case http.StatusNotFound:
			outcome, err = errMissing, nil
		case http.StatusForbidden:
			outcome, err = errDenied, nil
		}
		return err
	})
	return info, errors.Join(err, outcome)
}

func (s *session) result(want expectation, info s3.ObjectInfo, by string) Result {
	retries, _, _ := s.u.retry.snapshot()
	return Result{
		URL: objectURL(s.store, s.key), Bucket: s.store.At().Bucket, Key: s.key, Size: want.size, CRC32C: want.crc,
		ETag: strings.Trim(info.ETag, `"`), Version: info.Version, Parts: len(s.parts), Retries: retries, Backup: s.place > 0,
		Confirmed: by,
	}
}

// dropForeign forgets the parts that the store lacks or has otherwise: a
// request that was given up can still have been carried out, after its
// successor. Where the parts can't be listed, or all agree, all are sent again.
func (s *session) dropForeign(ctx context.Context) error {
	server := map[int32]string{}
	err := s.u.retry.ask(ctx, "list the parts", s.store.ExpireCredentials, func(ctx context.Context) error {
		parts, _, err := s.store.ListParts(ctx, s.key, s.id)
		for _, p := range parts {
			server[p.Number] = p.ETag
		}
		return err
	})
	if err != nil && !failedWith(err, s3.KindRefused) && !lacks(err) {
		return err
	}
	before := len(s.parts)
	for n, p := range s.parts {
		if err != nil || !sameETag(server[n], p.ETag) {
			delete(s.parts, n)
		}
	}
	if len(s.parts) == before {
		clear(s.parts)
	}
	s.count()
	return nil
}

// sameETag compares ETags; some stores leave the quotes away in lists.
func sameETag(a, b string) bool {
	return strings.Trim(a, `"`) == strings.Trim(b, `"`)
}
