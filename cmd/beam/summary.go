package main

import (
	"cmp"
	"fmt"
	"time"

	"beam/beam"
)

// summary prints what people want to know of a finished recording.
func (a *app) summary(r *beam.Report) {
	length := time.Duration(r.Seconds * float64(time.Second)).Round(10 * time.Millisecond)
	a.stderr.say("%s: %v, %s (%s)", r.Output, length, size(r.Bytes), r.StopReason)
	if p := r.Pictures; p != nil {
		kept := ""
		if p.Kept >= 0 {
			kept = fmt.Sprintf(" (%.1f %% of what the page painted)", p.Kept)
		}
		a.stderr.say("video: %dx%d, %d frames, %d distinct (%.1f fps)%s, %d dropped, longest freeze %.0f ms; %s",
			r.Width, r.Height, p.Encoded, p.Distinct, p.DistinctFPS, kept, p.Dropped, p.LongestFreeze, engines(r))
	}
	s := r.Sound
	a.stderr.say("audio: %.4g %% captured, %.1f s of it silent, %.0f ms filled in, %s, peak %.0f dBFS, drift %.2f ms a minute, corrected",
		s.Covered, s.Silent, s.Filled, loudness(s.LUFS), s.PeakDBFS, s.DriftPerMin)
	used := ""
	for _, u := range r.Resources {
		if used != "" {
			used += ", "
		}
		used += fmt.Sprintf("%s %.2f cores %.0f MB", u.Name, u.Cores, u.PeakMB)
	}
	a.stderr.say("used: %s", used)
	if u := r.Upload; u != nil && u.Error == "" {
		a.stderr.say("uploaded: %s", uploadedText(u))
	}
	for _, d := range r.Degraded {
		a.stderr.warn("degraded: %s", d)
	}
	if r.Tracks != "" {
		a.stderr.say("each participant apart: %s", r.Tracks)
	}
	for _, made := range r.Renditions {
		if made.Error == "" {
			a.stderr.say("rendition: %s: %dx%d, %s", cmp.Or(made.URL, made.File), made.Width, made.Height, size(made.Bytes))
		}
	}
	if r.Playlist != "" {
		a.stderr.say("playlist: %s", r.Playlist)
	}
	if u := r.Upload; u != nil && u.PlaylistURL != "" {
		a.stderr.say("playlist: %s", u.PlaylistURL)
	}
	if r.Zip != "" {
		a.stderr.say("zip: %s", r.Zip)
	}
	if r.Presigned != "" {
		a.stderr.say("playlist: %s, from the private bucket until %s", r.Presigned, r.PresignedUntil.Format(time.RFC3339))
	}
	a.stderr.say("report: %s", beam.ReportPath(r.Output))
}

// engines names where the frames came from.
func engines(r *beam.Report) string {
	all := r.Engine
	for _, c := range r.EngineChanges {
		all += fmt.Sprintf(", %s from %.0f s on", c.To, c.At)
	}
	return all
}

func loudness(lufs float64) string {
	if lufs <= -100 {
		return "silent"
	}
	return fmt.Sprintf("%.1f LUFS", lufs)
}
