package demo

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// makeClipsIn names the folder in which a process that TestTwoProcesses starts
// makes its clips.
const makeClipsIn = "DEMO_TEST_MAKE_CLIPS_IN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(makeClipsIn); dir != "" {
		log := slog.New(slog.NewTextHandler(os.Stdout, nil))
		if _, err := clips(context.Background(), os.Getenv(makeClipsIn+"_WITH"), dir, log); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}
