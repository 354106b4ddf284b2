package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"beam/beam"
	"beam/capture/inspect"
	"beam/capture/inspect/contactsheet"
)

// pictureFiles are the pictures of a recording that are wanted; "" for none.
type pictureFiles struct{ contactSheet, thumbnail string }

// pictureFlags adds the flags that name them.
func pictureFlags(f *pflag.FlagSet, p *pictureFiles) {
	f.StringVar(&p.contactSheet, "contact-sheet", "", "PNG file to draw: frames over the whole length, their times, the waveform")
	f.StringVar(&p.thumbnail, "thumbnail", "", "JPEG file to write: one frame with much to see, 640 pixels wide")
}

// check tells whether the files can be written, without leaving anything behind.
func (p pictureFiles) check(recording string) error {
	if p.thumbnail != "" && filepath.Clean(p.thumbnail) == filepath.Clean(p.contactSheet) {
		return usagef("--thumbnail and --contact-sheet name the same file")
	}
	if err := checkFile("--contact-sheet", p.contactSheet, recording, ".png"); err != nil {
		return err
	}
	return checkFile("--thumbnail", p.thumbnail, recording, ".jpg", ".jpeg")
}

// checkFile refuses a file to be written that is another kind of file, or in a
// folder that can't be written. So no slip of the keys replaces a recording.
func checkFile(flag, path, recording string, ends ...string) error {
	if path == "" {
		return nil
	}
	if !slices.Contains(ends, strings.ToLower(filepath.Ext(path))) {
		return usagef("%s %s does not end in %s", flag, path, ends[0])
	}
	if info, err := os.Stat(path); err == nil {
		if info.IsDir() {
			return usagef("%s %s is a folder", flag, path)
		}
		if other, err := os.Stat(recording); err == nil && os.SameFile(info, other) {
			return usagef("%s %s is the recording itself", flag, path)
		}
	}
	probe, err := os.CreateTemp(filepath.Dir(path), ".beam-probe-*")
	if err != nil {
		return usagef("%s %s can't be written: %w", flag, path, err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// draw writes the pictures, each whole or not at all, and returns which it has
// written.
func (p pictureFiles) draw(ctx context.Context, tools inspect.Tools, recording string) (done beam.Drawn, err error) {
	// Whoever may see the recording may see pictures of it.
	info, err := os.Stat(recording)
	if err != nil {
		return done, err
	}
	mode := info.Mode().Perm()
	if p.contactSheet != "" {
		if err := contactsheet.Save(p.contactSheet, mode, func(w io.Writer) error {
			return contactsheet.Contact(ctx, tools, recording, w, contactsheet.Options{})
		}); err != nil {
			return done, fmt.Errorf("draw the contact sheet: %w", err)
		}
		done.ContactSheet = p.contactSheet
	}
	if p.thumbnail != "" {
		if err := contactsheet.Save(p.thumbnail, mode, func(w io.Writer) error {
			return contactsheet.Thumbnail(ctx, tools, recording, w)
		}); err != nil {
			return done, fmt.Errorf("make the thumbnail: %w", err)
		}
		done.Thumbnail = p.thumbnail
	}
	return done, nil
}
