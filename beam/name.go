package beam

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
)

var unsafeName = regexp.MustCompile(`[^A-Za-z0-9]+`)

// DefaultOutput returns the name of a recording that none was given for:
// Rec-ROOM-EPOCHMS.mp4, where ROOM is the end of the URL's path, or its host.
func DefaultOutput(room string, now time.Time) string {
	name := room
	if u, err := url.Parse(room); err == nil && u.Host != "" {
		name = u.Hostname()
		if segments := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' }); len(segments) > 0 {
			name = segments[len(segments)-1]
		}
	}
	name = strings.Trim(unsafeName.ReplaceAllString(name, "-"), "-")
	if len(name) > 64 {
		name = name[:64]
	}
	if name == "" {
		name = "room"
	}
	return fmt.Sprintf("Rec-%s-%d.mp4", name, now.UnixMilli())
}
