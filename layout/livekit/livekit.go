package livekit

import (
	"embed"
	"errors"
	"io/fs"
)

// ErrNoBundle is the error of a program that was built without the bundle.
var ErrNoBundle = errors.New("this beam was built without its LiveKit page; run scripts/setup-livekit and build it again")

//go:embed index.html page.css dist
var files embed.FS

// Site returns the page's files: index.html is the page. The error is
// ErrNoBundle when there is no bundle among them.
func Site() (fs.FS, error) { return site(files) }

func site(f fs.FS) (fs.FS, error) {
	info, err := fs.Stat(f, "dist/page.js")
	if err != nil || info.Size() == 0 {
		return nil, ErrNoBundle
	}
	return f, nil
}
