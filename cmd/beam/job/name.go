package job

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// longestName leaves room for what the cluster appends: a CronJob's name may
// have 52 characters, because its Jobs append 11 and their pods are labelled with
// the result, which may have 63.
const longestName = 52

// name returns the name of the job for a room: "beam-", what can be read of the
// room, and a hash of everything that the job does. So the same command gives the
// same name, and a second recorder for the same meeting is refused by the cluster
// as long as the first one's job is there.
func name(room string, args []string) string {
	sum := sha256.Sum256([]byte(strings.Join(args, "\x00")))
	hash := hex.EncodeToString(sum[:4])
	readable := room
	if u, err := url.Parse(room); err == nil && u.Host != "" {
		// The last segment of the path, as in the names of files; never the query.
		readable = path.Base(u.Path)
		if slug(readable) == "" {
			readable = u.Hostname()
		}
	}
	middle := slug(readable)
	if most := longestName - len("beam--") - len(hash); len(middle) > most {
		middle = strings.TrimRight(middle[:most], "-")
	}
	if middle == "" {
		middle = "room"
	}
	return "beam-" + middle + "-" + hash
}

// longestID is how many characters the id of a recording may have.
const longestID = 40

// id returns the id of the recording of a job: its pods have one, so that one which
// takes the place of another finds what that one left in the bucket.
func id(name string) string {
	return strings.TrimLeft(name[max(0, len(name)-longestID):], "-")
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// slug keeps what may be in a DNS-1123 label.
func slug(s string) string {
	return strings.Trim(notInNames.ReplaceAllString(strings.ToLower(s), "-"), "-")
}

var (
	label     = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
	subdomain = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
	variable  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	quantity  = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,3})?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$`)
)

// checkLabel tells whether s is a DNS-1123 label (RFC 1123) of at most most characters.
func checkLabel(what, s string, most int) error {
	if len(s) > most || !label.MatchString(s) {
		return fmt.Errorf("%s is %q; a name in Kubernetes has at most %d characters of a-z, 0-9 and inner hyphens", what, s, most)
	}
	return nil
}

// checkSubdomain tells whether s is a DNS-1123 subdomain, as most objects' names are.
func checkSubdomain(what, s string) error {
	if len(s) > 253 || !subdomain.MatchString(s) {
		return fmt.Errorf("%s is %q; a name in Kubernetes has at most 253 characters of a-z, 0-9, and inner hyphens and dots", what, s)
	}
	return nil
}

var notInLabels = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// labelValue makes s the value of a label, which is empty or begins and ends with
// a letter or digit.
func labelValue(s string) string {
	s = notInLabels.ReplaceAllString(s, "-")
	if len(s) > 63 {
		s = s[:63]
	}
	return strings.Trim(s, "._-")
}
