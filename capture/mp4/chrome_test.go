//go:build e2e

package mp4

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// player is a page that plays the file beside it and can look at the picture.
const player = `<!doctype html><video id=v muted preload=auto src=%s></video><script>
const v = document.getElementById('v')
function once(event) {
	return new Promise((resolve, reject) => {
		v.addEventListener(event, resolve, {once: true})
		v.addEventListener('error', () => reject(new Error(v.error && v.error.message)), {once: true})
	})
}
const loaded = once('loadeddata')
loaded.catch(() => {})
function look() {
	const c = document.createElement('canvas')
	c.width = c.height = 16
	const g = c.getContext('2d')
	g.drawImage(v, 0, 0, 16, 16)
	return {time: v.currentTime, ready: v.readyState, error: v.error ? v.error.message : '',
		duration: v.duration, end: v.seekable.length ? v.seekable.end(0) : 0, gray: g.getImageData(8, 8, 1, 1).data[0]}
}
async function seek(t) {
	await loaded
	const seeked = once('seeked'), shown = new Promise(r => v.requestVideoFrameCallback(r))
	v.currentTime = t
	await Promise.all([seeked, shown])
	return look()
}
async function play(seconds) {
	await loaded
	const from = v.currentTime
	await v.play()
	while (v.currentTime < from + seconds && !v.error) await new Promise(r => setTimeout(r, 20))
	v.pause()
	const q = v.getVideoPlaybackQuality()
	return Object.assign(look(), {frames: q.totalVideoFrames})
}
async function append(type, ranges) {
	const source = new MediaSource()
	v.src = URL.createObjectURL(source)
	await new Promise(r => source.addEventListener('sourceopen', r, {once: true}))
	const buffer = source.addSourceBuffer(type)
	for (const range of ranges) {
		const r = await fetch('recording.mp4', {headers: {Range: 'bytes=' + range}})
		const updated = new Promise((resolve, reject) => {
			buffer.addEventListener('update', resolve, {once: true})
			buffer.addEventListener('error', () => reject(new Error('append ' + range + ': ' + (v.error && v.error.message))), {once: true})
		})
		buffer.appendBuffer(await r.arrayBuffer())
		await updated
	}
	source.endOfStream()
	v.currentTime = buffer.buffered.start(0)
	return Object.assign(await play(1), {end: buffer.buffered.end(0) - buffer.buffered.start(0)})
}
</script>`

// sight is what the page sees.
type sight struct {
	Time, Duration, End float64
	Ready, Gray, Frames int
	Error               string
}

