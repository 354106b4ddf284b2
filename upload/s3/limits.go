package s3

// Limits of multipart uploads (Amazon S3 User Guide, "Amazon S3 multipart
// upload limits"), in bytes.
const (
	MinPartSize   = 5 << 20 // of every part but the last
	MaxPartSize   = 5 << 30
	MaxParts      = 10000
	MaxObjectSize = 5 << 40
)

// r2PartSize is the size of all parts at Cloudflare R2, bytes.
const r2PartSize = 16 << 20
