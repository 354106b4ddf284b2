package s3

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Listed is a part as the store tells of it. What it does not tell is zero.
type Listed struct {
	Number   int32
	Size     int64
	ETag     string
	CRC32C   string // base64
	Modified time.Time
}

// ListParts returns all parts that the store has, and how it keeps their
// checksum.
func (s *Store) ListParts(ctx context.Context, key, id string) (parts []Listed, checksum string, err error) {
	var marker *string
	for {
		var out *s3.ListPartsOutput
		err := s.once(ctx, s.Options.RequestTimeout, func(ctx context.Context, _ func(bool)) error {
			out, err = s.client.ListParts(ctx, &s3.ListPartsInput{Bucket: &s.Target.Bucket, Key: &key, UploadId: &id, PartNumberMarker: marker})
			return err
		})
		if err != nil {
			return nil, "", err
		}
		switch {
		case out.ChecksumAlgorithm != types.ChecksumAlgorithmCrc32c:
			checksum = ChecksumNone
		case out.ChecksumType == types.ChecksumTypeFullObject:
			checksum = ChecksumFull
		default:
			checksum = ChecksumParts
		}
		for _, p := range out.Parts {
			parts = append(parts, Listed{
				Number: aws.ToInt32(p.PartNumber), Size: aws.ToInt64(p.Size), ETag: aws.ToString(p.ETag),
				CRC32C: aws.ToString(p.ChecksumCRC32C), Modified: aws.ToTime(p.LastModified),
			})
		}
		if !aws.ToBool(out.IsTruncated) || len(out.Parts) == 0 {
			return parts, checksum, nil
		}
		marker = out.NextPartNumberMarker
	}
}

// Unfinished is a multipart upload that was neither completed nor removed.
type Unfinished struct {
	Key, ID   string
	Initiated time.Time
}

// ListUploads returns the unfinished multipart uploads under a prefix.
func (s *Store) ListUploads(ctx context.Context, prefix string) ([]Unfinished, error) {
	var (
		all         []Unfinished
		key, upload *string
	)
	for {
		var out *s3.ListMultipartUploadsOutput
		err := s.once(ctx, s.Options.RequestTimeout, func(ctx context.Context, _ func(bool)) error {
			var err error
			out, err = s.client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{
				Bucket: &s.Target.Bucket, Prefix: &prefix, KeyMarker: key, UploadIdMarker: upload,
			})
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, u := range out.Uploads {
			all = append(all, Unfinished{aws.ToString(u.Key), aws.ToString(u.UploadId), aws.ToTime(u.Initiated)})
		}
		if !aws.ToBool(out.IsTruncated) || len(out.Uploads) == 0 {
			return all, nil
		}
		key, upload = out.NextKeyMarker, out.NextUploadIdMarker
	}
}
