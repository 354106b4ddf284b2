package uploadtest

import (
	"net/http"
	"time"
)

// Habits are what a store does otherwise than Amazon S3. The zero Habits are S3's
// own. Each is documented by the store, or was seen by its users; where, is said
// in Stores.
type Habits struct {
	RefuseChecksum  map[Op]bool // requests that carry a checksum, or ask for one, are refused
	RefuseStatus    int         // 501 with NotImplemented (0), or 400 with InvalidArgument
	CompositeOnly   bool        // CRC32C is taken for the parts only, not for the whole object
	ForgetChecksum  bool        // checksums are taken, and never told
	OpaqueETags     bool        // ETags are no MD5
	RefuseCondition bool        // If-None-Match is answered by 501
	IgnoreCondition bool        // If-None-Match changes nothing
	NoListParts     bool        // ListParts is denied
	NoLists         bool        // ListParts and ListMultipartUploads are not known
	BareETags       bool        // ETags have no quotes
	NoRead          bool        // HeadObject is denied
	NoDelete        bool        // DeleteObject is denied, but for keys that end like the live object's
	EqualParts      bool        // all parts but the last have to have one size when the upload is completed
	LateError       int         // so often, completing answers 200 and white space, and then an error in the body
	SlowComplete    time.Duration
	Busy            int // of so many requests one is answered by 503
	Token           func() string
}

// Named is a store with its habits.
type Named struct {
	Name   string
	Habits Habits
	// Expect is what a recording is confirmed by.
	Expect string
	// Source is where the habit is described.
	Source string
}

// Stores returns the habits that are documented of stores, one or more each.
func Stores() []Named {
	all := map[Op]bool{OpCreate: true, OpPart: true, OpComplete: true, OpPut: true}
	return []Named{
		{"Amazon S3", Habits{}, "crc32c", "S3 User Guide, Checking object integrity"},
		{"CRC32C refused by 501", Habits{RefuseChecksum: all}, "etag", "f2face/cloudflare-r2 #12"},
		{"Backblaze B2: CRC32C refused by 400", Habits{RefuseChecksum: all, RefuseStatus: http.StatusBadRequest}, "etag", "B2 docs, S3-Compatible API, Unsupported features; stonith404/pingvin-share #798"},
		{"CRC32C refused at a part", Habits{RefuseChecksum: map[Op]bool{OpPart: true}, ForgetChecksum: true}, "etag", "aws/aws-sdk-js-v3 #6810, VictoriaMetrics #8622"},
		{"CRC32C refused at the end", Habits{RefuseChecksum: map[Op]bool{OpComplete: true}, ForgetChecksum: true}, "etag", "none known; the third place where a checksum is sent"},
		{"Cloudflare R2", Habits{CompositeOnly: true, EqualParts: true}, "crc32c", "R2 docs, S3 API compatibility (CRC32C is COMPOSITE only) and Upload objects (parts of one size)"},
		{"no checksum told", Habits{ForgetChecksum: true}, "etag", "stores older than S3's checksums of 2022 ignore headers that they don't know"},
		{"ETags that are no MD5", Habits{ForgetChecksum: true, OpaqueETags: true}, "size", "S3 API reference, Object, ETag (KMS); s3fs-fuse #486, seaweedfs #1895, treeverse/lakeFS #2656"},
		{"no If-None-Match", Habits{RefuseCondition: true, ForgetChecksum: true}, "etag", "Google Cloud Storage docs, XML API, preconditions: x-goog-if-generation-match instead"},
		{"If-None-Match without effect", Habits{IgnoreCondition: true}, "crc32c", "S3 has conditional writes since 2024; what is older ignores the header"},
		{"no ListParts", Habits{NoListParts: true}, "crc32c", "a policy without s3:ListMultipartUploadParts"},
		{"no lists", Habits{NoLists: true}, "crc32c", "gaul/s3proxy #118, Robothy/local-s3 #66; s3rver 3.7.1, which was tried"},
		{"ETags without quotes", Habits{BareETags: true, ForgetChecksum: true}, "etag", "versity/versitygw #2217 (Azure), rejected unless sent as given: getmoto/moto #1513"},
		{"no reading", Habits{NoRead: true}, "answer", "a policy that only writes"},
		{"no deleting", Habits{NoDelete: true}, "crc32c", "the smallest policy below"},
		{"an error in a 200", Habits{LateError: 2}, "crc32c", "S3 API reference, CompleteMultipartUpload: a 200 can hold an error"},
		{"slow to complete", Habits{SlowComplete: 1500 * time.Millisecond}, "crc32c", "S3 API reference, CompleteMultipartUpload: minutes, white space meanwhile"},
		{"busy", Habits{Busy: 4}, "crc32c", "S3 User Guide, Best practices design patterns: 503 Slow Down"},
	}
}
