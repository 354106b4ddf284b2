//go:build e2e

package stage_test

import (
	"os"
	"testing"

	"beam/layout/stage"
)

// received is what a page knows of a picture that it receives.
type received struct {
	Asked    int // for key frames
	Received int // frames
	Decoded  int
	Width    int // of the decoded frames
	Keys     int // key frames that the sender made
}

// TestWithheldAsksForNothing: nobody in the room notices that a picture is withheld.
// Its decoder gets frames, none of them the sender's, and asks for no more key frames
// than one that shows it. When the person passes, the picture is there.
func TestWithheldAsksForNothing(t *testing.T) {
	html, err := os.ReadFile("testdata/codecs.html")
	if err != nil {
		t.Fatal(err)
	}
	v := open(t, hd, serve(t, string(html)), stage.Facts{Layout: stage.Native, Roles: []string{"host"}}, "")
	v.eventually("all is sent", func() bool { return eval[bool](v, "window.sent === true") })
	codecs := eval[[]string](v, "Object.keys(codecs)")
	if len(codecs) < 2 { // VP8 and VP9 are in every build
		t.Fatalf("this browser has %v", codecs)
	}
	look := func(codec string) received { return eval[received](v, "codecs."+codec+"()") }
	for _, codec := range codecs {
		v.eventually(codec+" arrives", func() bool { return look(codec).Decoded >= 50 })
		// One may be asked for at the beginning, before the first is there.
		if got := look(codec); got.Width != 16 || got.Asked > 1 {
			t.Errorf("%s: %+v", codec, got)
		}
	}
	if got := eval[string](v, stage.CommandExpression(`{"do": "filter"}`)); got != "ok" {
		t.Fatal(got)
	}
	for _, codec := range codecs {
		v.eventually(codec+" is seen", func() bool { return look(codec).Width == 320 })
	}
}
