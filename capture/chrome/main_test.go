package chrome

import (
	"testing"

	"beam/capture"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var hd = capture.Size{Width: 1280, Height: 720}
