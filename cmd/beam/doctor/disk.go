package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// place is what was seen of a folder.
type place struct {
	Path     string // absolute where it could be told
	WriteErr error
	Free     uint64 // bytes; 0 where unknown
}

// lookAtFolder writes a file into a folder and removes it.
func lookAtFolder(path string) place {
	p := place{Path: path}
	if abs, err := filepath.Abs(path); err == nil {
		p.Path = abs
	}
	probe, err := os.CreateTemp(p.Path, ".beam-probe-*")
	if err != nil {
		p.WriteErr = err
		return p
	}
	_, p.WriteErr = probe.Write(make([]byte, 4096))
	if err := probe.Close(); p.WriteErr == nil {
		p.WriteErr = err
	}
	if err := os.Remove(probe.Name()); p.WriteErr == nil {
		p.WriteErr = err
	}
	var st unix.Statfs_t
	if unix.Statfs(p.Path, &st) == nil {
		p.Free = st.Bavail * uint64(st.Bsize)
	}
	return p
}

// keptFree is what a recording leaves free, in bytes (package beam).
const keptFree = 32 << 20

// judgeDisk tells how long a recording the output's folder holds at rate, bits a
// second, and whether that will do.
func judgeDisk(p place, rate int, wanted time.Duration) Finding {
	hours := 0.0
	if p.Free > keptFree {
		hours = float64(p.Free-keptFree) * 8 / float64(rate) / 3600
	}
	f := Finding{ID: Disk, Title: "disk", Status: OK, Data: map[string]any{
		"folder": p.Path, "free_bytes": p.Free, "hours": hours,
	}}
	const other = "choose an --output in another folder"
	switch {
	case p.WriteErr != nil:
		f.Status, f.Found, f.Fix = Problem, "the folder of --output can't be written: "+oneLine(p.WriteErr), other
	case p.Free <= keptFree:
		f.Status, f.Found = Problem, fmt.Sprintf("%s free in %s: nothing can be recorded", amount(p.Free), p.Path)
		f.Fix = "free some space, or " + other
	case hours < wanted.Hours():
		f.Status = Warning
		f.Found = fmt.Sprintf("%s free in %s: %s, less than the %s that a recording may last", amount(p.Free), p.Path, lasting(hours), lasting(wanted.Hours()))
		f.Fix = "free some space, or " + other
	default:
		f.Found = fmt.Sprintf("%s free in %s: %s of recording or more", amount(p.Free), p.Path, lasting(hours))
	}
	return f
}

// lasting is a length in hours for people.
func lasting(hours float64) string {
	if hours < 2 {
		return fmt.Sprintf("%.0f minutes", hours*60)
	}
	return fmt.Sprintf("%.0f hours", hours)
}

// enoughTemp is what the private folder of a recording takes at most, in bytes:
// Chrome's profile, and its shared memory where /dev/shm is small.
const enoughTemp = 512 << 20

// judgeTemp judges the folder for temporary files; shortage is what keeps a
// private folder from being made there, nil for nothing.
func judgeTemp(p place, shortage error) Finding {
	f := Finding{ID: Temp, Title: "temporary folder", Status: OK, Data: map[string]any{"folder": p.Path, "free_bytes": p.Free}}
	if p.WriteErr == nil {
		p.WriteErr = shortage
	}
	switch {
	case p.WriteErr != nil:
		f.Status, f.Found = Problem, "it can't be written: "+oneLine(p.WriteErr)
		f.Fix = "set TMPDIR to a folder that can be: export TMPDIR=/var/tmp"
	case p.Free < enoughTemp:
		f.Status, f.Found = Warning, fmt.Sprintf("%s free in %s; Chrome can take %s", amount(p.Free), p.Path, amount(enoughTemp))
		f.Fix = "free some space, or set TMPDIR to another folder"
	default:
		f.Found = fmt.Sprintf("%s can be written, %s free", p.Path, amount(p.Free))
	}
	return f
}
