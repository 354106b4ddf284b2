package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"beam/beam"
	"beam/beam/vod"
)

// The kind may follow --vod after a blank, as other flags' values may, and the
// room's URL is not taken for it.
func TestVODFlag(t *testing.T) {
	for line, want := range map[string]struct {
		mode vod.Mode
		args string
	}{
		"https://a/b":                 {vod.Off, "https://a/b"},
		"--vod https://a/b":           {vod.OfFile, "https://a/b"},
		"https://a/b --vod":           {vod.OfFile, "https://a/b"},
		"https://a/b --vod file":      {vod.OfFile, "https://a/b"},
		"--vod file https://a/b":      {vod.OfFile, "https://a/b"},
		"--vod=file https://a/b":      {vod.OfFile, "https://a/b"},
		"--vod=false https://a/b":     {vod.Off, "https://a/b"},
		"--vod=true https://a/b":      {vod.OfFile, "https://a/b"},
		"file":                        {vod.Off, "file"},
		"--vod https://a/b https://c": {vod.OfFile, "https://a/b https://c"},
	} {
		var o vodFlag
		flags := pflag.NewFlagSet("record", pflag.ContinueOnError)
		vodFlags(flags, &o, &beam.Config{})
		if err := flags.Parse(strings.Fields(line)); err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		rest := o.rest(flags.Args())
		args := o.take(flags.Args())
		if o.mode != want.mode || strings.Join(args, " ") != want.args || !slices.Equal(rest, args) {
			t.Errorf("%s: %q, %q, want %+v", line, o.mode, args, want)
		}
	}
	var o vodFlag
	if err := o.Set("films"); err == nil {
		t.Error("films are a kind")
	}
}
