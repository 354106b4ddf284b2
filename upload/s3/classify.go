package s3

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"

	"github.com/aws/smithy-go"
)

// Kind is what to do about a failed request.
type Kind int

const (
	KindRetry       Kind = iota // an outage or a busy store: wait, try again
	KindSkew                    // the clocks differ; the SDK signs the next request by the server's
	KindExpired                 // credentials have to be read anew
	KindRefused                 // the store will go on saying no until somebody changes something
	KindVanished                // the multipart upload is gone
	KindTaken                   // there is an object with this key
	KindBadPart                 // the store has other parts than we think
	KindUnsupported             // the store lacks what was asked for
	KindLocal                   // the recording can't be read
	KindStopped                 // the caller's context ended, or the attempt became pointless
)

// byCode sorts the error codes of S3 (API reference, "Error responses") and of
// the stores that speak its protocol. What is missing here is sorted by its
// HTTP status.
var byCode = map[string]Kind{
	"InternalError": KindRetry, "SlowDown": KindRetry, "ServiceUnavailable": KindRetry, "RequestTimeout": KindRetry,
	"OperationAborted": KindRetry, "Throttling": KindRetry, "ThrottlingException": KindRetry, "TooManyRequests": KindRetry,
	"RequestThrottled": KindRetry, "RequestLimitExceeded": KindRetry, "BandwidthLimitExceeded": KindRetry,
	"ConditionalRequestConflict": KindRetry,
	// The body was damaged on its way, or the head was rewritten under our hands.
	"BadDigest": KindRetry, "IncompleteBody": KindRetry, "XAmzContentSHA256Mismatch": KindRetry, "InvalidDigest": KindRetry,

	"RequestTimeTooSkewed": KindSkew, "RequestExpired": KindSkew,
	"ExpiredToken": KindExpired, "ExpiredTokenException": KindExpired, "TokenRefreshRequired": KindExpired,

	"NoSuchUpload":       KindVanished,
	"PreconditionFailed": KindTaken,
	"InvalidPart":        KindBadPart, "InvalidPartOrder": KindBadPart, "EntityTooSmall": KindBadPart,
	"NotImplemented": KindUnsupported, "InvalidRequest": KindUnsupported, "InvalidArgument": KindUnsupported,
}

// sorted is an error that says itself what to do about it: one that is not the
// bucket's, or one that a test makes.
type sorted interface {
	error
	Kind() Kind
}

// answered is an error that came as an answer: the SDK's ResponseError.
type answered interface {
	error
	HTTPStatusCode() int
}

// Classify sorts a failed request. An error with a method Kind() Kind is what
// that says.
func Classify(err error) Kind {
	var (
		sorted   sorted
		api      smithy.APIError
		response answered
	)
	switch {
	case errors.As(err, &sorted):
		return sorted.Kind()
	case errors.Is(err, ErrStalled):
		return KindRetry
	case errors.Is(err, context.Canceled):
		return KindStopped
	case certificateError(err):
		return KindRefused
	}
	if errors.As(err, &api) {
		if k, ok := byCode[api.ErrorCode()]; ok {
			return k
		}
	}
	if !errors.As(err, &response) {
		return KindRetry // no answer at all
	}
	switch status := response.HTTPStatusCode(); {
	case status == http.StatusPreconditionFailed:
		return KindTaken
	case status == http.StatusNotImplemented:
		return KindUnsupported
	case status >= 500, status < 300, status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status == http.StatusConflict:
		return KindRetry // an answer of 200 that can't be read was cut short
	}
	return KindRefused
}

// certificateError tells a server whose certificate is not trusted from an
// outage.
func certificateError(err error) bool {
	var (
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	return errors.As(err, &verify) || errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid)
}

// Status returns the HTTP status of a failed request, 0 without an answer.
func Status(err error) int {
	var response answered
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

// Damaged tells whether the store found that the body arrived damaged.
func Damaged(err error) bool {
	c := code(err)
	return c == "BadDigest" || c == "InvalidDigest"
}

// code returns the error code of a failed request, "" without an answer.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
