package s3

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Store is a target that can be talked to. It is safe for concurrent use.
// Close it when nothing uses it any more.
type Store struct {
	Target  Target
	Options Options // with the defaults filled in

	client      *s3.Client
	region      string
	transport   *http.Transport
	credentials *aws.CredentialsCache
	checksums   *Ladder
	log         *slog.Logger
}

// Open prepares a target for use. It reads the shared config files but sends
// nothing. Its error is an *Error of ClassUsage.
func Open(ctx context.Context, target Target, options Options, log *slog.Logger) (*Store, error) {
	if err := options.Check(); err != nil {
		return nil, err
	}
	options = options.withDefaults()
	transport, err := newTransport(options.CAFile)
	if err != nil {
		return nil, err
	}
	load := []func(*config.LoadOptions) error{
		// The SDK would log to stderr, past our logger.
		config.WithLogger(logging.Nop{}),
	}
	if options.Region != "" {
		load = append(load, config.WithRegion(options.Region))
	}
	if options.Profile != "" {
		load = append(load, config.WithSharedConfigProfile(options.Profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, &Error{Class: ClassUsage, Op: "read the aws configuration", Err: err, Hint: "check AWS_PROFILE and the files in ~/.aws"}
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	if options.Endpoint == "" {
		// AWS_ENDPOINT_URL and the like; what is known of stores is to hold there too.
		if base := s3.NewFromConfig(cfg).Options().BaseEndpoint; base != nil {
			if err := checkEndpoint(*base); err != nil {
				return nil, err
			}
			options.Endpoint = *base
			options = options.withDefaults()
		}
	}
	s := &Store{
		Target: target, Options: options, region: cfg.Region, transport: transport, log: log,
		credentials: aws.NewCredentialsCache(readAnew(load)), checksums: NewLadder(options.NoChecksum, log),
	}
	s.client = s.newClient(cfg)
	return s, nil
}

func (s *Store) newClient(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.Credentials = s.credentials
		// Attempts are made by the caller, who outlasts outages. Those of the
		// credentials' own clients stay the SDK's.
		o.Retryer = aws.NopRetryer{}
		o.HTTPClient = &http.Client{
			Transport: s.transport,
			// S3's redirects name another region; following them breaks the signature.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
		o.UsePathStyle = s.Options.PathStyle
		// The checksums are ours; the SDK's own would be sent as a trailer, which
		// stores other than AWS often refuse.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		if s.Options.Endpoint != "" {
			o.BaseEndpoint = aws.String(s.Options.Endpoint)
			o.APIOptions = append(o.APIOptions, dropAcceptEncoding)
		}
	})
}

// dropAcceptEncoding takes Accept-Encoding away before the request is signed:
// Google's and other front ends change that header, which breaks a signature
// over it. Nothing here needs a compressed answer.
func dropAcceptEncoding(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("DropAcceptEncoding",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			if request, ok := in.Request.(*smithyhttp.Request); ok {
				request.Header.Del("Accept-Encoding")
			}
			return next.HandleFinalize(ctx, in)
		}), "Signing", middleware.Before)
}

// Close closes idle connections.
func (s *Store) Close() { s.transport.CloseIdleConnections() }

// Log returns the logger that the store was opened with.
func (s *Store) Log() *slog.Logger { return s.log }

// Region returns the region that requests are signed for.
func (s *Store) Region() string { return s.region }

// At returns the target.
func (s *Store) At() Target { return s.Target }

// Checksums returns which checksum the store takes.
func (s *Store) Checksums() *Ladder { return s.checksums }

// Settings returns the options, with the defaults filled in.
func (s *Store) Settings() Options { return s.Options }

// Host returns the host that requests go to, for messages.
func (s *Store) Host() string {
	if u, err := url.Parse(s.Options.Endpoint); err == nil && u.Host != "" {
		return u.Host
	}
	return "s3." + s.region + ".amazonaws.com"
}

// once runs one request. It ends the request when touch has not been called for
// the time limit; bodies call it with each read, and with sent once all has been
// read: some stores copy what they got before they answer.
func (s *Store) once(ctx context.Context, limit time.Duration, request func(ctx context.Context, touch func(sent bool)) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(limit, func() { cancel(ErrStalled) })
	defer timer.Stop()
	err := request(ctx, func(sent bool) {
		if sent {
			timer.Reset(answerFactor * limit)
		} else {
			timer.Reset(limit)
		}
	})
	if err != nil && errors.Is(context.Cause(ctx), ErrStalled) {
		return ErrStalled
	}
	return err
}

// answerFactor is how much longer a store may take for its answer than for any
// byte before.
const answerFactor = 4

// Reached is what a bucket said to a first request.
type Reached struct {
	Region string    // of the bucket; "" when it was not told
	At     time.Time // the server's clock; zero without an answer
}

// Reach tries to reach the bucket. A HEAD request has no body, so its refusals
// say little: even 404 can be about the key id.
func (s *Store) Reach(ctx context.Context) (Reached, error) {
	var r Reached
	err := s.once(ctx, s.Options.RequestTimeout, func(ctx context.Context, _ func(bool)) error {
		out, err := s.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &s.Target.Bucket})
		if err != nil {
			r.At = answeredAt(err)
			return err
		}
		r.Region = aws.ToString(out.BucketRegion)
		r.At, _ = awsmiddleware.GetServerTime(out.ResultMetadata)
		return nil
	})
	return r, err
}
