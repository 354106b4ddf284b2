package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"beam/beam/report"
)

// secretMark is the annotation of flags whose values can be secret: they are hidden
// in all output, and beam job takes them from a Secret only.
const secretMark = "beam_secret"

// markSecret marks flags of the set as secret.
func markSecret(f *pflag.FlagSet, names ...string) {
	for _, name := range names {
		// It fails only for a flag that does not exist, which a test would see.
		_ = f.SetAnnotation(name, secretMark, []string{"true"})
	}
}

// isSecret tells whether a flag is marked.
func isSecret(f *pflag.Flag) bool { return len(f.Annotations[secretMark]) > 0 }

// Variables that hold a secret by their name, whoever they are meant for: the
// bucket's keys, a room's tokens, those of a pipeline. The names are those of the
// secrets themselves: AWS_WEB_IDENTITY_TOKEN_FILE and SSH_AUTH_SOCK only say where one is.
var (
	secretVariable = regexp.MustCompile(`(?i)(SECRET|SECRET_KEY|ACCESS_KEY|API_KEY|PRIVATE_KEY|TOKEN|PASSWORD|PASSWD)$`)
	proxyVariable  = regexp.MustCompile(`(?i)^(http|https|all|ftp)_proxy$`)
)

// shortestVariable is the length of the shortest value that counts as a secret, bytes.
const shortestVariable = 8

// secretsOfEnvironment returns the secrets in an environment ("NAME=value"), which no
// output may repeat.
func secretsOfEnvironment(environ []string) (all []string) {
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		switch {
		case proxyVariable.MatchString(name):
			if !strings.Contains(value, "://") {
				value = "http://" + value
			}
			all = append(all, report.SecretsOf(value)...)
		case secretVariable.MatchString(name) && len(value) >= shortestVariable && !strings.HasPrefix(value, "/"):
			all = append(all, value)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
