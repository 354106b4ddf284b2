package upload

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"os"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// kind is what to do about a failed request.
type kind int

const (
	kindRetry       kind = iota // an outage or a busy store: wait, try again
	kindSkew                    // the clocks differ; the SDK signs the next request by the server's
	kindExpired                 // credentials have to be read anew
	kindRefused                 // the store will go on saying no until somebody changes something
	kindVanished                // the multipart upload is gone
	kindTaken                   // there is an object with this key
	kindBadPart                 // the store has other parts than we think
	kindUnsupported             // the store lacks what was asked for
	kindLocal                   // the recording can't be read
	kindStopped                 // the caller's context ended, or the attempt became pointless
)

// byCode sorts the error codes of S3 (API reference, "Error responses") and of
// the stores that speak its protocol. What is missing here is sorted by its
// HTTP status.
var byCode = map[string]kind{
	"InternalError": kindRetry, "SlowDown": kindRetry, "ServiceUnavailable": kindRetry, "RequestTimeout": kindRetry,
	"OperationAborted": kindRetry, "Throttling": kindRetry, "ThrottlingException": kindRetry, "TooManyRequests": kindRetry,
	"RequestThrottled": kindRetry, "RequestLimitExceeded": kindRetry, "BandwidthLimitExceeded": kindRetry,
	"ConditionalRequestConflict": kindRetry,
	// The body was damaged on its way, or the head was rewritten under our hands.
	"BadDigest": kindRetry, "IncompleteBody": kindRetry, "XAmzContentSHA256Mismatch": kindRetry, "InvalidDigest": kindRetry,

	"RequestTimeTooSkewed": kindSkew, "RequestExpired": kindSkew,
	"ExpiredToken": kindExpired, "ExpiredTokenException": kindExpired, "TokenRefreshRequired": kindExpired,

	"NoSuchUpload":       kindVanished,
	"PreconditionFailed": kindTaken,
	"InvalidPart":        kindBadPart, "InvalidPartOrder": kindBadPart, "EntityTooSmall": kindBadPart,
	"NotImplemented": kindUnsupported, "InvalidRequest": kindUnsupported, "InvalidArgument": kindUnsupported,
}

// classify sorts a failed request.
func classify(err error) kind {
	var (
		local    *localError
		api      smithy.APIError
		response *smithyhttp.ResponseError
	)
	switch {
	case errors.As(err, &local), errors.Is(err, os.ErrNotExist):
		return kindLocal
	case errors.Is(err, errStalled):
		return kindRetry
	case errors.Is(err, errStale), errors.Is(err, context.Canceled):
		return kindStopped
	case certificateError(err):
		return kindRefused
	}
	if errors.As(err, &api) {
		if k, ok := byCode[api.ErrorCode()]; ok {
			return k
		}
	}
	if !errors.As(err, &response) {
		return kindRetry // no answer at all
	}
	switch status := response.HTTPStatusCode(); {
	case status == http.StatusPreconditionFailed:
		return kindTaken
	case status == http.StatusNotImplemented:
		return kindUnsupported
	case status >= 500, status < 300, status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status == http.StatusConflict:
		return kindRetry // an answer of 200 that can't be read was cut short
	}
	return kindRefused
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

// status returns the HTTP status of a failed request, 0 without an answer.
func status(err error) int {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

// code returns the error code of a failed request, "" without an answer.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
