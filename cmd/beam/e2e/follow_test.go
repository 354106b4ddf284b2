//go:build e2e

package e2e

import (
	"image/color"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"beam/beam"
	"beam/beam/demo"
)

// caller is a page that receives somebody over WebRTC: a canvas of a colour in a
// video as large as the page, until gone() is called.
func caller(colour string) string {
	return `<style>body { margin: 0; background: #777 } video { position: fixed; inset: 0; width: 100%; height: 100%; object-fit: fill }</style><body><script>
let gone;
(async () => {
	const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
	const c = canvas.getContext('2d');
	let n = 0;
	setInterval(() => { c.fillStyle = '` + colour + `'; c.fillRect(0, 0, 640, 360); c.fillStyle = '#fff'; c.fillRect((n++ * 8) % 640, 300, 20, 10); }, 40);
	const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
	a.onicecandidate = (e) => e.candidate && b.addIceCandidate(e.candidate);
	b.onicecandidate = (e) => e.candidate && a.addIceCandidate(e.candidate);
	const video = Object.assign(document.createElement('video'), { autoplay: true, muted: true });
	b.ontrack = (e) => { video.srcObject = e.streams[0]; document.body.append(video); };
	const stream = canvas.captureStream(25);
	stream.getTracks().forEach((t) => a.addTrack(t, stream));
	await a.setLocalDescription();
	await b.setRemoteDescription(a.localDescription);
	await b.setLocalDescription();
	await a.setRemoteDescription(b.localDescription);
	gone = () => { a.close(); b.close(); video.remove(); };
})();
</script>`
}

// TestFollowed: a page that goes elsewhere is followed, whoever was there before has
// left, and the layout that was chosen stays.
func TestFollowed(t *testing.T) {
	t.Parallel()
	t.Run("left for another page", func(t *testing.T) {
		t.Parallel()
		s := serve(t, func(load int) string {
			if load == 1 {
				return caller("#2060c0") + `<script>fetch('/go').then(() => { location.href = '/?over' })</script>`
			}
			return ground(color.RGBA{128, 32, 128, 255}) + "the meeting has ended"
		})
		s.Start()
		r := record(t, s.URL, "--resolution", "480p", "--idle-timeout", "3s", "--max-duration", "2m")
		r.recordFor(2 * time.Second)
		s.release()
		r.completes()
		if report := r.report(); report.StopReason != beam.ReasonLastLeft || !slices.ContainsFunc(report.Notices, func(n string) bool { return strings.Contains(n, "page was loaded anew") }) {
			t.Errorf("stopped by %q, notices %q", report.StopReason, report.Notices)
		}
	})
	t.Run("loaded anew", func(t *testing.T) {
		t.Parallel()
		s := serve(t, func(load int) string {
			if load == 1 {
				return caller("#2060c0") + `<script>fetch('/go').then(() => { location.reload() })</script>`
			}
			return caller("#20a040") + `<script>setTimeout(() => fetch('/shown'), 3000)</script>`
		})
		s.Start()
		r := record(t, s.URL, "--resolution", "480p", "--layout", "grid", "--id", "anew")
		r.recordFor(time.Second)
		r.told("layout", "spotlight")
		s.release()
		r.until(time.Minute, "the new page", func() bool { return s.Shown.Load() > 0 })
		r.signal(syscall.SIGTERM)
		r.completes()
		if report := r.report(); report.Layout != "spotlight" {
			t.Errorf("layout %q, notices %q", report.Layout, report.Notices)
		}
		_, share := shares(t, r.out, color.RGBA{0x20, 0xa0, 0x40, 255})
		if last := share[len(share)-1][0]; last < 0.8 {
			t.Errorf("%.2f of the last frame is of who is there after the reload", last)
		}
	})
	t.Run("in another tab", func(t *testing.T) {
		t.Parallel()
		s := serve(t, func(load int) string {
			if load == 1 {
				return ground(color.RGBA{128, 128, 128, 255}) + `<a id=join target=_blank href="/?room">Join</a>`
			}
			return caller("#2060c0")
		})
		s.Start()
		r := record(t, s.URL, "--resolution", "480p", "--click", "#join", "--duration", "4s")
		r.completes()
		_, share := shares(t, r.out, color.RGBA{0x20, 0x60, 0xc0, 255})
		if last := share[len(share)-1][0]; last < 0.8 {
			t.Errorf("%.2f of the last frame is of the room in the other tab", last)
		}
	})
}

