package beam

import (
	"fmt"

	"beam/beam/fault"
)

// How many files a process of a recording may have to open at once: Chrome's own
// process was seen with 170 on a page of one video, Beam with 40; each further person
// takes some more in the process that does Chrome's network.
const (
	leastFiles  = 256
	wantedFiles = 4096
)

// enoughFiles refuses to record where the limit of open files does not allow it; raise
// raises it as far as that is possible.
func enoughFiles(raise func(wanted uint64) (limit uint64, err error)) error {
	limit, err := raise(wantedFiles)
	if err == nil && limit < leastFiles {
		err = fmt.Errorf("%d files at most may be open at once, and a recording needs %d", limit, leastFiles)
	}
	if err == nil {
		return nil
	}
	return fault.Refuse(fmt.Sprintf("raise the hard limit: ulimit -Hn %d, LimitNOFILE=%d in a unit of systemd, --ulimit nofile=%d of Docker", wantedFiles, wantedFiles, wantedFiles),
		"the limit of open files: %w", err)
}
