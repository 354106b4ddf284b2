//go:build e2e

package chrome

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"beam/capture"
	"beam/capture/video"
)

// moving changes in each animation frame.
const moving = `<body style="margin:0"><canvas id=c width=300 height=300></canvas><script>
	const x = c.getContext("2d"); let n = 0;
	(function paint() { x.fillStyle = "hsl(" + n++ + ",90%,50%)"; x.fillRect(0, 0, 300, 300); requestAnimationFrame(paint) })();
</script>`

// record runs a screencast until n pictures came.
func record(t *testing.T, p *Page, n int) []capture.Frame {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var frames []capture.Frame
	err := p.Screencast(ctx, ScreencastOptions{Quality: 80}, func(f capture.Frame) {
		if frames = append(frames, f); len(frames) == n {
			cancel()
		}
	})
	if err != nil || len(frames) < n {
		t.Fatalf("%d frames, %v", len(frames), err)
	}
	return frames
}

func TestScreencast(t *testing.T) {
	s := serve(t, map[string]string{"/": moving})
	screen := display(t, capture.Size{Width: 720 + 16, Height: 1280 + 16})
	for _, test := range []struct {
		size    capture.Size
		display string
	}{
		{capture.Size{Width: 1280, Height: 720}, ""},
		{capture.Size{Width: 720, Height: 1280}, ""},
		{capture.Size{Width: 720, Height: 1280}, screen},
	} {
		t.Run(test.size.String()+test.display, func(t *testing.T) {
			b := launch(t, func(o *Options) { o.Size, o.Display = test.size, test.display })
			p := open(t, b, OpenOptions{URL: s.URL})
			begin := capture.Now()
			frames := record(t, p, 45)
			end := capture.Now()
			reorder := video.NewReorder(time.Hour)
			for i, f := range frames {
				c, err := jpeg.DecodeConfig(bytes.NewReader(f.JPEG))
				if err != nil || (capture.Size{Width: c.Width, Height: c.Height}) != test.size {
					t.Fatalf("frame %d: %dx%d, %v", i, c.Width, c.Height, err)
				}
				// The first picture may have been swapped before the start;
				// a swap is stamped with the time at which it will be seen.
				if at := f.At; at < begin.Add(-5*time.Second) || at > end.Add(100*time.Millisecond) {
					t.Errorf("frame %d: captured at %v, between %v and %v", i, at, begin, end)
				}
				reorder.Push(f)
			}
			sorted := reorder.Drain(end.Add(time.Second))
			if len(sorted) != len(frames) {
				t.Fatalf("%d of %d after the sort", len(sorted), len(frames))
			}
			for i := 1; i < len(sorted); i++ {
				if sorted[i].At <= sorted[i-1].At {
					t.Errorf("frame %d at %v, the one before at %v", i, sorted[i].At, sorted[i-1].At)
				}
			}
			// Not all stamped with their arrival: the swaps are those of a
			// 60 Hz clock.
			if d := sorted[len(sorted)-1].At.Sub(sorted[1].At); d < 300*time.Millisecond || d > 20*time.Second {
				t.Errorf("%d frames in %s", len(sorted)-1, d)
			}
		})
	}
}

func TestScreencastOf(t *testing.T) {
	b := launch(t, nil)
	t.Run("monotonic clock", func(t *testing.T) { testMonotonic(t, b) })
	t.Run("refresh", func(t *testing.T) { testRefresh(t, b) })
	t.Run("slow taker", func(t *testing.T) { testSlowTaker(t, b) })
	t.Run("low rates", func(t *testing.T) { testLowRates(t, b) })
	t.Run("last look", func(t *testing.T) { testLastLook(t, b) })
	t.Run("navigation", func(t *testing.T) { testNavigation(t, b) })
}

