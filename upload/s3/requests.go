package s3

import (
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// The requests. Failures are sorted out by Classify.

// completeLimit is how long completing may take: S3 may need minutes for
// thousands of parts (API reference, CompleteMultipartUpload).
const completeLimit = 5 * time.Minute

// Create begins a multipart upload and returns its id, and how the store keeps
// the checksum: one of the constants.
func (s *Store) Create(ctx context.Context, key, contentType string, metadata map[string]string, checksum string) (id, kept string, err error) {
	in := &s3.CreateMultipartUploadInput{Bucket: &s.Target.Bucket, Key: &key, ContentType: &contentType, Metadata: metadata}
	switch checksum {
	case ChecksumFull:
		in.ChecksumAlgorithm, in.ChecksumType = types.ChecksumAlgorithmCrc32c, types.ChecksumTypeFullObject
	case ChecksumParts:
		in.ChecksumAlgorithm, in.ChecksumType = types.ChecksumAlgorithmCrc32c, types.ChecksumTypeComposite
	}
	if s.Options.SSE != "" {
		in.ServerSideEncryption = types.ServerSideEncryption(s.Options.SSE)
	}
	if s.Options.KMSKeyID != "" {
		in.SSEKMSKeyId = &s.Options.KMSKeyID
	}
	if s.Options.StorageClass != "" {
		in.StorageClass = types.StorageClass(s.Options.StorageClass)
	}
	if len(s.Options.Tags) > 0 {
		tags := url.Values{}
		for k, v := range s.Options.Tags {
			tags.Set(k, v)
		}
		in.Tagging = aws.String(tags.Encode())
	}
	err = s.once(ctx, s.Options.RequestTimeout, func(ctx context.Context, _ func(bool)) error {
		out, err := s.client.CreateMultipartUpload(ctx, in)
		if err != nil {
			return err
		}
		if id = aws.ToString(out.UploadId); id == "" {
			return errors.New("the store gave no upload id")
		}
		switch {
		case checksum == ChecksumNone:
			kept = ChecksumNone
		case out.ChecksumType == types.ChecksumTypeFullObject:
			kept = ChecksumFull
		default:
			kept = ChecksumParts
		}
		return nil
	})
	return id, kept, err
}

// Part is one part of a multipart upload, as it is sent.
type Part struct {
	Number int32  // from 1
	Size   int64  // bytes
	CRC    uint32 // CRC32C
	ETag   string // as the store gave it, with its quotes
}

// body reads a part from the file and reports each read.
type body struct {
	*io.SectionReader
	touch func(sent bool)
	left  int64 // bytes to be read
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.SectionReader.Read(p)
	b.left -= int64(n)
	b.touch(b.left <= 0)
	return n, err
}

// UploadPart sends one part, which it reads from section, and returns its ETag.
// The part's own ETag is not looked at.
func (s *Store) UploadPart(ctx context.Context, key, id, checksum string, part Part, section *io.SectionReader) (etag string, err error) {
	err = s.once(ctx, s.Options.RequestTimeout, func(ctx context.Context, touch func(bool)) error {
		in := &s3.UploadPartInput{
			Bucket: &s.Target.Bucket, Key: &key, UploadId: &id, PartNumber: &part.Number,
			ContentLength: &part.Size, Body: &body{section, touch, part.Size},
		}
		if checksum != ChecksumNone {
			in.ChecksumCRC32C = aws.String(EncodeCRC(part.CRC))
		}
		out, err := s.client.UploadPart(ctx, in)
		switch {
		case err != nil && checksum != ChecksumNone && blamesChecksum(err):
			return &checksumError{err}
		case err != nil:
			return err
		}
		etag = aws.ToString(out.ETag)
		return nil
	})
	return etag, err
}

// Completion is an upload that is ready to be completed.
type Completion struct {
	Key, ID  string
	Checksum string // how the store keeps it
	Parts    []Part // in order
	Size     int64  // of the whole, bytes
	CRC      uint32 // CRC32C of the whole
	Plain    bool   // without conditions, for a store that refuses them
}

// Complete turns the parts into the object, and returns what the store says of
// it. It never replaces an object: the answer is 412 when there is one
// (If-None-Match: *, RFC 9110, 13.1.2).
func (s *Store) Complete(ctx context.Context, c Completion) (ObjectInfo, error) {
	parts := make([]types.CompletedPart, len(c.Parts))
	for i, p := range c.Parts {
		parts[i] = types.CompletedPart{PartNumber: aws.Int32(p.Number), ETag: aws.String(p.ETag)}
		if c.Checksum != ChecksumNone {
			parts[i].ChecksumCRC32C = aws.String(EncodeCRC(p.CRC))
		}
	}
	in := &s3.CompleteMultipartUploadInput{
		Bucket: &s.Target.Bucket, Key: &c.Key, UploadId: &c.ID,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	}
	if c.Checksum == ChecksumFull {
		in.ChecksumCRC32C, in.ChecksumType = aws.String(EncodeCRC(c.CRC)), types.ChecksumTypeFullObject
	}
	if !c.Plain {
		in.IfNoneMatch, in.MpuObjectSize = aws.String("*"), &c.Size
	}
	var info ObjectInfo
	err := s.once(ctx, max(completeLimit, s.Options.RequestTimeout), func(ctx context.Context, _ func(bool)) error {
		out, err := s.client.CompleteMultipartUpload(ctx, in)
		if err != nil {
			return err
		}
		// The size is not in the answer; the store was told to check it.
		info = ObjectInfo{Size: c.Size, ETag: aws.ToString(out.ETag), CRC32C: aws.ToString(out.ChecksumCRC32C), Version: aws.ToString(out.VersionId)}
		return nil
	})
	return info, err
}

// Abort removes a multipart upload and its parts, with a few attempts.
func (s *Store) Abort(ctx context.Context, key, id string) error {
	return s.again(ctx, func() error {
		return s.once(ctx, s.Options.RequestTimeout, func(ctx context.Context, _ func(bool)) error {
			_, err := s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.Target.Bucket, Key: &key, UploadId: &id})
			return err
		})
	})
}

