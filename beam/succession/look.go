package succession

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"beam/beam/fault"
	"beam/beam/report"
	"beam/capture/mp4"
	"beam/upload"
)

// mostParts bounds the search for a free name.
const mostParts = 1000

// Check tells whether a recording can begin with an output, and starts and leaves
// nothing. longest is how long a meeting can have lasted whose recording goes on.
// The error is a fault for the user.
func Check(output string, force bool, now time.Time, longest time.Duration) (Plan, error) {
	found, err := look(output)
	if err != nil {
		return Plan{}, err
	}
	return choose(output, found, force, now, longest)
}

// look returns the parts that are at an output, up to the first free name.
func look(output string) ([]part, error) {
	var found []part
	for n := 1; n <= mostParts; n++ {
		p, err := lookAt(report.PartName(output, n))
		if err != nil {
			return nil, err
		}
		if p.standing == free {
			return found, nil
		}
		found = append(found, p)
	}
	return nil, fault.Refuse("choose another --output", "%s has %d parts already", output, mostParts)
}

// lookAt tells of one part.
func lookAt(path string) (part, error) {
	var f facts
	p := part{path: path}
	for _, name := range append(report.Files(path), report.TracksPath(path), report.Path(path), upload.JournalPath(path), path) {
		info, err := os.Lstat(name)
		switch {
		case errors.Is(err, unix.ENAMETOOLONG):
			return p, fault.Refuse("choose a shorter name", "--output: the name of %s is too long", filepath.Base(name))
		case err != nil:
			continue
		case info.IsDir() && name != report.TracksPath(path):
			return p, fault.Refuse("", "--output: %s is a directory", name)
		}
		switch name {
		case path:
			f.file = true
			f.see(path)
			if target, err := os.Stat(path); err == nil {
				info = target
			}
		case upload.JournalPath(path):
			f.journal = true
		default:
			f.beside = name
		}
		if at := info.ModTime(); at.After(p.until) {
			p.until = at
		}
	}
	if r, ok := report.Read(path); ok {
		f.report = r
		if !r.StartedAt.IsZero() {
			p.until = r.StartedAt.Add(time.Duration(r.Seconds * float64(time.Second)))
		}
	}
	p.standing, p.found = f.judge(), f.inTheWay(path)
	return p, nil
}

// see looks into the file.
func (f *facts) see(path string) {
	file, err := os.Open(path)
	if err != nil {
		return // somebody else's, as far as is known
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	f.empty = info.Size() == 0
	index, err := mp4.Scan(file, info.Size())
	switch {
	case errors.Is(err, mp4.ErrNoMedia):
		f.ours = true // begun, and killed before the first fragment was whole
	case err != nil:
		f.ours = f.journal
	default:
		f.whole = index.Info().Finished
		f.ours = f.journal || index.Kept()
	}
}
