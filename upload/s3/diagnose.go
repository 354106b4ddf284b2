package s3

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	smithy "github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Finding is what a failed request means to the person who set up the bucket.
type Finding struct {
	Code   string // see the constants
	Detail string // one line, lower case
	Hint   string // what to change
}

// The codes of findings.
const (
	FindNoCredentials = "no-credentials"
	FindKeyID         = "bad-key-id"
	FindSecret        = "bad-secret"
	FindClock         = "clock-skew"
	FindExpired       = "expired-token"
	FindToken         = "bad-token"
	FindNoBucket      = "no-such-bucket"
	FindRegion        = "wrong-region"
	FindDenied        = "denied"
	FindKMS           = "kms"
	FindTLS           = "tls"
	FindDNS           = "dns"
	FindUnreachable   = "unreachable"
	FindBusy          = "busy"
	FindOther         = "other"
)

var (
	expectingRegion = regexp.MustCompile(`expecting ['"]([a-z0-9-]+)['"]`)
	neededAction    = regexp.MustCompile(`not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)`)
)

// Diagnose says what a failed request means. It is pure, and puts nothing into
// its lines that the store or the network has not said, and no secret.
func (s *Store) Diagnose(err error) Finding {
	message := ""
	var api smithy.APIError
	if errors.As(err, &api) {
		message = api.ErrorMessage()
	}
	switch c := code(err); c {
	case "InvalidAccessKeyId", "XAdminUserNotFound": // the latter is Versity's
		return Finding{FindKeyID, "the store does not know the access key id",
			"check AWS_ACCESS_KEY_ID, and that the key belongs to this store and is active"}
	case "SignatureDoesNotMatch":
		return Finding{FindSecret, "the secret key does not belong to the access key id",
			"check AWS_SECRET_ACCESS_KEY: a character is missing or one too many; a proxy that changes the Host header has the same effect"}
	case "RequestTimeTooSkewed", "RequestExpired":
		return Finding{FindClock, "the clock of this machine differs too much from the store's", "set the clock: timedatectl set-ntp true"}
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
		return Finding{FindExpired, "the session token has expired", "get new temporary credentials, which have to last for the meeting"}
	case "InvalidToken":
		return Finding{FindToken, "the session token is not valid",
			"check AWS_SESSION_TOKEN: it has to come with its key; unset it for a permanent key"}
	case "NoSuchBucket":
		return noBucket(s)
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "IncorrectEndpoint", "MovedPermanently":
		return wrongRegion(err, message, s)
	case "KMS.DisabledException", "KMS.NotFoundException", "KMS.KMSInvalidStateException", "KMS.InvalidKeyUsageException":
		return Finding{FindKMS, "the KMS key can't be used: " + c, "check the key id and that the key is enabled, in the bucket's region"}
	case "AccessDenied", "AllAccessDisabled", "AccountProblem", "NotSignedUp", "Forbidden":
		return denied(message)
	case "SlowDown", "ServiceUnavailable", "InternalError":
		return Finding{FindBusy, "the store is overloaded or has a fault: " + c, "try again later"}
	}
	if found, ok := diagnoseNetwork(err, s); ok {
		return found
	}
	switch {
	case Status(err) == http.StatusMovedPermanently, Status(err) == http.StatusTemporaryRedirect:
		return wrongRegion(err, message, s)
	case Status(err) == http.StatusForbidden:
		return denied(message)
	case code(err) != "":
		return Finding{FindOther, strings.TrimSpace(code(err) + ": " + message), ""}
	}
	return Finding{FindOther, err.Error(), ""}
}

func noBucket(s *Store) Finding {
	return Finding{FindNoBucket, fmt.Sprintf("there is no bucket %q at %s", s.Target.Bucket, s.Host()),
		"create the bucket, or correct its name or the endpoint"}
}

func denied(message string) Finding {
	f := Finding{Code: FindDenied, Detail: "the store denies the access"}
	if m := neededAction.FindStringSubmatch(message); m != nil {
		f.Detail += ": not authorized to perform " + m[1]
		f.Hint = "allow " + m[1]
		if strings.HasPrefix(m[1], "kms:") {
			f.Code, f.Hint = FindKMS, "allow kms:GenerateDataKey and kms:Decrypt on the key"
		}
	}
	return f
}

// wrongRegion names the right region, which S3 tells in a header or in the text.
func wrongRegion(err error, message string, s *Store) Finding {
	region := ""
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.Response != nil {
		region = response.Response.Header.Get("X-Amz-Bucket-Region")
	}
	if m := expectingRegion.FindStringSubmatch(message); region == "" && m != nil {
		region = m[1]
	}
	f := Finding{Code: FindRegion, Detail: fmt.Sprintf("the bucket is not in region %s", s.region), Hint: "give the bucket's region with --s3-region"}
	if region != "" && region != s.region {
		f.Detail += ", but in " + region
		f.Hint = "use --s3-region " + region
	}
	return f
}

func diagnoseNetwork(err error, s *Store) (Finding, bool) {
	var (
		dns     *net.DNSError
		signing *v4.SigningError
		timeout net.Error
	)
	switch {
	case errors.As(err, &signing), strings.Contains(err.Error(), "failed to refresh cached credentials"), strings.Contains(err.Error(), "get identity:"):
		return Finding{FindNoCredentials, "no credentials were found",
			"set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the machine a role"}, true
	case certificateError(err):
		return Finding{FindTLS, fmt.Sprintf("the certificate of %s is not trusted: %v", s.Host(), certificateCause(err)),
			"give the certificate authority with --s3-ca-file"}, true
	case strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return Finding{FindTLS, s.Host() + " speaks http, not https", "write the endpoint with http://"}, true
	case errors.As(err, &dns):
		hint := "check the endpoint and the name server"
		if !s.Options.PathStyle && s.Options.Endpoint != "" && strings.HasPrefix(dns.Name, s.Target.Bucket+".") {
			hint = "this store may need --s3-path-style"
		}
		return Finding{FindDNS, fmt.Sprintf("the name %s can't be resolved", dns.Name), hint}, true
	case errors.Is(err, syscall.ECONNREFUSED):
		return Finding{FindUnreachable, s.Host() + " refuses connections", "check the endpoint's port, and that the store runs"}, true
	case errors.Is(err, ErrStalled), errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return Finding{FindUnreachable, s.Host() + " does not answer", "check the endpoint, the firewall and HTTPS_PROXY"}, true
	case Status(err) == 0 && (errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH)):
		return Finding{FindUnreachable, s.Host() + " can't be reached", "check the endpoint, the firewall and HTTPS_PROXY"}, true
	}
	return Finding{}, false
}

// certificateCause returns the innermost reason, without the request around it.
func certificateCause(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
