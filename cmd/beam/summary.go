package main

import (
	"fmt"
	"time"

	"beam/beam"
)

// summary prints what people want to know of a finished recording.
func (a *app) summary(r *beam.Report) {
	length := time.Duration(r.Seconds * float64(time.Second)).Round(10 * time.Millisecond)
	a.stderr.say("%s: %v, %s (%s)", r.Output, length, size(r.Bytes), r.StopReason)
	if p := r.Pictures; p != nil {
		a.stderr.say("picture: %dx%d, %d pictures, %d distinct (%.1f fps), %d dropped, longest freeze %.0f ms; %s",
			r.Width, r.Height, p.Encoded, p.Distinct, p.DistinctFPS, p.Dropped, p.LongestFreeze, r.Engine)
	}
	s := r.Sound
	a.stderr.say("sound: %.4g %% captured, %.1f s of it silent, %.0f ms filled in, peak %.0f dBFS, drift %.2f ms a minute, corrected",
		s.Covered, s.Silent, s.Filled, s.PeakDBFS, s.DriftPerMin)
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
	a.stderr.say("report: %s", beam.ReportPath(r.Output))
}
