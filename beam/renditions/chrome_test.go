//go:build e2e

package renditions

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/chromedp/chromedp"

	"beam/beam/storage"
	"beam/capture/mp4/mp4test"
	"beam/upload/uploadtest"
)

// player is a page that plays a playlist with hls.js, or with the element itself, and
// looks at the picture.
const player = `<!doctype html><video id=v muted></video><script src=/hls.js></script><script>
const v = document.getElementById('v')
const problems = []
let hls
function open(url, height) {
	if (!height) v.src = url
	else {
		hls = new Hls()
		hls.on(Hls.Events.MANIFEST_PARSED, () => { hls.currentLevel = hls.levels.findIndex(l => l.height == height) })
		hls.on(Hls.Events.ERROR, (_, data) => { if (data.fatal) problems.push(data.details) })
		hls.loadSource(url)
		hls.attachMedia(v)
	}
	return new Promise((resolve, reject) => {
		v.addEventListener('loadeddata', resolve, {once: true})
		v.addEventListener('error', () => reject(new Error(v.error && v.error.message)), {once: true})
	})
}
function look() {
	const c = document.createElement('canvas')
	c.width = c.height = 16
	const g = c.getContext('2d')
	g.drawImage(v, 0, 0, 16, 16)
	return {time: v.currentTime, duration: v.duration, height: v.videoHeight, gray: g.getImageData(8, 8, 1, 1).data[0],
		levels: hls ? hls.levels.length : 0, problems: problems.join(' ')}
}
async function seek(t) {
	const seeked = new Promise(r => v.addEventListener('seeked', r, {once: true})), shown = new Promise(r => v.requestVideoFrameCallback(r))
	v.currentTime = t
	await Promise.all([seeked, shown])
	return look()
}
async function play(seconds) {
	const from = v.currentTime
	await v.play()
	while (v.currentTime < from + seconds) await new Promise(r => setTimeout(r, 20))
	v.pause()
	return look()
}
</script>`

// sight is what the page sees.
type sight struct {
	Time, Duration       float64
	Height, Gray, Levels int
	Problems             string
}

// hlsVersion is that of the player, as npm has it.
const hlsVersion = "1.7.4"

// hlsScript returns the player's script, which npm brings into the cache.
func hlsScript(t *testing.T) []byte {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "beam", "hls-"+hlsVersion)
	path := filepath.Join(dir, "node_modules", "hls.js", "dist", "hls.min.js")
	if _, err := os.Stat(path); err != nil {
		out, err := exec.CommandContext(t.Context(), "npm", "install", "--prefix", dir, "--ignore-scripts", "--no-audit", "--no-fund", "hls.js@"+hlsVersion).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	script, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return script
}

// grays makes a recording of six seconds; the gray of each tells which one it is.
func grays(t *testing.T) string {
	t.Helper()
	data := mp4test.Fragments(t, "-copyts", "-itsoffset", "1", "-f", "lavfi", "-i",
		"color=black:s=320x180:r=30:d=6,geq=lum='40+30*floor(T+0.001)':cb=128:cr=128", "-itsoffset", "1", "-f", "lavfi", "-i", "sine=d=6:r=48000",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "60", "-bf", "0", "-c:a", "aac")
	return mp4test.File(t, data, mp4test.Absolute(), mp4test.Finish)
}