// TestDevices: a room that lets nobody in without a microphone is entered with a
// silent one, and a page that shows something without gets none.
func TestDevices(t *testing.T) {
	t.Parallel()
	wants := ground(color.RGBA{224, 192, 0, 255}) + `allow the microphone<script>
navigator.mediaDevices.getUserMedia({ audio: true, video: true }).then((s) => {
	document.documentElement.style.background = s.getTracks().length === 2 ? 'rgb(32 96 192)' : 'red';
	document.body.textContent = '';
}, () => {});
</script>`
	for flag, want := range map[string]color.RGBA{"auto": {32, 96, 192, 255}, "silent": {32, 96, 192, 255}, "none": {224, 192, 0, 255}} {
		t.Run(flag, func(t *testing.T) {
			t.Parallel()
			r := record(t, open(t, wants).URL, "--resolution", "480p", "--duration", "2s", "--devices", flag)
			r.completes()
			_, share := shares(t, r.out, want)
			if last := share[len(share)-1][0]; last < 0.9 {
				t.Errorf("%.2f of the last frame has the colour", last)
			}
			if told := slices.ContainsFunc(r.report().Notices, func(n string) bool { return strings.Contains(n, "microphone") }); told != (flag != "silent") {
				t.Errorf("notices %q", r.report().Notices)
			}
		})
	}
}

// TestExclude leaves somebody out while recording, and takes them back.
func TestExclude(t *testing.T) {
	t.Parallel()
	colours, _ := demoPeople()
	r := record(t, "demo", "--layout", "grid", "--accent", "white", "--resolution", "480p", "--id", "privacy")
	r.recordFor(4 * time.Second)
	host := demo.Participants()[0].Name
	r.told("exclude", "privacy", strings.ToUpper(host))
	r.recordFor(3 * time.Second)
	r.told("include", "privacy", host)
	r.recordFor(4 * time.Second)
	r.signal(syscall.SIGTERM)
	r.completes()
	at, share := shares(t, r.out, colours...)
	var left, back float64
	for _, n := range r.report().Notices {
		switch {
		case strings.Contains(n, "left out from"):
			left = second(t, n)
		case strings.Contains(n, "recorded from"):
			back = second(t, n)
		}
	}
	if left == 0 || back <= left {
		t.Fatalf("left out from %.0f, back from %.0f; notices %q", left, back, r.report().Notices)
	}
	seen := 0
	for i, row := range share {
		s := at[i].Seconds()
		// The notices have whole seconds; half a second is what it may take.
		if s > left+1.5 && s < back-1 && row[0] > 0.002 {
			t.Errorf("%s has %.3f of the frame at %.1f s", host, row[0], s)
		}
		if s > back+2 && row[0] > 0.02 {
			seen++
		}
	}
	if seen == 0 {
		t.Errorf("%s is not seen again", host)
	}
}

// second returns the second that a notice names.
func second(t *testing.T, notice string) float64 {
	t.Helper()
	fields := strings.Fields(notice)
	i := slices.Index(fields, "second")
	if i < 0 || i+1 >= len(fields) {
		t.Fatalf("no second in %q", notice)
	}
	d, err := time.ParseDuration(fields[i+1] + "s")
	if err != nil {
		t.Fatal(err)
	}
	return d.Seconds()
}

// TestExcludedStayOut: who was left out while recording is neither seen nor heard
// when the room has to be joined again, from its first frame and sample on.
func TestExcludedStayOut(t *testing.T) {
	t.Parallel()
	colours, voices := demoPeople()
	r := record(t, "demo", "--layout", "grid", "--accent", "white", "--resolution", "480p", "--id", "stay-out")
	r.recordFor(3 * time.Second)
	host := demo.Participants()[0].Name
	r.told("exclude", "stay-out", host)
	r.recordFor(2 * time.Second)
	r.kill("Chrome", process.isChrome)
	r.says("the room was joined again")
	r.recordFor(6 * time.Second)
	r.signal(syscall.SIGTERM)
	r.ends(exitDegraded)
	left := 0.0
	for _, n := range r.report().Notices {
		if strings.Contains(n, "left out from") {
			left = second(t, n)
		}
	}
	at, share := shares(t, r.out, colours...)
	others := 0
	for i, row := range share {
		if at[i].Seconds() < left+1.5 {
			continue
		}
		if row[0] > 0.002 {
			t.Errorf("%s has %.3f of the frame at %v", host, row[0], at[i])
		}
		if i > len(share)-30 && row[1] > 0.02 {
			others++
		}
	}
	if others == 0 {
		t.Error("nobody else is seen at the end")
	}
	for _, w := range tones(t, r.out, voices...) {
		if w.At.Seconds() < left+1.5 {
			continue
		}
		// As in TestRoles: clicks of a busy Chrome are in every frequency.
		loudest := slices.Max(w.LevelsDBFS[1:])
		if level := w.LevelsDBFS[0]; level > -30 || level > -50 && loudest < -50 {
			t.Errorf("%s is heard at %v: %v", host, w.At, w.LevelsDBFS)
		}
	}
}
