package main

import (
	"bytes"
	"strings"
	"testing"
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
