//go:build e2e

package expect

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"beam/capture"
	"beam/capture/chrome"
)

// What a page shows and hides, asked of a real one.
func TestTextsOfAPage(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<!doctype html><link rel=icon href=data:,><style>.up { text-transform: uppercase }</style>
<p>Split <b>over</b>
 lines</p><p hidden>Hidden text</p><p style="visibility:hidden">Invisible text</p><p class=up>loud</p>
<div id=host></div><iframe srcdoc="<p>Framed text"></iframe><div style="height:3000px"></div><p>Far down ünï
<script>host.attachShadow({ mode: 'open' }).innerHTML = '<style>p{}</style><p>Shadow text</p>'; const code = 'Script text'</script>`))
	}))
	t.Cleanup(site.Close)
	path, err := chrome.Find("")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "be")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	b, err := chrome.Launch(ctx, chrome.Options{Path: path, Dir: dir, Size: capture.Size{Width: 640, Height: 480}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close(context.WithoutCancel(ctx))
	page, err := b.Open(ctx, chrome.OpenOptions{URL: site.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer page.Close(ctx)
	if err := page.Do(ctx, chrome.Step{Kind: chrome.StepWaitFor, Selector: "text=Framed text"}); err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{
		"Split over lines": true, "LOUD": true, "loud": false, "Shadow text": true, "Framed text": true, "Far down ünï": true, "Far down u\u0308ni\u0308": true,
		"Hidden text": false, "Invisible text": false, "Script text": false, "p{}": false,
	}
	var wanted []string
	for text := range texts {
		wanted = append(wanted, text)
	}
	x := NewTexts(wanted, hideHunter)
	expr, _ := x.Expression()
	raw, err := page.Evaluate(ctx, expr)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Observe(raw); err != nil {
		t.Fatal(err)
	}
	s := x.Seen()
	for text, want := range texts {
		if s.Seen[text] != want {
			t.Errorf("%q: seen %v", text, s.Seen[text])
		}
	}
	if !json.Valid(raw) || !strings.HasPrefix(s.Last, "Split over lines LOUD") {
		t.Errorf("the text begins %q", s.Last)
	}
}
