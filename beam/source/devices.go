package source

import (
	"context"
	"errors"
	"strings"
	"time"

	"beam/beam/fault"
	"beam/capture/chrome"
	"beam/layout"
)

// errWantsDevices is the error of joining a page that has nothing to record, and was
// refused a microphone or a camera: with silent ones it may let the recorder in.
var errWantsDevices = errors.New("the page wants a microphone or a camera")

// devicesLimit bounds the wait for a page that is asked for its devices.
const devicesLimit = 2 * time.Second

// askDevices tells whether a page that was joined with some outcome misses devices.
// One that has media gets none: they would be seen in the room.
func (s *Source) askDevices(ctx context.Context, page *chrome.Page, reason string, err error) error {
	ended := ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded)
	if s.SilentDevices || ended || err == nil && !strings.HasPrefix(reason, layout.ReadyLoaded) {
		return err
	}
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), devicesLimit)
	defer cancel()
	if !page.MissesDevices(asking) {
		return err
	}
	if s.DevicesAuto {
		return errWantsDevices
	}
	const hint = "the page asked for a microphone or a camera and was refused: --devices silent gives it some"
	var f *fault.Fault
	switch {
	case err == nil:
		s.OnNotice("%s", hint)
	case errors.As(err, &f):
		f.Hint = hint
	}
	return err
}