// Chrome plays and seeks the playlists from the store, with hls.js and, where it can,
// by itself: the ordinary ones from a bucket that anybody may read, the presigned ones
// from one that is private.
func TestChromePlays(t *testing.T) {
	g := uploadtest.Start(t)
	site, address := serve(t, g.URL)
	file := grays(t)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	put(t, g, "team/meeting.mp4", data)
	object, err := storage.OpenObject(t.Context(), "s3://"+g.Bucket+"/team/meeting.mp4", storage.Settings{Endpoint: address, Region: uploadtest.Region, PathStyle: true}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	j := job(t, file, 120)
	j.Object = object
	out, err := Run(t.Context(), j)
	if err != nil || len(out.Failed()) > 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	layers, err := Layers(file, out.Renditions)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := object.PutPresigned(t.Context(), layers, file, time.Hour); err != nil {
		t.Fatal(err)
	}
	master, err := os.ReadFile(filepath.Join(filepath.Dir(file), "meeting.presigned.m3u8"))
	if err != nil {
		t.Fatal(err)
	}
	site.HandleFunc("/private.m3u8", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
		_, _ = w.Write(master)
	})
	ctx := chromium(t)
	watch(t, ctx, address, "/private.m3u8")
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::%s/*"}]}`, g.Bucket)
	if _, err := g.Client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &g.Bucket, Policy: &policy}); err != nil {
		t.Fatal(err)
	}
	watch(t, ctx, address, "/"+g.Bucket+"/team/meeting.m3u8")
}

func put(t *testing.T, g *uploadtest.Gateway, key string, data []byte) {
	t.Helper()
	if _, err := g.Client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &g.Bucket, Key: &key, Body: bytes.NewReader(data), ContentType: aws.String("video/mp4")}); err != nil {
		t.Fatal(err)
	}
}

// serve serves the page, and under the same origin the store.
func serve(t *testing.T, store string) (site *http.ServeMux, address string) {
	t.Helper()
	target, err := url.Parse(store)
	if err != nil {
		t.Fatal(err)
	}
	script := hlsScript(t)
	site = http.NewServeMux()
	site.HandleFunc("/player", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(player)) })
	site.HandleFunc("/hls.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(script)
	})
	// The signature is over the host that was asked, so that stays.
	site.Handle("/", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = target.Scheme, target.Host, r.In.Host
	}, ErrorLog: log.New(io.Discard, "", 0)}) // a seek ends requests
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	return site, server.URL
}

// watch plays a playlist of both layers.
func watch(t *testing.T, ctx context.Context, address, playlist string) {
	t.Helper()
	see := func(js string) (s sight) {
		t.Helper()
		s, err := chromedp.Run(ctx, chromedp.Evaluate[sight](js, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatalf("%s: %s: %v", playlist, js, err)
		}
		return s
	}
	shows := func(s sight, second int) {
		t.Helper()
		// Full range of what is 40 and 30 more each second in limited range.
		want := (40 + 30*float64(second) - 16) * 255 / 219
		if math.Abs(float64(s.Gray)-want) > 8 || s.Problems != "" {
			t.Errorf("%s: second %d shows gray %d, want %.0f: %+v", playlist, second, s.Gray, want, s)
		}
	}
	// The heights of the layers, which hls.js is told to take; 0 is the element itself.
	for _, height := range []int{180, 120, 0} {
		if err := chromedp.Do(ctx, chromedp.Navigate(address+"/player")); err != nil {
			t.Fatal(err)
		}
		able, err := chromedp.Run(ctx, chromedp.Evaluate[string](`v.canPlayType('application/vnd.apple.mpegurl')`))
		if err != nil {
			t.Fatal(err)
		}
		if height == 0 && able == "" {
			continue // an older Chrome
		}
		s := see(fmt.Sprintf(`open(%q, %d).then(look)`, playlist, height))
		if math.Abs(s.Duration-6) > 0.05 {
			t.Errorf("%s: height %d: lasts %v", playlist, height, s.Duration)
		}
		shows(see(`seek(4.5)`), 4)
		shows(see(`seek(1.5)`), 1)
		if s := see(`play(0.8)`); s.Time < 2.3 {
			t.Errorf("%s: height %d: does not play: %+v", playlist, height, s)
		} else if height > 0 && (s.Height != height || s.Levels != 2) {
			t.Errorf("%s: height %d: %+v", playlist, height, s)
		}
	}
}

// chromium starts a browser that ends with the test.
func chromium(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.UserDataDir(t.TempDir()))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	// The test's own context ends before its cleanup, and with it the browser would
	// be killed instead of closed.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, done := chromedp.NewContext(ctx)
	t.Cleanup(func() {
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
