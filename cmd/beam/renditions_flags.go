package main

import (
	"fmt"

	"github.com/spf13/pflag"

	"beam/beam"
	"beam/beam/renditions"
	"beam/capture/rendition"
)

// renditionFlags adds the flags of a recording that is made smaller afterwards.
func renditionFlags(f *pflag.FlagSet, names *[]string) {
	f.StringSliceVar(names, "renditions", nil, "also make smaller MP4s when the recording is safe, and a playlist over all: 720p,480p,240p")
}

// readRenditions reads the sizes of --renditions.
func readRenditions(names []string, c *beam.Config) (err error) {
	if c.Renditions, err = rendition.ParseSides(names); err != nil {
		return usagef("--renditions: %w", err)
	}
	return nil
}

// renditionText is the live line while renditions are made.
func renditionText(p *renditions.Progress) string {
	return fmt.Sprintf("renditions: %s %3.0f %%", p.Stage, 100*p.Done)
}
