//go:build e2e

package chrome

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"beam/capture"
)

// visits writes down what each request of a path brought.
type visits struct {
	mu   sync.Mutex
	seen map[string]string
}

func (v *visits) note(r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.seen == nil {
		v.seen = map[string]string{}
	}
	user, _, _ := r.BasicAuth()
	cookie := ""
	if c, err := r.Cookie("sid"); err == nil {
		cookie = c.Value
	}
	v.seen[r.URL.Path] = fmt.Sprintf("key=%s agent=%s user=%s sid=%s", r.Header.Get("X-Key"), r.Header.Get("Accept-Language"), user, cookie)
}

func (v *visits) of(path string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.seen[path]
}

// The page's origin gets everything; what it embeds and redirects to from
// elsewhere gets nothing.
func TestAccess(t *testing.T) {
	t.Parallel()
	b := launch(t, nil)
	var own, foreign visits
	var elsewhere string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		foreign.note(r)
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if r.URL.Path == "/locked" {
			w.Header().Set("WWW-Authenticate", `Basic realm="elsewhere"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(other.Close)
	elsewhere = strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		own.note(r)
		if user, password, _ := r.BasicAuth(); user != "ada" || password != "open sesame" {
			w.Header().Set("WWW-Authenticate", `Basic realm="room"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, `<!doctype html><link rel=icon href=data:,><script>

const get = (url) => fetch(url).then(() => 0, () => 0);
window.all = Promise.all([get('/api'), get('%[1]s/api'), get('/away'), get('%[1]s/locked')]).then(() => 'done');
</script>`, elsewhere)
		case "/away":
			http.Redirect(w, r, elsewhere+"/redirected", http.StatusFound)
		}
	}))
	t.Cleanup(site.Close)

	access := Access{
		Headers: []Field{{"X-Key", "k1"}, {"accept-language", "eo"}},
		Cookies: []Field{{"sid", "c1"}},
		User:    "ada", Password: "open sesame", HasLogin: true,
	}
	p := open(t, b, OpenOptions{URL: site.URL, Access: access})
	if raw, err := p.Evaluate(within(t), "all"); err != nil || string(raw) != `"done"` {
		t.Fatalf("%s, %v", raw, err)
	}
	for _, path := range []string{"/", "/api", "/away"} {
		if got := own.of(path); got != "key=k1 agent=eo user=ada sid=c1" {
			t.Errorf("own %s: %s", path, got)
		}
	}
	for _, path := range []string{"/api", "/redirected", "/locked"} {
		got := foreign.of(path)
		if got == "" || strings.Contains(got, "k1") || strings.Contains(got, "agent=eo") || strings.Contains(got, "ada") || strings.Contains(got, "c1") {
			t.Errorf("elsewhere %s: %s", path, got)
		}
	}
	p.Close(within(t))

	// A wrong password is given once and then no more. The browser remembers
	// the right one, but for the other origin.
	access.Password = "wrong"
	_, err := b.Open(within(t), OpenOptions{
		URL: strings.Replace(site.URL, "127.0.0.1", "localhost", 1), Access: access})
	var f *capture.Fault
	if !errors.As(err, &f) || f.Class != capture.ClassRoom || !strings.Contains(err.Error(), "401") || strings.Contains(err.Error(), "wrong") {
		t.Errorf("wrong password: %v", err)
	}

	for _, o := range []OpenOptions{
		{URL: site.URL, Access: Access{Headers: []Field{{"Host", "x"}}}},
		{URL: "about:blank", Access: Access{Cookies: []Field{{"a", "b"}}}},
	} {
		_, err := b.Open(within(t), o)
		if !errors.As(err, &f) || f.Class != capture.ClassUsage {
			t.Errorf("%s: %v", o.URL, err)
		}
	}
}
