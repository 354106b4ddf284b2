package succession

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"beam/beam/fault"
	"beam/capture/encode"
	"beam/upload"
)

// Claim decides as Check does, while nobody else can, and claims the output that the
// plan names, so that of two recorders one wins. The claim is nil where the plan has
// no output. The error is a fault for the user: ErrLocked of package encode is what
// it wraps where a living recorder has one of the parts.
func Claim(output string, force bool, now time.Time, longest time.Duration) (Plan, *encode.Claim, error) {
	found, err := look(output)
	if err != nil {
		return Plan{}, nil, err
	}
	var locks []io.Closer
	defer func() {
		for _, l := range locks {
			l.Close()
		}
	}()
	for _, p := range found {
		for _, path := range []string{p.path, upload.JournalPath(p.path)} {
			l, err := lock(path)
			if err != nil {
				return Plan{}, nil, refused(path, err)
			}
			if l != nil {
				locks = append(locks, l)
			}
		}
	}
	// What a recorder that lived a moment ago wrote counts as well.
	if found, err = look(output); err != nil {
		return Plan{}, nil, err
	}
	plan, err := choose(output, found, force, now, longest)
	if err != nil || plan.Output == "" {
		return plan, nil, err
	}
	if len(found) > 0 && plan.Part == 1 { // it is overwritten: the claim is the only lock on it
		for _, l := range locks {
			l.Close()
		}
		locks = nil
	}
	claim, err := encode.ClaimOutput(plan.Output)
	if err != nil {
		return plan, nil, refused(plan.Output, err)
	}
	return plan, claim, nil
}

// lock takes the lock on a file that a recorder holds as long as it lives; nil
// where there is no file.
func lock(path string) (io.Closer, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := encode.Lock(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// refused is the fault of an output that can't be had.
func refused(path string, err error) error {
	switch {
	case errors.Is(err, encode.ErrLocked):
		return fault.Refuse("choose another --output, or wait until it has ended", "--output %s: %w%s", path, err, by(holder(path)))
	case errors.Is(err, unix.ENAMETOOLONG):
		return fault.Refuse("choose a shorter name", "--output: the name of %s is too long", path)
	}
	return fault.Refuse("choose an --output in a directory you can write to", "--output %s can't be written: %w", path, err)
}

func by(pid int) string {
	if pid == 0 {
		return ""
	}
	return fmt.Sprintf(", by process %d", pid)
}

// holder returns the process that holds the lock on a file, 0 where that can't be
// told: /proc/locks (proc_locks(5)) shows processes of this PID namespace alone.
func holder(path string) int {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return 0
	}
	f, err := os.Open("/proc/locks")
	if err != nil {
		return 0
	}
	defer f.Close()
	return holderOf(f, fmt.Sprintf("%02x:%02x:%d", unix.Major(st.Dev), unix.Minor(st.Dev), st.Ino))
}

// holderOf finds in the table of locks the process that has flock's on a file, whose
// id there is MAJOR:MINOR:INODE.
func holderOf(locks io.Reader, id string) int {
	for lines := bufio.NewScanner(locks); lines.Scan(); {
		var number, kind, mode, access, file string
		var pid int
		if n, _ := fmt.Sscan(strings.TrimSpace(lines.Text()), &number, &kind, &mode, &access, &pid, &file); n == 6 && kind == "FLOCK" && file == id && pid > 0 {
			return pid
		}
	}
	return 0
}
