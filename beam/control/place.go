package control

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	suffix     = ".sock"
	lockSuffix = ".lock" // behind a socket's path: locked while its recording lives
)

// longestPath is the longest path of a Unix socket, bytes (unix(7), with the
// byte that ends it).
const longestPath = 107

var goodID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$`)

// CheckID tells whether an id can name a recording.
func CheckID(id string) error {
	if !goodID.MatchString(id) {
		return fmt.Errorf("%q can't be the id of a recording; use up to 40 letters, digits, dots, hyphens and underscores", id)
	}
	return nil
}

// Folder returns where the sockets are: beam in XDG_RUNTIME_DIR, else a folder
// of the user's in the temporary folder.
func Folder() string {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		return filepath.Join(dir, "beam")
	}
	return filepath.Join(os.TempDir(), "beam-run-"+strconv.Itoa(os.Getuid()))
}

// folders returns where sockets of this user can be: a recorder that cron or systemd
// started has another environment than a login shell. Folders of others are left out.
func folders() []string {
	user := strconv.Itoa(os.Getuid())
	var own []string
	for _, dir := range []string{
		Folder(), filepath.Join("/run/user", user, "beam"),
		filepath.Join(os.TempDir(), "beam-run-"+user), filepath.Join("/tmp", "beam-run-"+user),
	} {
		if !slices.Contains(own, dir) && ownFolder(dir) == nil {
			own = append(own, dir)
		}
	}
	return own
}

// ownFolder tells whether a folder is this user's own, and no link: another user
// could have prepared it.
func ownFolder(dir string) error {
	var stat unix.Stat_t
	if err := unix.Lstat(dir, &stat); err != nil {
		return err
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR || int(stat.Uid) != os.Getuid() {
		return fmt.Errorf("%s is not a folder of yours", dir)
	}
	return nil
}

// find returns the socket of an id, wherever its recorder made it.
func find(id string) (path string, ok bool) {
	for _, dir := range folders() {
		path := filepath.Join(dir, id+suffix)
		if _, err := os.Stat(path); err == nil {
			return path, true
		}
	}
	return "", false
}

// makeFolder makes the folder, and refuses one that somebody else could change.
func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := ownFolder(dir); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		return os.Chmod(dir, 0o700)
	}
	return err
}

// IDs returns the ids for which there is a socket; its recording may be gone.
func IDs() ([]string, error) {
	var all []string
	for _, dir := range folders() {
		ids, err := idsIn(dir)
		if err != nil {
			return all, err
		}
		for _, id := range ids {
			if !slices.Contains(all, id) {
				all = append(all, id)
			}
		}
	}
	return all, nil
}

func idsIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var ids []string
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), suffix); ok && CheckID(id) == nil {
			ids = append(ids, id)
		}
	}
	return ids, err
}

func socketPath(id string) (string, error) {
	path := filepath.Join(Folder(), id+suffix)
	if len(path) > longestPath {
		return "", fmt.Errorf("the path %s is too long for a socket; set XDG_RUNTIME_DIR to a shorter folder", path)
	}
	return path, nil
}
