package s3

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
)

// readAnew returns a provider that reads the configuration each time it is asked:
// the SDK's own keeps what it once read in a file, for ever.
func readAnew(load []func(*config.LoadOptions) error) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		cfg, err := config.LoadDefaultConfig(ctx, load...)
		if err != nil {
			return aws.Credentials{}, err
		}
		return cfg.Credentials.Retrieve(ctx)
	})
}

// ExpireCredentials makes the next request read the credentials anew: those in
// files may have been replaced.
func (s *Store) ExpireCredentials() { s.credentials.Invalidate() }

// FindCredentials tells whether the AWS chain has credentials. Its error lists
// every provider, and says nothing that helps; passing tells that the credentials
// may be there in a moment.
func (s *Store) FindCredentials(ctx context.Context) (passing bool, err error) {
	_, err = s.credentials.Retrieve(ctx)
	return passingCredentials(err), err
}

// passingCredentials tells whether credentials that can't be had may be there in
// a moment: there is somebody to ask, who does not answer or has a fault. The
// metadata service, at the end of the chain, is asked on machines that have none.
func passingCredentials(err error) bool {
	if err == nil || strings.Contains(err.Error(), "EC2 IMDS") {
		return false
	}
	var (
		refused net.Error
		often   *retry.MaxAttemptsError // the SDK found it worth trying again
	)
	return errors.As(err, &often) || Status(err) >= 500 || Status(err) == http.StatusTooManyRequests || Status(err) == 0 && errors.As(err, &refused)
}