func testMonotonic(t *testing.T, b *Browser) {
	s := serve(t, map[string]string{"/": moving})
	p := open(t, b, OpenOptions{URL: s.URL})
	shots := make(chan shot, 100)
	b.pipe.onShot(func(s shot) { shots <- s })
	defer b.pipe.onShot(nil)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := (&cast{page: p, target: p.target()}).start(ctx); err != nil {
		t.Fatal(err)
	}
	for range inFlight {
		select {
		case s := <-shots:
			if s.monotonic == 0 {
				t.Log("this chrome does not tell the monotonic time; the wall clock is used")
			} else if d := capture.Now().Sub(capture.FromMonotonic(seconds(s.monotonic))); d < -time.Second || d > 5*time.Second {
				t.Errorf("monotonic time is %s off", d)
			}
			if d := time.Since(time.Unix(0, int64(seconds(s.wall)))); d < -time.Second || d > 5*time.Second {
				t.Errorf("wall time is %s off", d)
			}
		case <-ctx.Done():
			t.Fatal("no frame")
		}
	}
	// Unacknowledged, these were all.
	select {
	case <-shots:
		t.Error("frame beyond those in flight")
	case <-time.After(300 * time.Millisecond):
	}
}

// testRefresh compares the times of Chrome's animation frames with the clock of
// recordings, which counts on 16666 us each: TestPaceSteady in capture/x11 tells
// what becomes of the video where they aren't. Only an isolated page is told them
// in 5 us.
func testRefresh(t *testing.T, b *Browser) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><script>
			times = []; (function frame(t) { if (t) times.push(t); requestAnimationFrame(frame) })()
		</script>`)
	}))
	t.Cleanup(s.Close)
	p := open(t, b, OpenOptions{URL: s.URL})
	var got struct {
		Isolated bool
		Times    []float64 // ms
	}
	for len(got.Times) < 100 {
		answer, err := p.Evaluate(within(t), `({Isolated: crossOriginIsolated, Times: times})`)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(answer, &got); err != nil || !got.Isolated {
			t.Fatalf("%s: %v", answer, err)
		}
	}
	boot := 1000 * time.Second
	begin, all := got.Times[0], capture.FromMonotonic(boot)
	for _, ms := range got.Times {
		at := capture.FromMonotonic(boot + time.Duration((ms-begin)*float64(time.Millisecond)))
		refreshes := at.Sub(all).Seconds() * 60
		if off := (refreshes - math.Round(refreshes)) / 60 * 1e6; math.Abs(off) > 15+0.1*refreshes {
			t.Fatalf("%.1f ms after the first animation frame comes one that is %.0f us off the recording's clock", ms-begin, off)
		}
	}
}

// A slow taker holds up Chrome, not memory, and loses no frame that was given.
func testSlowTaker(t *testing.T, b *Browser) {
	s := serve(t, map[string]string{"/": moving})
	p := open(t, b, OpenOptions{URL: s.URL})
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	n := 0
	err := p.Screencast(ctx, ScreencastOptions{}, func(capture.Frame) {
		n++
		time.Sleep(200 * time.Millisecond)
	})
	if err != nil || n < 4 {
		t.Errorf("%d frames, %v", n, err)
	}
	// The page is as good as before.
	record(t, p, 20)
}

// A page at 60 Hz is held to the wanted rate, which may be changed on the way,
// and a frame does not wait for its acknowledgement: it arrives long before the
// pace lets that go out.
func testLowRates(t *testing.T, b *Browser) {
	s := serve(t, map[string]string{"/": moving})
	p := open(t, b, OpenOptions{URL: s.URL})
	pace := NewPace(0)
	for _, test := range []struct {
		fps float64
		n   int
	}{{2, 7}, {5, 12}, {30, 60}} {
		pace.SetRate(test.fps)
		interval := time.Duration(float64(time.Second) / test.fps)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		frames := 0
		var first, last capture.Time
		err := p.Screencast(ctx, ScreencastOptions{Pace: pace}, func(f capture.Frame) {
			if frames++; frames == 1 {
				first = f.At
			}
			if last = f.At; frames == inFlight+test.n {
				cancel()
			}
		})
		cancel()
		if err != nil || frames < inFlight+test.n {
			t.Fatalf("%v fps: %d frames, %v", test.fps, frames, err)
		}
		// Never faster: the last frame was made for acknowledgement n, and the
		// first of these came after the first frame. Slower only where the machine is.
		d := last.Sub(first)
		if least := time.Duration(float64(test.n-1)*float64(interval)/paceMargin) - paceSlack - 2*refresh; d < least {
			t.Errorf("%v fps: %d frames in %v, want at least %v", test.fps, test.n, d, least)
		}
		if got := pace.Stats(); got.Frames < frames {
			t.Errorf("%v fps: stats %+v, after %d frames", test.fps, got, frames)
		}
	}
	// One acknowledgement goes out at once, the next one after more than a
	// minute. What Chrome may send until then comes, and waits for none; then
	// the rate is raised, while the screencast runs.
	pace.SetRate(0.01)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	n := 0
	err := p.Screencast(ctx, ScreencastOptions{Pace: pace}, func(capture.Frame) {
		if n++; n == inFlight+1 {
			pace.SetRate(60)
		}
		if n == 30 {
			cancel()
		}
	})
	if err != nil || n < 30 {
		t.Errorf("%d frames came, %v; %d were to come before the rate was raised", n, err, inFlight+1)
	}
}

// fading fades in from black to white within 20 paints each time that it is
// asked to, and then stays as it is.
const fading = `<body style="margin:0;background:#000"><script>
	function fade(n) { document.body.style.background = "rgb(" + n + "," + n + "," + n + ")"; if (n < 255) requestAnimationFrame(() => fade(Math.min(n + 13, 255))); }
