//go:build e2e

package e2e

import (
	"encoding/json"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"testing"

	"beam/beam/demo"
	"beam/beam/report"
	"beam/beam/tracks"
	"beam/capture/inspect"
	"beam/capture/inspect/avsync"
)

// manifest reads tracks.json of a recording, whose files are all whole.
func (r *recording) manifest() (dir string, m tracks.Manifest) {
	r.t.Helper()
	dir = report.TracksPath(r.out)
	data, err := os.ReadFile(filepath.Join(dir, tracks.ManifestName))
	if err != nil {
		r.t.Fatal(err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		r.t.Fatal(err)
	}
	for _, e := range m.Tracks {
		if e.Error != "" || e.ByArrival {
			r.t.Errorf("a track: %+v", e)
		}
	}
	for _, p := range m.People {
		if p.Error != "" {
			r.t.Errorf("a participant: %+v", p)
		}
	}
	return dir, m
}

// What is asserted of a participant's file. Its times are those of the page's playing.
const (
	tracksSyncMs  = 40 // of its audio against its video
	tracksPlaceMs = 50 // of where it says that it is in the recording; the grid has 33 ms
)

// apart checks the file of the one participant of the lip sync page: in sync, and where
// it says that it is in the composed recording, whose flashes are given.
func apart(t *testing.T, r *recording, composed avsync.LipSync) {
	t.Helper()
	dir, m := r.manifest()
	if len(m.People) != 1 || len(m.Tracks) != 2 {
		t.Fatalf("%+v", m)
	}
	own, err := avsync.JudgeLipSync(limited(t), inspect.Tools{}, filepath.Join(dir, m.People[0].File))
	if err != nil {
		t.Fatal(err)
	}
	var off []float64
	for _, p := range own.Pairs {
		at := 1000*p.FileSeconds + float64(m.People[0].StartMS)
		nearest := math.Inf(1)
		for _, c := range composed.Pairs {
			if d := at - 1000*c.FileSeconds; math.Abs(d) < math.Abs(nearest) {
				nearest = d
			}
		}
		off = append(off, nearest)
	}
	t.Logf("apart: offset %.0f ms (%.0f to %.0f) over %d pairs, %.0f ms from where it is in the recording", own.Offset.MedianMs, own.Offset.MinMs, own.Offset.MaxMs, len(own.Pairs), median(off))
	if len(own.Pairs) < 4 || math.Abs(own.Offset.MedianMs) > tracksSyncMs || math.Abs(median(off)) > tracksPlaceMs {
		t.Errorf("apart: offset %+v, %.0f ms from where it is in the recording", own.Offset, off)
	}
}

// TestTracks records the demo room with each participant apart: everybody's file has
// their picture and their voice, and nobody else's; and there is a file for each track.
func TestTracks(t *testing.T) {
	t.Parallel()
	r := record(t, "demo", "--duration", "10s", "--resolution", "480p", "--tracks-only", "--exclude-role", "viewer")
	r.completes()
	dir, m := r.manifest()
	people := demo.Participants()
	var colours []color.RGBA
	var voices []float64
	for _, p := range people {
		colours, voices = append(colours, p.Color), append(voices, p.ToneHz)
	}
	files := map[string]tracks.Person{}
	for _, p := range m.People {
		if p.Medium == "camera" {
			files[p.Name] = p
		}
	}
	for i, p := range people {
		file, there := files[p.Name]
		if there == (p.Role == "viewer") {
			t.Errorf("%s, %s, has a file: %v", p.Name, p.Role, there)
		}
		if !there {
			continue
		}
		path := filepath.Join(dir, file.File)
		_, share := shares(t, path, colours...)
		if least := 25 * int(file.Seconds-1); len(share) < least {
			t.Errorf("%s: %d frames, at least %d were sent", p.Name, len(share), least)
		}
		for n, row := range share {
			for j, s := range row {
				if (s > 0.1) != (i == j) {
					t.Fatalf("%s: frame %d has %.2f of the colour of %s", p.Name, n, s, people[j].Name)
				}
			}
		}
		windows := tones(t, path, voices...)
		heard := 0
		for _, w := range windows {
			for j, level := range w.LevelsDBFS {
				switch {
				case i == j && level > -25:
					heard++
				case i != j && level > -40 && level > w.LevelsDBFS[i]-20:
					t.Fatalf("%s: at %v the voice of %s has %.0f dBFS", p.Name, w.At, people[j].Name, level)
				}
			}
		}
		if heard < 10 {
			t.Errorf("%s is heard in %d windows", p.Name, heard)
		}
	}
}
