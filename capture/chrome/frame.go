package chrome

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// shot is one Page.screencastFrame event.
type shot struct {
	session   string  // of the page, as the protocol names it
	number    int64   // to be acknowledged with
	monotonic float64 // seconds on CLOCK_MONOTONIC; 0 where Chrome is too old to tell
	wall      float64 // seconds since 1970; 0 when absent
	jpeg      []byte
}

// shotPrefix begins every such event: Chrome writes the method first.
var shotPrefix = []byte(`{"method":"Page.screencastFrame",`)

var dataKey = []byte(`"data":"`)

// isShot reports whether a message is a screencast frame.
func isShot(msg []byte) bool { return bytes.HasPrefix(msg, shotPrefix) }

// parseShot decodes a screencast frame. The picture, which is nearly all of
// the message, is found by its quotes and decoded once, straight into the
// slice that is handed on; a JSON decoder would copy it several times.
func parseShot(msg []byte) (shot, error) {
	var ev struct {
		SessionID string
		Params    struct {
			Data      []byte
			SessionID int64
			Metadata  struct {
				Timestamp          float64
				MonotonicTimestamp float64
			}
		}
	}
	head, jpeg, rest := cutData(msg)
	if jpeg == nil {
		head, rest = msg, nil
	}
	small := append(append(make([]byte, 0, len(head)+len(rest)), head...), rest...)
	if err := json.Unmarshal(small, &ev); err != nil {
		return shot{}, fmt.Errorf("screencast frame: %w", err)
	}
	if jpeg == nil {
		jpeg = ev.Params.Data
	}
	if len(jpeg) == 0 {
		return shot{}, fmt.Errorf("screencast frame: no picture in it")
	}
	return shot{
		session:   ev.SessionID,
		number:    ev.Params.SessionID,
		monotonic: ev.Params.Metadata.MonotonicTimestamp,
		wall:      ev.Params.Metadata.Timestamp,
		jpeg:      jpeg,
	}, nil
}

// cutData takes the base64 text out of a message: head ends behind its opening
// quote, rest begins with its closing one. jpeg is nil when there is no plain
// base64 text.
func cutData(msg []byte) (head, jpeg, rest []byte) {
	i := bytes.Index(msg[:min(len(msg), 4096)], dataKey)
	if i < 0 {
		return nil, nil, nil
	}
	i += len(dataKey)
	n := bytes.IndexByte(msg[i:], '"')
	if n <= 0 {
		return nil, nil, nil
	}
	jpeg = make([]byte, base64.StdEncoding.DecodedLen(n))
	m, err := base64.StdEncoding.Decode(jpeg, msg[i:i+n])
	if err != nil {
		return nil, nil, nil
	}
	return msg[:i], jpeg[:m], msg[i+n:]
}
