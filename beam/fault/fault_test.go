package fault

import (
	"errors"
	"fmt"
	"testing"

	"beam/capture"
)

func TestRetryable(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{errors.New("anything"), false},
		{&Fault{Class: ClassRoom, Err: errors.New("refused")}, false},
		{&Fault{Class: ClassRoom, Err: errors.New("slow"), Passing: true}, true},
		{fmt.Errorf("wrapped: %w", &capture.Fault{Class: capture.ClassBrowser, Passing: true}), true},
		{&capture.Fault{Class: capture.ClassRoom}, false},
	} {
		if got := Retryable(tt.err); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.err, got, tt.want)
		}
	}
}
