package demo

import (
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// recipe says how a clip is made. It has pictures or sound.
type recipe struct {
	name          string
	width, height int
	fps           int
	length        time.Duration
	bitRate       string
	paint         func(a *artist, img *image.RGBA, n int)
	sound         []int16
}

func (r recipe) pictures() int { return int(r.length * time.Duration(r.fps) / time.Second) }

// kitchen makes clips and keeps them in a folder. The folder's name changes
// with what the clips look like.
type kitchen struct {
	ffmpeg string
	dir    string
}

const cacheVersion = "demo-v1"

func newKitchen(ffmpeg, dir string) (*kitchen, error) {
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			cache = filepath.Join(os.TempDir(), "beam-cache")
		}
		dir = filepath.Join(cache, "beam", cacheVersion)
	}
	if ffmpeg == "" {
		ffmpeg = "ffmpeg"
	}
	return &kitchen{ffmpeg: ffmpeg, dir: dir}, os.MkdirAll(dir, 0o755)
}

// person returns the recipes of a participant's picture and sound.
func (k *kitchen) person(p Participant, turnOf int, busy bool) (picture, sound recipe) {
	name, rate := p.ID+"-calm", "500k"
	if busy {
		name, rate = p.ID+"-busy", "1500k"
	}
	picture = recipe{
		name: name + ".ivf", width: clipWidth, height: clipHeight, fps: clipFPS, length: cycle, bitRate: rate,
		paint: func(a *artist, img *image.RGBA, n int) {
			at := time.Duration(n) * time.Second / clipFPS
			a.portrait(img, p, n, int(at/turn) == turnOf, busy)
		},
	}
	return picture, recipe{name: p.ID + ".ogg", length: cycle, sound: voice(p, turnOf)}
}

// screenRecipe is the shared screen's picture.
func (k *kitchen) screenRecipe() recipe {
	const fps, length = 10, 5 * time.Second
	r := recipe{name: "screen.ivf", width: 1280, height: 720, fps: fps, length: length, bitRate: "800k"}
	r.paint = func(a *artist, img *image.RGBA, n int) { a.screen(img, n, r.pictures()) }
	return r
}

// lipSyncRecipes are the picture and the sound of the lip-sync page.
func (k *kitchen) lipSyncRecipes() (picture, sound recipe) {
	const length = 2 * time.Second
	picture = recipe{name: "lipsync.ivf", width: clipWidth, height: clipHeight, fps: clipFPS, length: length, bitRate: "500k", paint: flash}
	return picture, recipe{name: "lipsync.ogg", length: length, sound: beeps(length)}
}

// path returns where a clip is, and makes it if it is not there yet. Two that
// make the same at once both succeed: each writes a file of its own, and the
// last rename wins.
func (k *kitchen) path(ctx context.Context, r recipe) (string, error) {
	path := filepath.Join(k.dir, r.name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	temp, err := os.CreateTemp(k.dir, ".making-*"+filepath.Ext(r.name))
	if err != nil {
		return "", err
	}
	temp.Close()
	defer os.Remove(temp.Name()) // fails once it is renamed
	if err := k.cook(ctx, r, temp.Name()); err != nil {
		return "", fmt.Errorf("make %s: %w", r.name, err)
	}
	if err := os.Chmod(temp.Name(), 0o644); err != nil {
		return "", err
	}
	return path, os.Rename(temp.Name(), path)
}

// cook encodes a clip.
func (k *kitchen) cook(ctx context.Context, r recipe, path string) error {
	args := []string{"-hide_banner", "-loglevel", "error", "-y"}
	if r.paint != nil {
		args = append(args, "-f", "rawvideo", "-pix_fmt", "rgba",
			"-video_size", fmt.Sprintf("%dx%d", r.width, r.height), "-framerate", strconv.Itoa(r.fps), "-i", "pipe:0",
			// One thread: libvpx's threads wait for each other by spinning, which
			// takes minutes where several encoders share few cores.
			"-c:v", "libvpx", "-b:v", r.bitRate, "-threads", "1", "-deadline", "realtime", "-cpu-used", "12", "-lag-in-frames", "0",
			"-auto-alt-ref", "0", "-error-resilient", "1", "-g", strconv.Itoa(r.fps), "-keyint_min", strconv.Itoa(r.fps), "-f", "ivf")
	} else {
		args = append(args, "-f", "s16le", "-ar", strconv.Itoa(soundRate), "-ac", "1", "-i", "pipe:0",
			// A page a packet: a page is what the reader returns.
			"-c:a", "libopus", "-b:a", "64k", "-frame_duration", "20", "-page_duration", "20000", "-f", "ogg")
	}
	cmd := exec.CommandContext(ctx, k.ffmpeg, append(args, "file:"+path)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	var g errgroup.Group
	g.Go(func() error {
		defer in.Close()
		return r.write(in)
	})
	out, err := cmd.CombinedOutput()
	writeErr := g.Wait()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return writeErr
}

// write writes the raw pictures or samples.
func (r recipe) write(w io.Writer) error {
	if r.paint != nil {
		// A font's face is not for several goroutines, so each clip has its artist.
		a, err := newArtist()
		if err != nil {
			return err
		}
		img := image.NewRGBA(image.Rect(0, 0, r.width, r.height))
		for n := range r.pictures() {
			r.paint(a, img, n)
			if _, err := w.Write(img.Pix); err != nil {
				return err
			}
		}
		return nil
	}
	return binary.Write(w, binary.LittleEndian, early(r.sound))
}

// remux returns the path of a picture clip as WebM, and makes it if it is not
// there yet.
func (k *kitchen) remux(ctx context.Context, r recipe) (string, error) {
	source, err := k.path(ctx, r)
	if err != nil {
		return "", err
	}
	path := source + ".webm"
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	temp, err := os.CreateTemp(k.dir, ".making-*.webm")
	if err != nil {
		return "", err
	}
	temp.Close()
	defer os.Remove(temp.Name()) // fails once it is renamed
	out, err := exec.CommandContext(ctx, k.ffmpeg, "-hide_banner", "-loglevel", "error", "-y",
		"-i", "file:"+source, "-c", "copy", "-f", "webm", "file:"+temp.Name()).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("make %s: %w: %s", filepath.Base(path), err, out)
	}
	return path, os.Rename(temp.Name(), path)
}
