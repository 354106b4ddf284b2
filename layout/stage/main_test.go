//go:build e2e

package stage_test

import (
	"fmt"
	"net/http"
	"os"
	"testing"

	"go.uber.org/goleak"

	"beam/capture"
	"beam/capture/chrome"
)

// suite closes what the tests share before goleak looks.
type suite struct{ *testing.M }

func (s suite) Run() int {
	code := s.M.Run()
	if err := closeBrowsers(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "stage-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	browsers.dir, browsers.byKey = dir, map[capture.Size]*chrome.Browser{}
	goleak.VerifyTestMain(suite{m})
}

// page is a handler that serves one page at /.
type page string

func (p page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, string(p))
}
