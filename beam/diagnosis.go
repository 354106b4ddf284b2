package beam

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"beam/beam/fault"
	"beam/beam/report"
)

// diagnose writes what is known of a room that could not be joined: the page as
// it is, its console, its requests. It does so for faults of the room only.
func (o *opening) diagnose(ctx context.Context, cause error) {
	if !ofRoom(cause) {
		return
	}
	dir := report.FailurePath(o.settings.Output)
	if err := o.writeDiagnosis(ctx, dir, cause); err != nil {
		o.log.Warn("no diagnosis written", "error", err)
		return
	}
	o.events.notice("what the page looked like, its console and its requests are in %s", dir)
}

func ofRoom(err error) bool {
	switch fault.ClassOf(err) {
	case fault.ClassRoom, fault.ClassEmpty, fault.ClassBrowser:
		return true
	}
	return false
}

func (o *opening) writeDiagnosis(ctx context.Context, dir string, cause error) error {
	if err := os.RemoveAll(dir); err != nil { // of an earlier try
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	console, requests := o.pages.Texts()
	about := fmt.Sprintf("time      %s\nroom      %s\nlayout    %s\nplatform  %s\nfault     %v\nversions  %v\n",
		time.Now().UTC().Format(time.RFC3339), report.RedactURL(o.settings.Room), o.settings.shownLayout(), o.plan.Platform, cause, o.versions())
	files := map[string][]byte{
		"about.txt": []byte(o.secrets.Hide(about)), "console.log": []byte(o.secrets.Hide(console)), "network.log": []byte(o.secrets.Hide(requests)),
	}
	if shot, err := o.source.Screenshot(ctx); err != nil {
		o.log.Debug("no screenshot", "error", err)
	} else {
		files["screenshot.png"] = shot
	}
	for name, content := range files {
		if err := report.WriteWhole(filepath.Join(dir, name), content, o.settings.FileMode); err != nil {
			return err
		}
	}
	return os.Chmod(dir, dirMode(o.settings.FileMode))
}

// dirMode is the mode of a directory whose files have the given one: who may read
// them may list it, and nobody but the owner may add to it.
func dirMode(files fs.FileMode) fs.FileMode {
	return 0o700 | files&0o044 | files&0o044>>2
}
