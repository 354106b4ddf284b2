package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// A secret does not get into a Job, and its value not into the refusal.
func TestJobRefusesSecrets(t *testing.T) {
	for _, c := range []struct{ arg, names string }{
		{"--header=Authorization: Bearer h1dden", "--header Authorization"}, {"--cookie=sid=h1dden", "--cookie sid"},
		{"--fill=#password=h1dden", "--fill #password"}, {"--env=MY_API_KEY=h1dden", "--env MY_API_KEY"},
	} {
		var stdout, stderr bytes.Buffer
		code := run([]string{"job", "--image=i", "--bucket", "s3://rec/a", c.arg, "https://room.example/abc"}, nil, &stdout, &stderr)
		if code != exitUsage || !strings.Contains(stderr.String(), c.names) || !strings.Contains(stderr.String(), "Secret") || strings.Contains(stdout.String()+stderr.String(), "h1dden") {
			t.Errorf("%s: code %d: %s", c.arg, code, &stderr)
		}
	}
	for _, room := range []string{"https://ana:h1dden@room.example/abc", "https://room.example/abc?jwt=h1dden", "https://room.example/abc?authToken=h1dden"} {
		var stdout, stderr bytes.Buffer
		if code := run([]string{"job", "--image=i", "--bucket", "s3://rec/a", room}, nil, &stdout, &stderr); code != exitUsage || strings.Contains(stdout.String()+stderr.String(), "h1dden") {
			t.Errorf("%s: code %d: %s", room, code, &stderr)
		}
	}
	for _, arg := range []string{"--header=Authorization: Bearer env:TOKEN", "--header=Accept-Language: de", "--fill=#name=Ana", "--cookie=sid=env:SID", "--env=MODE=fast"} {
		var stdout, stderr bytes.Buffer
		if code := run([]string{"job", "--image=i", "--bucket", "s3://rec/a", arg, "https://room.example/abc?layout=grid"}, nil, &stdout, &stderr); code != exitComplete {
			t.Errorf("%s: code %d: %s", arg, code, &stderr)
		}
	}
	// The whole address can come from a Secret.
	var stdout, stderr bytes.Buffer
	if code := run([]string{"job", "--image=i", "--bucket", "s3://rec/a", "--secret", "rooms"}, nil, &stdout, &stderr); code != exitComplete || !strings.Contains(stdout.String(), "rooms") {
		t.Errorf("code %d: %s%s", code, &stdout, &stderr)
	}
}

// Each flag that can hold a secret is refused with one in it, wherever it comes from,
// and can be had from a Secret instead.
func TestJobSecretFlags(t *testing.T) {
	literal := map[string]string{
		"header": "X-Auth: h1dden", "cookie": "sid=h1dden", "basic-auth": "ana:h1dden", "fill": "#password=h1dden",
		"url": "https://ana:h1dden@room.example/abc", "layout": "https://layouts.example/?token=h1dden",
		"s3-endpoint": "https://ana:h1dden@minio.example", "backup-endpoint": "https://ana:h1dden@minio.example",
	}
	speaks := regexp.MustCompile(`(?i)header|cookie|auth|fill|passw|token|secret|webhook|endpoint|url\b`)
	marked := 0
	(&app{}).recordCommand().Flags().VisitAll(func(f *pflag.Flag) {
		if !isSecret(f) {
			if speaks.MatchString(f.Name) {
				t.Errorf("--%s sounds as if it could hold a secret, and is not marked", f.Name)
			}
			return
		}
		marked++
		if literal[f.Name] == "" {
			t.Fatalf("--%s is marked as secret; add a secret value of it here", f.Name)
		}
		base := []string{"job", "--image=i", "--bucket", "s3://rec/a", "--secret", "rooms"}
		for what, args := range map[string][]string{
			"flag":     {"--" + f.Name + "=" + literal[f.Name]},
			"variable": {"--env=" + envName(f.Name) + "=" + literal[f.Name]},
		} {
			var stdout, stderr bytes.Buffer
			if code := run(append(base, args...), nil, &stdout, &stderr); code != exitUsage || stdout.Len() > 0 || strings.Contains(stderr.String(), "h1dden") {
				t.Errorf("--%s as a %s: code %d: %s%s", f.Name, what, code, &stdout, &stderr)
			}
		}
		var stdout, stderr bytes.Buffer
		if code := run(append(base, "--secret-key", envName(f.Name)+"=rooms/standup.url"), nil, &stdout, &stderr); code != exitComplete ||
			!strings.Contains(stdout.String(), "- name: "+envName(f.Name)+"\n              valueFrom:\n                secretKeyRef:\n                  name: rooms\n                  key: standup.url\n") {
			t.Errorf("--%s from a Secret: code %d: %s%s", f.Name, code, &stdout, &stderr)
		}
	})
	if marked != len(literal) {
		t.Errorf("%d flags are marked, want %d", marked, len(literal))
	}
}

// Values can stand in files, as a cluster mounts a Secret.
func TestJobSecretFiles(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code := run([]string{"job", "--image=i", "--bucket", "s3://rec/a", "--secret-files", "rooms", "--header=Authorization: Bearer file:/secrets/rooms/token",
		"--basic-auth=file:/secrets/rooms/login", "https://room.example/abc"}, nil, &stdout, &stderr)
	if code != exitComplete || !strings.Contains(stdout.String(), "mountPath: /secrets/rooms\n") || !strings.Contains(stdout.String(), "secretName: rooms\n") {
		t.Errorf("code %d: %s%s", code, &stdout, &stderr)
	}
	for _, arg := range []string{"--secret-key=NAME=a", "--secret-key=NAME=a/b/c", "--secret-key=NAME=A_/b", "--secret-files=a/b", "--header=Authorization: Bearer h1dden env:X"} {
		var stdout, stderr bytes.Buffer
		if code := run([]string{"job", "--image=i", "--bucket", "s3://rec/a", arg, "https://room.example/abc"}, nil, &stdout, &stderr); code != exitUsage || strings.Contains(stderr.String(), "h1dden") {
			t.Errorf("%s: code %d: %s%s", arg, code, &stdout, &stderr)
		}
	}
}
