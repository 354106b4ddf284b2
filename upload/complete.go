package upload

import (
	"context"
	"errors"
	"net/http"
	"strings"
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
	c := completion{key: s.key, id: s.id, checksum: s.checksum, parts: s.ordered()}
	want := expect(c.parts)
	c.size = want.size
	for {
		var answer objectInfo
		err := s.u.retry.do(ctx, "complete the upload", s.store.expireCredentials, func(ctx context.Context) error {
			var err error
			answer, err = s.store.complete(ctx, c)
			return err
		})
		switch {
		case err == nil:
			result, err := s.confirm(ctx, want, &answer)
			return result, false, err
		case failedWith(err, kindUnsupported) && !c.plain:
			// Without the condition an object with this key would be replaced.
			if found, taken, err := s.look(ctx, want); err != nil || found.URL != "" {
				return found, false, err
			} else if taken {
				return Result{}, false, errTaken
			}
			c.plain = true
		case failedWith(err, kindVanished), failedWith(err, kindTaken):
			// Perhaps an earlier attempt worked and its answer was lost.
			found, taken, lookErr := s.look(ctx, want)
			switch {
			case lookErr != nil:
				return Result{}, false, lookErr
			case found.URL != "":
				if failedWith(err, kindTaken) {
					_ = s.store.abort(ctx, s.key, s.id) // gone, unless the object came from another upload
				}
				return found, false, nil
			case taken || failedWith(err, kindTaken):
				return Result{}, false, errTaken
			}
			return Result{}, false, errVanished
		case failedWith(err, kindBadPart):
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
func (s *session) confirm(ctx context.Context, want expectation, answer *objectInfo) (Result, error) {
	for n := 0; ; n++ {
		info, err := s.head(ctx)
		switch {
		case err == nil:
			by, err := want.check(info)
			if errors.Is(err, errUncertain) {
				info = *answer
				by, err = want.check(info)
			}
			return s.result(want, info, by), err
		case errors.Is(err, errDenied):
			if _, err := want.check(*answer); err != nil {
				return Result{}, errors.Join(err, errDenied)
			}
			return s.result(want, *answer, "answer"), nil
		case errors.Is(err, errMissing) && n < maxRepairs:
			// S3 shows an object at once; other stores may take a moment.
			options := s.store.Options
			if err := sleep(ctx, jitter(options.BackoffBase, options.BackoffCap, n)); err != nil {
				return Result{}, err
			}
		case errors.Is(err, errMissing):
			return Result{}, errVanished
		default:
			return Result{}, err
		}
	}
}

// head looks at the object, with errMissing and errDenied for its absence.
func (s *session) head(ctx context.Context) (info objectInfo, err error) {
	var outcome error
	err = s.u.retry.do(ctx, "confirm the object", s.store.expireCredentials, func(ctx context.Context) error {
		info, err = s.store.head(ctx, s.key)
		switch status(err) {
		case http.StatusNotFound:
			outcome, err = errMissing, nil
		case http.StatusForbidden:
			outcome, err = errDenied, nil
		}
		return err
	})
	return info, errors.Join(err, outcome)
}

func (s *session) result(want expectation, info objectInfo, by string) Result {
	retries, _, _ := s.u.retry.snapshot()
	return Result{
		URL: objectURL(s.store, s.key), Bucket: s.store.Target.Bucket, Key: s.key, Size: want.size, CRC32C: want.crc,
		ETag: strings.Trim(info.ETag, `"`), Version: info.Version, Parts: len(s.parts), Retries: retries, Backup: s.place > 0,
		Confirmed: by,
	}
}

// dropForeign forgets the parts that the store lacks or has otherwise: a
// request that was given up can still have been carried out, after its
// successor. Where the parts can't be listed, or all agree, all are sent again.
func (s *session) dropForeign(ctx context.Context) error {
	server := map[int32]string{}
	err := s.u.retry.do(ctx, "list the parts", s.store.expireCredentials, func(ctx context.Context) error {
		parts, _, err := s.store.listParts(ctx, s.key, s.id)
		for _, p := range parts {
			server[*p.PartNumber] = *p.ETag
		}
		return err
	})
	if err != nil && !failedWith(err, kindRefused) {
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