</script>`

// An animation ends while Chrome has no credit for its last paint: it is seen all the same.
func testLastLook(t *testing.T, b *Browser) {
	s := serve(t, map[string]string{"/": fading})
	p := open(t, b, OpenOptions{URL: s.URL})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	pace := NewPace(2)
	asked := make(chan error, 1)
	n, white := 0, false
	err := p.Screencast(ctx, ScreencastOptions{Pace: pace, Quality: 95}, func(f capture.Frame) {
		img, err := jpeg.Decode(bytes.NewReader(f.JPEG))
		if err != nil {
			t.Error(err)
			cancel()
			return
		}
		if n++; n == 1 {
			go func() {
				_, err := p.Evaluate(ctx, "fade(0); 1")
				asked <- err
			}()
		}
		if r, _, _, _ := img.At(600, 300).RGBA(); r>>8 > 250 {
			white = true
			cancel()
		}
	})
	if err != nil || !white {
		t.Errorf("%d frames, %v; the page's last look was not among them", n, err)
	}
	if err := <-asked; err != nil {
		t.Error(err)
	}
	t.Logf("%d frames, %d refreshes", n, pace.Stats().Refreshed)
}

func testNavigation(t *testing.T, b *Browser) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/isolated" {
			// Another browsing context group, and so another renderer.
			w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
			w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html>"+moving)
	}))
	defer s.Close()
	p := open(t, b, OpenOptions{URL: s.URL + "/"})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	n, sent := 0, false
	left := make(chan error, 1)
	err := p.Screencast(ctx, ScreencastOptions{}, func(f capture.Frame) {
		c, err := jpeg.DecodeConfig(bytes.NewReader(f.JPEG))
		if err != nil || (capture.Size{Width: c.Width, Height: c.Height}) != hd {
			t.Errorf("%dx%d, %v", c.Width, c.Height, err)
		}
		if n++; n == 20 && !sent {
			sent, n = true, 0
			go func() {
				_, err := p.Evaluate(ctx, `location.href = location.href.replace("127.0.0.1", "localhost") + "isolated"; 1`)
				left <- err
			}()
		}
		if sent && n == 120 {
			cancel()
		}
	})
	if err != nil || !sent || n < 120 {
		t.Fatalf("%d frames, %v", n, err)
	}
	if err := <-left; err != nil {
		t.Error(err)
	}
	got, err := p.Evaluate(t.Context(), "[location.pathname, crossOriginIsolated]")
	if err != nil || string(got) != `["/isolated",true]` {
		t.Errorf("at %s, %v", got, err)
	}
	checkGeometry(t, p, hd)
}
