package chrome

import (
	"testing"

	"go.uber.org/goleak"

	"beam/capture"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var hd = capture.Size{Width: 1280, Height: 720}