// ObjectInfo is what a store says of an object.
type ObjectInfo struct {
	Size     int64
	ETag     string
	CRC32C   string // base64; of the parts' checksums when "-N" follows
	Google   string // x-goog-hash's crc32c: Google Cloud Storage has it for every object
	Version  string
	Metadata map[string]string
	Modified time.Time // by the server's clock
	Now      time.Time // of the answer, by the server's clock
}

// Head looks at an object. Now is set even when there is none.
func (s *Store) Head(ctx context.Context, key string) (ObjectInfo, error) {
	var info ObjectInfo
	err := s.once(ctx, s.Options.RequestTimeout, func(ctx context.Context, _ func(bool)) error {
		out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.Target.Bucket, Key: &key, ChecksumMode: types.ChecksumModeEnabled})
		if err != nil {
			info.Now = answeredAt(err)
			return err
		}
		info = ObjectInfo{
			Size: aws.ToInt64(out.ContentLength), ETag: aws.ToString(out.ETag), CRC32C: aws.ToString(out.ChecksumCRC32C),
			Version: aws.ToString(out.VersionId), Metadata: out.Metadata, Modified: aws.ToTime(out.LastModified),
		}
		if now, ok := awsmiddleware.GetServerTime(out.ResultMetadata); ok {
			info.Now = now
		}
		if raw, ok := awsmiddleware.GetRawResponse(out.ResultMetadata).(*smithyhttp.Response); ok {
			info.Google = googleCRC(raw.Header.Values("X-Goog-Hash"))
		}
		return nil
	})
	return info, err
}

// PutOnce writes a small object, once with a checksum that the store takes.
func (s *Store) PutOnce(ctx context.Context, key, contentType string, metadata map[string]string, data []byte) error {
	_, err := s.checksums.Try(func(checksum string) error { return s.putWith(ctx, checksum, key, contentType, metadata, data) })
	return err
}

func (s *Store) putWith(ctx context.Context, checksum, key, contentType string, metadata map[string]string, data []byte) error {
	in := &s3.PutObjectInput{
		Bucket: &s.Target.Bucket, Key: &key, ContentType: &contentType, Metadata: metadata,
		ContentLength: aws.Int64(int64(len(data))), Body: bytes.NewReader(data),
	}
	if checksum != ChecksumNone {
		in.ChecksumCRC32C = aws.String(EncodeCRC(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))))
	}
	if s.Options.SSE != "" {
		in.ServerSideEncryption = types.ServerSideEncryption(s.Options.SSE)
	}
	if s.Options.KMSKeyID != "" {
		in.SSEKMSKeyId = &s.Options.KMSKeyID
	}
	return s.once(ctx, s.Options.RequestTimeout, func(ctx context.Context, _ func(bool)) error {
		_, err := s.client.PutObject(ctx, in)
		return err
	})
}

// Delete deletes an object, with a few attempts.
func (s *Store) Delete(ctx context.Context, key string) error {
	return s.again(ctx, func() error {
		return s.once(ctx, s.Options.RequestTimeout, func(ctx context.Context, _ func(bool)) error {
			_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.Target.Bucket, Key: &key})
			return err
		})
	})
}

// answeredAt returns the server's time of a refusal, zero without an answer.
func answeredAt(err error) time.Time {
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) || response.Response == nil {
		return time.Time{}
	}
	at, err := http.ParseTime(response.Response.Header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return at
}
