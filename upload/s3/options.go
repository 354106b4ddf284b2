package s3

import (
	"net"
	"net/url"
	"os"
	"strings"
	"time"
)

// Options say how to talk to the store. They hold no secret: credentials come
// from the AWS chain (environment, shared config and credentials files, web
// identity, ECS and EC2 roles). The journal keeps a copy.
type Options struct {
	Region    string `json:"region,omitempty"`     // "" for that of the AWS chain, else us-east-1
	Endpoint  string `json:"endpoint,omitempty"`   // URL of a store other than AWS
	PathStyle bool   `json:"path_style,omitempty"` // https://HOST/BUCKET/KEY and not https://BUCKET.HOST/KEY
	CAFile    string `json:"ca_file,omitempty"`    // PEM file of further root certificates
	Profile   string `json:"profile,omitempty"`    // of the shared config file

	SSE          string            `json:"sse,omitempty"`           // "", "AES256" or "aws:kms"
	KMSKeyID     string            `json:"kms_key_id,omitempty"`    // with aws:kms; "" for the account's default key
	StorageClass string            `json:"storage_class,omitempty"` // "" for the bucket's default
	Tags         map[string]string `json:"tags,omitempty"`          // of the object

	// PartSize makes all parts of this many bytes: 5 MiB to 5 GiB. 0 takes parts
	// that grow (see Plan), except for Cloudflare R2, which wants equal ones.
	PartSize int64 `json:"part_size,omitempty"`
	// NoChecksum sends no CRC32C. It need not be set for a store that refuses it:
	// that is found out. The object is then confirmed by its ETag.
	NoChecksum bool `json:"no_checksum,omitempty"`
	// Heartbeat is how often the live object beside an upload is refreshed: 0
	// for 20 s, negative for no live object. See Live.
	Heartbeat time.Duration `json:"heartbeat,omitempty"`
	// TailEvery is how often the growing last part is sent as far as it has come,
	// so that what is missing in the bucket is bounded in time too. 0 for 50 s,
	// negative for never.
	TailEvery time.Duration `json:"tail_every,omitempty"`
	// RefusalTime is how long the store may refuse a request before that counts. 0
	// for 90 s.
	RefusalTime time.Duration `json:"refusal_time,omitempty"`
	// OutageTime is how long nothing may work before another bucket is tried, where
	// there is one. 0 for 2 minutes.
	OutageTime time.Duration `json:"outage_time,omitempty"`
	// RequestTimeout is how long a request may go without moving a byte. 0 for
	// 30 s.
	RequestTimeout time.Duration `json:"request_timeout,omitempty"`
	// BackoffBase and BackoffCap bound the pauses between attempts, which are
	// drawn at random from zero to base*2^n, but never above the cap. 0 for
	// 500 ms and 30 s.
	BackoffBase time.Duration `json:"backoff_base,omitempty"`
	BackoffCap  time.Duration `json:"backoff_cap,omitempty"`
}

const (
	DefaultHeartbeat      = 20 * time.Second
	defaultTailEvery      = 50 * time.Second // and some seconds to send it: less than a minute is missing
	defaultRefusalTime    = 90 * time.Second
	defaultOutageTime     = 2 * time.Minute
	defaultRequestTimeout = 30 * time.Second
	defaultBackoffBase    = 500 * time.Millisecond
	defaultBackoffCap     = 30 * time.Second
)

// withDefaults returns o with the defaults filled in.
func (o Options) withDefaults() Options {
	setDefault(&o.Heartbeat, DefaultHeartbeat)
	setDefault(&o.TailEvery, defaultTailEvery)
	setDefault(&o.RefusalTime, defaultRefusalTime)
	setDefault(&o.OutageTime, defaultOutageTime)
	setDefault(&o.RequestTimeout, defaultRequestTimeout)
	setDefault(&o.BackoffBase, defaultBackoffBase)
	setDefault(&o.BackoffCap, defaultBackoffCap)
	if u, err := url.Parse(o.Endpoint); err == nil && o.PartSize == 0 &&
		strings.HasSuffix(u.Hostname(), ".r2.cloudflarestorage.com") {
		// R2 completes only uploads whose parts all have one size, but the last.
		o.PartSize = r2PartSize
	}
	return o
}

func setDefault(d *time.Duration, to time.Duration) {
	if *d == 0 {
		*d = to
	}
}

// Check tells what can't work, without any network. Its error is an *Error of
// ClassUsage.
func (o Options) Check() error {
	switch {
	case o.SSE != "" && o.SSE != "AES256" && o.SSE != "aws:kms":
		return Usagef("", "encryption is %q; it can be AES256 or aws:kms", o.SSE)
	case o.KMSKeyID != "" && o.SSE != "aws:kms":
		return Usagef("set the encryption to aws:kms too", "a KMS key is given, but not the encryption aws:kms")
	case o.PartSize != 0 && (o.PartSize < MinPartSize || o.PartSize > MaxPartSize):
		return Usagef("", "part size is %d bytes; it can be from 5 MiB to 5 GiB", o.PartSize)
	case len(o.Tags) > 10:
		return Usagef("", "%d tags; an object can have 10", len(o.Tags))
	case o.RequestTimeout < 0 || o.BackoffBase < 0 || o.BackoffCap < 0 || o.RefusalTime < 0 || o.OutageTime < 0:
		return Usagef("", "a time limit is negative")
	}
	for k, v := range o.Tags {
		if k == "" || len([]rune(k)) > 128 || len([]rune(v)) > 256 {
			return Usagef("", "tag %q: a name can have 1 to 128 characters, a value up to 256", k)
		}
	}
	if o.CAFile != "" {
		if _, err := os.Stat(o.CAFile); err != nil {
			return Usagef("", "certificate file: %w", err)
		}
	}
	return checkEndpoint(o.Endpoint)
}

func checkEndpoint(endpoint string) error {
	if endpoint == "" {
		return nil
	}
	const example = "for example: https://minio.example.com:9000"
	u, err := url.Parse(endpoint)
	switch {
	case err != nil:
		// The parser's error quotes the whole address, which may hold a password.
		return Usagef(example, "the endpoint is not a URL")
	case u.User != nil:
		return Usagef("credentials come from the environment or the shared config file", "the endpoint must not hold credentials")
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return Usagef(example, "the endpoint is not an http:// or https:// address")
	case u.RawQuery != "" || u.Fragment != "":
		return Usagef(example, "the endpoint must not have a query or a fragment")
	}
	return nil
}

// PlainText tells whether signatures and recordings would leave this machine
// without TLS.
func (o Options) PlainText() bool {
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Scheme != "http" || u.Hostname() == "localhost" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return ip == nil || !ip.IsLoopback()
}
