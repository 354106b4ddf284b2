package upload

import (
	"context"
	"encoding/hex"
	"strings"

	"beam/upload/s3"
)

// resume compares what the store has with the file, and keeps the parts that
// agree. done is true when the object turns out to be complete already: the
// crash came between completing and removing the journal.
func (s *session) resume(ctx context.Context) (result Result, done bool, err error) {
	size, _ := s.u.extent()
	local, err := s.sums(ctx, size)
	if err != nil {
		return Result{}, false, err
	}
	var (
		server   []s3.Listed
		checksum string
	)
	err = s.u.retry.ask(ctx, "list the parts", s.store.ExpireCredentials, func(ctx context.Context) error {
		server, checksum, err = s.store.ListParts(ctx, s.key, s.id)
		return err
	})
	switch {
	case failedWith(err, s3.KindVanished):
		found, _, lookErr := s.look(ctx, expect(local))
		if lookErr != nil || found.URL != "" {
			found.Parts = len(local)
			return found, lookErr == nil, lookErr
		}
		return Result{}, false, errVanished
	case failedWith(err, s3.KindRefused), lacks(err):
		// Listing is not allowed, or unknown: believe the journal.
		checksum = s.resumed.Checksum
		for n, p := range s.resumed.Parts {
			server = append(server, s3.Listed{Number: n, Size: p.Size, ETag: p.ETag, CRC32C: s3.EncodeCRC(p.CRC)})
		}
	case err != nil:
		return Result{}, false, err
	}
	s.checksum = checksum
	if s.resumed.Checksum == s3.ChecksumNone {
		s.checksum = s3.ChecksumNone
	}
	for _, p := range server {
		n := p.Number
		if n < 1 || int(n) > len(local) {
			continue
		}
		have := local[n-1]
		have.ETag = p.ETag
		if agrees(have, p, s.resumed.Parts[n]) {
			s.parts[n] = have
		}
	}
	s.u.config.Log.Info("the upload goes on where it was interrupted", "parts", len(s.parts), "of", len(local))
	s.resumed = nil
	s.count()
	return Result{}, false, nil
}

// agrees tells whether a part in the bucket holds the bytes of the file: by its
// checksum, or by what the journal noted for this ETag, or by the ETag, where it is
// the MD5.
func agrees(local partSum, server s3.Listed, noted partSum) bool {
	switch {
	case server.Size != local.Size:
		return false
	case server.CRC32C != "":
		return server.CRC32C == s3.EncodeCRC(local.CRC)
	case sameETag(noted.ETag, server.ETag) && noted.Number == local.Number:
		return noted.CRC == local.CRC
	}
	return strings.EqualFold(strings.Trim(server.ETag, `"`), hex.EncodeToString(local.MD5[:]))
}

// sums reads the whole file and returns its parts.
func (s *session) sums(ctx context.Context, size int64) ([]partSum, error) {
	plan := planOf(s.store)
	count, err := plan.Count(size)
	if err != nil {
		return nil, &localError{err}
	}
	parts := make([]partSum, 0, count)
	for n := int32(1); n <= count; n++ {
		part := s.partFor(n, size, true)
		section, closeFile, err := openSection(s.u.config.open, s.u.config.File, plan.Offset(n), part.Size)
		if err != nil {
			return nil, err
		}
		part.CRC, part.MD5, err = sum(ctx, section, part.Size)
		closeFile()
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, nil
}
