package upload

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"beam/upload/s3"
)

// DefaultKey is the template of object keys.
const DefaultKey = "{prefix}/beam/{room}/{date}/Rec-{room}-{epochms}{ext}"

// KeyVars are the values for a key template.
type KeyVars struct {
	Prefix string    // {prefix}
	Room   string    // {room}, after SafeRoom
	Start  time.Time // {date} YYYYMMDD and {time} HHMMSS in UTC, {epochms} milliseconds since 1970
	ID     string    // {id}, of the recording
	Ext    string    // {ext}, with its dot; "" for .mp4
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// CheckKey tells whether a template can work: it has only known placeholders,
// and one that differs between recordings.
func CheckKey(template string) error {
	_, err := KeyVars{Room: "room", ID: "0", Start: time.Unix(0, 0)}.Expand(template)
	return err
}

// Expand returns the key that a template stands for; "" for DefaultKey. Empty
// segments are dropped, so an empty prefix leaves no slash. Its error is an
// *Error of ClassUsage.
func (v KeyVars) Expand(template string) (string, error) {
	if template == "" {
		template = DefaultKey
	}
	const known = "use {prefix} {room} {date} {time} {epochms} {id} {ext}"
	if !strings.Contains(template, "{epochms}") && !strings.Contains(template, "{id}") {
		return "", s3.Usagef("add {epochms} or {id}", "key %q would be the same for two recordings", template)
	}
	ext := v.Ext
	if ext == "" {
		ext = ".mp4"
	}
	start := v.Start.UTC()
	values := map[string]string{
		"{prefix}": v.Prefix, "{room}": SafeRoom(v.Room), "{date}": start.Format("20060102"), "{time}": start.Format("150405"),
		"{epochms}": strconv.FormatInt(start.UnixMilli(), 10), "{id}": v.ID, "{ext}": ext,
	}
	unknown := ""
	key := placeholder.ReplaceAllStringFunc(template, func(name string) string {
		value, ok := values[name]
		if !ok {
			unknown = name
		}
		return value
	})
	switch {
	case unknown != "":
		return "", s3.Usagef(known, "key %q: %s is unknown", template, unknown)
	case strings.ContainsAny(placeholder.ReplaceAllString(template, ""), "{}"):
		return "", s3.Usagef(known, "key %q: a brace has no partner", template)
	case strings.HasSuffix(key, "/"):
		return "", s3.Usagef("", "key %q ends in a slash", template)
	}
	key = joinSegments(key)
	if err := s3.CheckKey(key); err != nil {
		return "", s3.Usagef("", "key %q: %w", key, err)
	}
	return key, nil
}

func joinSegments(key string) string {
	segments := strings.FieldsFunc(key, func(r rune) bool { return r == '/' })
	return strings.Join(segments, "/")
}

// SafeRoom makes a room's name safe for a key: letters and digits of ASCII,
// dots, underscores and hyphens stay; every run of anything else becomes one
// hyphen; hyphens and dots at the ends go; at most 64 bytes stay. Of a URL only
// the last segment of its path is taken (else its host), never the query, where
// rooms carry tokens. A name of which that leaves nothing, such as one in
// another script, becomes "room-" and 8 hexadecimal digits of its SHA-256.
func SafeRoom(room string) string {
	if strings.Contains(room, "://") {
		u, err := url.Parse(room)
		if err != nil {
			return "room"
		}
		if room = path.Base(u.Path); room == "/" || room == "." {
			room = u.Hostname()
		}
	}
	var safe strings.Builder
	for _, r := range room {
		switch {
		case r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-", r)):
			safe.WriteRune(r)
		case !strings.HasSuffix(safe.String(), "-"):
			safe.WriteByte('-')
		}
	}
	name := strings.Trim(safe.String(), "-.")
	if len(name) > 64 {
		name = strings.Trim(name[:64], "-.")
	}
	switch {
	case name != "":
		return name
	case room == "":
		return "room"
	}
	sum := sha256.Sum256([]byte(room))
	return "room-" + hex.EncodeToString(sum[:4])
}

// NewID returns a new identity for a recording: 16 hexadecimal digits.
func NewID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// otherKey returns the key to take when somebody else's object has key.
func otherKey(key, id string) string {
	ext := path.Ext(key)
	return strings.TrimSuffix(key, ext) + "-" + id + ext
}
