package upload

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

// The requests, each sent once. Failures are sorted out by classify.

// How a store keeps the checksum of a multipart upload.
const (
	checksumFull  = "crc32c"           // CRC32C of the whole object
	checksumParts = "crc32c-composite" // CRC32C of the parts' CRC32Cs
	checksumNone  = "none"
)

// completeLimit is how long completing may take: S3 may need minutes for
// thousands of parts (API reference, CompleteMultipartUpload).
const completeLimit = 5 * time.Minute

// create begins a multipart upload and returns its id, and how the store keeps
// the checksum.
func (s *Store) create(ctx context.Context, key, contentType string, metadata map[string]string, checksum string) (id, kept string, err error) {
	in := &s3.CreateMultipartUploadInput{Bucket: &s.Target.Bucket, Key: &key, ContentType: &contentType, Metadata: metadata}
	if checksum != checksumNone {
		in.ChecksumAlgorithm, in.ChecksumType = types.ChecksumAlgorithmCrc32c, types.ChecksumTypeFullObject
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
	err = s.once(ctx, s.Options.RequestTimeout, func(ctx context.Context, _ func()) error {
		out, err := s.client.CreateMultipartUpload(ctx, in)
		if err != nil {
			return err
		}
		if id = aws.ToString(out.UploadId); id == "" {
			return errors.New("the store gave no upload id")
		}
		switch {
		case checksum == checksumNone:
			kept = checksumNone
		case out.ChecksumType == types.ChecksumTypeFullObject:
			kept = checksumFull
		default:
			kept = checksumParts
		}
		return nil
	})
	return id, kept, err
}

// body reads a part from the file and reports each read.
type body struct {
	*io.SectionReader
	touch func()
}

func (b body) Read(p []byte) (int, error) {
	b.touch()
	return b.SectionReader.Read(p)
}

// uploadPart sends one part, which it reads from file, and returns its ETag.
func (s *Store) uploadPart(ctx context.Context, key, id, checksum string, part partSum, section *io.SectionReader) (etag string, err error) {
	err = s.once(ctx, s.Options.RequestTimeout, func(ctx context.Context, touch func()) error {
		in := &s3.UploadPartInput{
			Bucket: &s.Target.Bucket, Key: &key, UploadId: &id, PartNumber: &part.Number,
			ContentLength: &part.Size, Body: body{section, touch},
		}
		if checksum != checksumNone {
			in.ChecksumCRC32C = aws.String(encodeCRC(part.CRC))
		}
		out, err := s.client.UploadPart(ctx, in)
		if err != nil {
			return err
		}
		etag = aws.ToString(out.ETag)
		return nil
	})
	return etag, err
}

// listParts returns all parts that the store has, and how it keeps their
// checksum.
func (s *Store) listParts(ctx context.Context, key, id string) (parts []types.Part, checksum string, err error) {
	var marker *string
	for {
		var out *s3.ListPartsOutput
		err := s.once(ctx, s.Options.RequestTimeout, func(ctx context.Context, _ func()) error {
			out, err = s.client.ListParts(ctx, &s3.ListPartsInput{Bucket: &s.Target.Bucket, Key: &key, UploadId: &id, PartNumberMarker: marker})
			return err
		})
		if err != nil {
			return nil, "", err
		}
		switch {
		case out.ChecksumAlgorithm != types.ChecksumAlgorithmCrc32c:
			checksum = checksumNone
		case out.ChecksumType == types.ChecksumTypeFullObject:
			checksum = checksumFull
		default:
			checksum = checksumParts
		}
		parts = append(parts, out.Parts...)
		if !aws.ToBool(out.IsTruncated) || len(out.Parts) == 0 {
			return parts, checksum, nil
		}
		marker = out.NextPartNumberMarker
	}
}

// completion is an upload that is ready to be completed.
type completion struct {
	key, id  string
	checksum string
	parts    []partSum // in order
	size     int64
	plain    bool // without conditions, for a store that refuses them
}

// complete turns the parts into the object, and returns what the store says of
// it. It never replaces an object: the answer is 412 when there is one
// (If-None-Match: *, RFC 9110, 13.1.2).
func (s *Store) complete(ctx context.Context, c completion) (objectInfo, error) {
	parts := make([]types.CompletedPart, len(c.parts))
	for i, p := range c.parts {
		parts[i] = types.CompletedPart{PartNumber: aws.Int32(p.Number), ETag: aws.String(p.ETag)}
		if c.checksum != checksumNone {
			parts[i].ChecksumCRC32C = aws.String(encodeCRC(p.CRC))
		}
	}
	in := &s3.CompleteMultipartUploadInput{
		Bucket: &s.Target.Bucket, Key: &c.key, UploadId: &c.id,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	}
	if c.checksum == checksumFull {
		in.ChecksumCRC32C, in.ChecksumType = aws.String(encodeCRC(wholeCRC(c.parts))), types.ChecksumTypeFullObject
	}
	if !c.plain {
		in.IfNoneMatch, in.MpuObjectSize = aws.String("*"), &c.size
	}
	var info objectInfo
	err := s.once(ctx, max(completeLimit, s.Options.RequestTimeout), func(ctx context.Context, _ func()) error {
		out, err := s.client.CompleteMultipartUpload(ctx, in)
		if err != nil {
			return err
		}
		// The size is not in the answer; the store was told to check it.
		info = objectInfo{Size: c.size, ETag: aws.ToString(out.ETag), CRC32C: aws.ToString(out.ChecksumCRC32C), Version: aws.ToString(out.VersionId)}
		return nil
	})
	return info, err
}

func (s *Store) abort(ctx context.Context, key, id string) error {
	return s.once(ctx, s.Options.RequestTimeout, func(ctx context.Context, _ func()) error {
		_, err := s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.Target.Bucket, Key: &key, UploadId: &id})
		return err
	})
}

