package livekit

import (
	"errors"
	"io/fs"
	"regexp"
	"testing"
	"testing/fstest"
)

func TestSite(t *testing.T) {
	page := &fstest.MapFile{Data: []byte("(() => {})();")}
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  error
	}{
		"bundle":       {fstest.MapFS{"index.html": page, "dist/page.js": page}, nil},
		"no bundle":    {fstest.MapFS{"index.html": page, "dist/README.md": page}, ErrNoBundle},
		"empty bundle": {fstest.MapFS{"index.html": page, "dist/page.js": {}}, ErrNoBundle},
	} {
		if _, err := site(c.files); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// What the page refers to is among its own files, and it loads nothing from
// elsewhere.
func TestPageRefersToItself(t *testing.T) {
	html, err := fs.ReadFile(files, "index.html")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllSubmatch(html, -1)
	if len(found) != 3 {
		t.Fatalf("%d references in the page, want 3", len(found))
	}
	for _, ref := range found {
		switch path := string(ref[1]); path {
		case "data:,", "dist/page.js": // no icon; the bundle need not be there
		default:
			if _, err := fs.Stat(files, path); err != nil {
				t.Errorf("the page refers to %s: %v", path, err)
			}
		}
	}
}
