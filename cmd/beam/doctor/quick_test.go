//go:build e2e

package doctor

import (
	"log/slog"
	"os"
	"slices"
	"testing"

	"beam/beam"
)

// TestRunQuick examines this machine, which has all programs, and leaves it as
// it was.
func TestRunQuick(t *testing.T) {
	temp := shortDir(t)
	var told []string
	all, err := Run(t.Context(), t.Context(), Options{
		Config: beam.Defaults(), Folder: t.TempDir(), TempDir: temp, Quick: true,
	}, slog.New(slog.DiscardHandler), func(f Finding) { told = append(told, f.ID) })
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, f := range all {
		ids = append(ids, f.ID)
		switch f.ID {
		case Temp, Chrome, FFmpeg, PulseAudio, Xvfb, Cores, Disk:
			if f.Status != OK {
				t.Errorf("%v", f)
			}
		}
	}
	want := []string{Temp, Chrome, Sandbox, FFmpeg, PulseAudio, Xvfb, Fonts, SharedMem, Cores, Memory, Disk, Clock}
	if !slices.Equal(ids, want) || !slices.Equal(told, want) {
		t.Errorf("found %v, told %v, want %v", ids, told, want)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}
