package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"beam/beam/report"
)

// Drawn are the paths of the files that were drawn of a recording; "" for none.
type Drawn struct{ ContactSheet, Thumbnail string }

// kind is one of the kinds of files that belong to a recording: what their keys end
// in, and how they are served.
type kind struct{ suffix, contentType string }

var (
	speakersKind     = kind{".speakers.vtt", "text/vtt"}
	chatKind         = kind{".chat.csv", "text/csv; charset=utf-8"}
	contactSheetKind = kind{".contact-sheet.png", "image/png"}
	thumbnailKind    = kind{".thumbnail.jpg", "image/jpeg"}
)

// largestBeside bounds a file that is put beside an object, bytes: it is held in
// memory. A contact sheet has some 2 MB.
const largestBeside = 64 << 20

// drawnFiles returns the drawings that the report names.
func drawnFiles(r *report.Report, failed func(string)) []SideFile {
	return readFiles([]found{
		contactSheetKind.at(r.ContactSheet),
		thumbnailKind.at(r.Thumbnail),
	}, failed)
}

// besideFile returns the files that the report of a recording found at path names,
// as far as they still are in its directory. A report may have come with the file
// from anywhere: nothing else of the machine is read for it.
func besideFile(r *report.Report, path string, failed func(string)) []SideFile {
	here := func(k kind, named string) found {
		if named == "" {
			return found{}
		}
		return k.at(filepath.Join(filepath.Dir(path), filepath.Base(named)))
	}
	return readFiles([]found{
		here(speakersKind, r.Speakers), here(chatKind, r.Chat),
		here(contactSheetKind, r.ContactSheet), here(thumbnailKind, r.Thumbnail),
	}, failed)
}

// found is a file on the disk; without a path there is none.
type found struct {
	path string
	kind
}

func (k kind) at(path string) found { return found{path: path, kind: k} }

// readFiles reads the content of those that have a path and are there.
func readFiles(files []found, failed func(string)) []SideFile {
	var out []SideFile
	for _, f := range files {
		if f.path == "" {
			continue
		}
		content, err := readFile(f.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			failed(filepath.Base(f.path) + " could not be read, and is not beside the object: " + err.Error())
		default:
			out = append(out, SideFile{kind: f.kind, content: always(content)})
		}
	}
	return out
}

func readFile(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no regular file")
	case info.Size() > largestBeside:
		return nil, fmt.Errorf("it has %d bytes, more than the %d that are put beside an object", info.Size(), largestBeside)
	}
	return os.ReadFile(path)
}
