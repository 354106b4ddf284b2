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

// places returns where sockets of this user can be: a recorder that cron or systemd
// started has another environment than a login shell.
func places() []string {
	user := strconv.Itoa(os.Getuid())
	var all []string
	for _, dir := range []string{
		Folder(), filepath.Join("/run/user", user, "beam"),
		filepath.Join(os.TempDir(), "beam-run-"+user), filepath.Join("/tmp", "beam-run-"+user),
	} {
		if !slices.Contains(all, dir) {
			all = append(all, dir)
		}
	}
	return all
}

// folders returns those of the places that are this user's own.
func folders() []string {
	return slices.DeleteFunc(places(), func(dir string) bool { return ownFolder(dir) != nil })
}

// ownFolder tells whether a folder is this user's own, no link, and closed to others:
// another user could have prepared it, or put something into it.
func ownFolder(dir string) error {
	var stat unix.Stat_t
	if err := unix.Lstat(dir, &stat); err != nil {
		return err
	}
	switch {
	case stat.Mode&unix.S_IFMT != unix.S_IFDIR:
		return fmt.Errorf("%s is not a directory", dir)
	case int(stat.Uid) != os.Getuid():
		return fmt.Errorf("%s belongs to another user (uid %d)", dir, stat.Uid)
	case stat.Mode&0o022 != 0:
		return fmt.Errorf("%s can be written to by others (mode %#o); remove it, or: chmod go-w %s", dir, stat.Mode&0o777, dir)
	}
	return nil
}

// find returns the socket of an id, wherever its recorder made it. One that somebody
// else could have put there is an error.
func find(id string) (path string, err error) {
	refused := fmt.Errorf("%s: %w", id, ErrGone)
	for _, dir := range places() {
		path := filepath.Join(dir, id+suffix)
		var stat unix.Stat_t
		if unix.Lstat(path, &stat) != nil {
			continue
		}
		err := ownFolder(dir)
		switch {
		case err != nil:
		case stat.Mode&unix.S_IFMT == unix.S_IFLNK:
			err = fmt.Errorf("%s is a link", path)
		case int(stat.Uid) != os.Getuid():
			err = fmt.Errorf("%s belongs to another user (uid %d)", path, stat.Uid)
		default:
			return path, nil
		}
		refused = fmt.Errorf("%s is not to be trusted: %w", id, err)
	}
	return "", refused
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