// objectInfo is what a store says of an object.
type objectInfo struct {
	Size     int64
	ETag     string
	CRC32C   string // base64; of the parts' checksums when "-N" follows
	Google   string // x-goog-hash's crc32c: Google Cloud Storage has it for every object
	Version  string
	Metadata map[string]string
	Modified time.Time // by the server's clock
	Now      time.Time // of the answer, by the server's clock
}

// head looks at an object. Now is set even when there is none.
func (s *Store) head(ctx context.Context, key string) (objectInfo, error) {
	var info objectInfo
	err := s.once(ctx, s.Options.RequestTimeout, func(ctx context.Context, _ func()) error {
		out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.Target.Bucket, Key: &key, ChecksumMode: types.ChecksumModeEnabled})
		if err != nil {
			info.Now = answeredAt(err)
			return err
		}
		info = objectInfo{
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

// put writes a small object.
func (s *Store) put(ctx context.Context, key, contentType string, metadata map[string]string, data []byte) error {
	in := &s3.PutObjectInput{
		Bucket: &s.Target.Bucket, Key: &key, ContentType: &contentType, Metadata: metadata,
		ContentLength: aws.Int64(int64(len(data))), Body: bytes.NewReader(data),
	}
	if !s.Options.NoChecksum {
		in.ChecksumCRC32C = aws.String(encodeCRC(crc32.Checksum(data, crcTable)))
	}
	if s.Options.SSE != "" {
		in.ServerSideEncryption = types.ServerSideEncryption(s.Options.SSE)
	}
	if s.Options.KMSKeyID != "" {
		in.SSEKMSKeyId = &s.Options.KMSKeyID
	}
	return s.once(ctx, s.Options.RequestTimeout, func(ctx context.Context, _ func()) error {
		_, err := s.client.PutObject(ctx, in)
		return err
	})
}

func (s *Store) delete(ctx context.Context, key string) error {
	return s.once(ctx, s.Options.RequestTimeout, func(ctx context.Context, _ func()) error {
		_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.Target.Bucket, Key: &key})
		return err
	})
}

// listUploads returns the unfinished multipart uploads under a prefix.
func (s *Store) listUploads(ctx context.Context, prefix string) ([]types.MultipartUpload, error) {
	var (
		all         []types.MultipartUpload
		key, upload *string
	)
	for {
		var out *s3.ListMultipartUploadsOutput
		err := s.once(ctx, s.Options.RequestTimeout, func(ctx context.Context, _ func()) error {
			var err error
			out, err = s.client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{
				Bucket: &s.Target.Bucket, Prefix: &prefix, KeyMarker: key, UploadIdMarker: upload,
			})
			return err
		})
		if err != nil {
			return nil, err
		}
		all = append(all, out.Uploads...)
		if !aws.ToBool(out.IsTruncated) || len(out.Uploads) == 0 {
			return all, nil
		}
		key, upload = out.NextKeyMarker, out.NextUploadIdMarker
	}
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