// Chromium plays and seeks the finished file over HTTP ranges, to the frame; it
// plays the recording that isn't finished, too.
func TestChromium(t *testing.T) {
	// The gray of each second tells which one it is.
	steps := []string{"-f", "lavfi", "-i", "color=black:s=64x64:r=30:d=8,geq=lum='40+20*floor(T+0.001)':cb=128:cr=128"}
	beep := []string{"-f", "lavfi", "-i", "sine=f=440:r=48000:d=8"}
	data := encode(t, absolute, join([]string{"-copyts"}, at("4000", steps), at("4000", beep), []string{"-bf", "2"})...)
	w, path := record(t, data, Options{Reserve: 64 << 10, Timing: TimingAbsolute})
	dir := filepath.Dir(path)
	recording, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "fragmented.mp4"), recording, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Finish(Metadata{}); err != nil {
		t.Fatal(err)
	}
	compacted(t, w, path)
	if err := os.Rename(path+".small", filepath.Join(dir, "compact.mp4")); err != nil {
		t.Fatal(err)
	}
	tailed, r := finished(t, data, Options{Timing: TimingAbsolute})
	if err := os.Rename(tailed, filepath.Join(dir, "tail.mp4")); err != nil || !r.Tail {
		t.Fatal(err, r)
	}
	server := serve(t, dir)
	ctx := chromium(t)
	for _, name := range []string{"recording.mp4", "compact.mp4", "tail.mp4"} {
		see := func(js string) sight {
			t.Helper()
			l, err := chromedp.Run(ctx, chromedp.Evaluate[sight](js, chromedp.EvalAwaitPromise))
			if err != nil {
				t.Fatalf("%s: %s: %v", name, js, err)
			}
			if l.Error != "" || l.Ready < 2 {
				t.Errorf("%s: %s: %+v", name, js, l)
			}
			return l
		}
		if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/?file="+name)); err != nil {
			t.Fatal(err)
		}
		for _, at := range []float64{5.02, 0.5, 6.98, 3.01} {
			l := see(fmt.Sprintf("seek(%f)", at))
			want := (40+20*int(at)-16)*255/219 + 1
			t.Logf("%s: %+v", name, l)
			if l.Time != at || l.Gray < want-4 || l.Gray > want+4 {
				t.Errorf("%s: at %.2f: %+v, want gray %d", name, at, l, want)
			}
			if l.Duration < 7.99 || l.Duration > 8.05 || l.End != l.Duration {
				t.Errorf("%s: %+v", name, l)
			}
		}
		if l := see("seek(1.5).then(() => play(1))"); l.Frames < 10 {
			t.Errorf("%s: played %d frames in a second", name, l.Frames)
		}
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/?file=fragmented.mp4")); err != nil {
		t.Fatal(err)
	}
	l, err := chromedp.Run(ctx, chromedp.Evaluate[sight]("play(1)", chromedp.EvalAwaitPromise))
	if err != nil || l.Error != "" || l.Frames < 10 {
		t.Errorf("while recording: %+v, %v", l, err)
	}
}

// serve serves a folder, and at / a page that plays the file it is asked for.
func serve(t *testing.T, dir string) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name := r.URL.Query().Get("file"); name != "" {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, player, name)
			return
		}
		http.ServeFile(w, r, filepath.Join(dir, filepath.Base(r.URL.Path)))
	}))
	t.Cleanup(server.Close)
	return server
}

// The byte ranges of the playlist are what Media Source Extensions take, which
// players of HLS in a browser feed.
func TestChromiumSegments(t *testing.T) {
	for _, start := range []string{"4000", "1"} {
		data := encode(t, absolute, join([]string{"-copyts"}, at(start, picture), at(start, tone), []string{"-bf", "2"})...)
		path, _ := finished(t, data, Options{Reserve: 64 << 10, Timing: TimingAbsolute})
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		st, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		ix, err := Scan(f, st.Size())
		if err != nil {
			t.Fatal(err)
		}
		ranges := []Range{ix.Inits()[0]}
		for _, s := range ix.Segments() {
			ranges = append(ranges, s.Range)
		}
		var list []string
		for _, r := range ranges {
			list = append(list, fmt.Sprintf("'%d-%d'", r.Offset, r.Offset+r.Size-1))
		}
		avcc := bytes.Index(data, []byte("avcC")) + 5
		js := fmt.Sprintf(`append('video/mp4; codecs="avc1.%x,mp4a.40.2"', [%s])`, data[avcc:avcc+3], strings.Join(list, ","))
		ctx := chromium(t)
		if err := chromedp.Do(ctx, chromedp.Navigate(serve(t, filepath.Dir(path)).URL+"/?file=recording.mp4")); err != nil {
			t.Fatal(err)
		}
		l, err := chromedp.Run(ctx, chromedp.Evaluate[sight](js, chromedp.EvalAwaitPromise))
		if err != nil || l.Error != "" || l.Frames < 10 || l.End < 3.9 {
			t.Errorf("from %s s: %+v, %v", start, l, err)
		}
	}
}

// chromium starts a browser that ends with the test.
func chromium(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.UserDataDir(t.TempDir()))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	// The test's own context ends before its cleanup, and with it the browser
	// would be killed instead of closed.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 50*time.Second)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, done := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		// Waits for the browser, so that nothing of it is left.
		if err := chromedp.Cancel(ctx); err != nil {
			t.Error(err)
		}
		done()
	})
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return ctx
}
