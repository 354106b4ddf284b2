package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"beam/beam"
	"beam/capture/inspect"
)

func (a *app) inspectCommand() *cobra.Command {
	var asJSON bool
	var pictures pictureFiles
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Judge any recording by what is in it",
		Long: `Inspect decodes a recording, of Beam's or any other recorder's, and prints its
quality report: distinct and repeated pictures, the longest freeze, silence,
holes in the sound, how picture and sound begin and end. It can draw the recording
too: --contact-sheet shows the whole of it in one PNG, with the sound's waveform.`,
		Args: exactArgs(1, "file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.inspect(cmd, args[0], asJSON, pictures)
		},
	}
	pictureFlags(cmd.Flags(), &pictures)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	return cmd
}

func (a *app) inspect(cmd *cobra.Command, path string, asJSON bool, pictures pictureFiles) error {
	if info, err := os.Stat(path); err != nil {
		return usageError{err}
	} else if info.IsDir() {
		return usagef("%s is a folder; give a recording", path)
	}
	if err := pictures.check(path); err != nil {
		return err
	}
	tools, err := beam.DecodeTools(beam.ToolsFromEnvironment())
	if err != nil {
		return err
	}
	report, err := tools.Quality(cmd.Context(), path)
	if err != nil {
		return err
	}
	if _, err := pictures.draw(cmd.Context(), tools, path); err != nil {
		return err
	}
	if asJSON {
		encoder := json.NewEncoder(a.stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(report)
	}
	fmt.Fprint(a.stdout, inspectText(path, report))
	return nil
}

// inspectText is the report for people.
func inspectText(path string, r inspect.Report) string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-9s %s\n", name, fmt.Sprintf(format, args...))
	}
	seconds := func(s float64) time.Duration {
		return time.Duration(s * float64(time.Second)).Round(10 * time.Millisecond)
	}
	line("file", "%s: %s, %v, %.0f kb/s", path, size(r.File.Bytes), seconds(r.File.DurationSeconds), float64(r.File.BitsPerSecond)/1000)
	if v, p := r.File.Video, r.Picture; v != nil && p != nil {
		line("video", "%s %s, %dx%d, %s %s", v.Codec, v.Profile, v.Width, v.Height, v.PixelFormat, v.ColourMatrix)
		line("", "%d frames (%.2f a second), %d distinct (%.2f a second), %d repeated", p.Pictures, p.PerSecond, p.Distinct, p.DistinctPerSecond, p.Repeated)
		line("", "longest freeze %.0f ms at %v; longest gap between frames %.0f ms", p.LongestFreezeMs, seconds(p.LongestFreezeAtSeconds), p.LongestGapMs)
		if p.DecodeErrors > 0 {
			line("", "%d decode errors", p.DecodeErrors)
		}
	} else {
		line("video", "none")
	}
	if s, v := r.File.Audio, r.Sound; s != nil && v != nil {
		line("audio", "%s %s, %d Hz, %d channels", s.Codec, s.Profile, s.SampleRate, s.Channels)
		line("", "mean %.1f dBFS, peak %.1f dBFS, %d samples clipped", v.MeanDBFS, v.PeakDBFS, v.ClippedSamples)
		line("", "silent %v, longest %v at %v; %d holes, %v in all", seconds(v.SilentSeconds), seconds(v.LongestSilenceSeconds), seconds(v.LongestSilenceAtSeconds), v.Gaps, seconds(v.GapSeconds))
	} else {
		line("audio", "none")
	}
	if s := r.Sync; s != nil {
		line("together", "audio begins %+.0f ms and ends %+.0f ms against the video, and covers %.2f %% of it", s.StartDifferenceMs, s.EndDifferenceMs, 100*s.SoundCoverage)
	}
	for _, e := range r.File.Errors {
		line("fault", "%s", e)
	}
	return b.String()
}
