package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/pion/webrtc/v4/pkg/media/h264reader"
	"github.com/pion/webrtc/v4/pkg/media/ivfreader"
	"github.com/pion/webrtc/v4/pkg/media/oggreader"
)

// clip is an endless loop of encoded packets of the same length each.
type clip struct {
	packets [][]byte
	each    time.Duration
	from    time.Duration // of the cycle in which there is a voice; sound only
}

const (
	fps        = 30
	videoClip  = 4 * time.Second
	packetTime = 20 * time.Millisecond
)

// makeClips encodes what everybody sends, with files in dir.
func makeClips(ctx context.Context, dir string) (pictures, sounds []clip, screen clip, err error) {
	if screen, err = makePicture(ctx, dir, "screen", "vp8", screenColor, "1280x720", 48); err != nil {
		return nil, nil, clip{}, err
	}
	for i, p := range cast {
		picture, err := makePicture(ctx, dir, p.Identity, p.Codec, p.Color, "640x360", 24)
		if err != nil {
			return nil, nil, clip{}, err
		}
		sound, err := makeSound(ctx, dir, p, i)
		if err != nil {
			return nil, nil, clip{}, err
		}
		pictures, sounds = append(pictures, picture), append(sounds, sound)
	}
	return pictures, sounds, screen, nil
}

// encode lets ffmpeg make the file at path and returns it. A file that is there
// already is taken as it is.
func encode(ctx context.Context, path string, args ...string) ([]byte, error) {
	if data, err := os.ReadFile(path); err == nil {
		return data, nil
	}
	// Under its own name only once it is whole: other programs may look.
	part := fmt.Sprintf("%s.%d.part", path, os.Getpid())
	defer os.Remove(part)
	if err := ffmpeg(ctx, append(args, part)...); err != nil {
		return nil, err
	}
	if err := os.Rename(part, path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// makePicture makes a coloured ground with a white square that moves along its
// lower edge, so that each picture is another one. A keyframe comes each half
// second: nobody can ask these clips for one.
func makePicture(ctx context.Context, dir, name, codec, color, size string, square int) (clip, error) {
	path := filepath.Join(dir, name+".ivf")
	encoder := []string{"-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "6", "-lag-in-frames", "0", "-auto-alt-ref", "0", "-f", "ivf"}
	if codec == "h264" {
		path = filepath.Join(dir, name+".h264")
		encoder = []string{
			"-c:v", "libx264", "-profile:v", "baseline", "-preset", "veryfast", "-tune", "zerolatency",
			"-x264-params", "slices=1:aud=1:repeat-headers=1", "-bsf:v", "h264_mp4toannexb", "-f", "h264",
		}
	}
	args := []string{
		"-f", "lavfi", "-i", fmt.Sprintf("color=c=%s:s=%s:r=%d", color, size, fps),
		"-f", "lavfi", "-i", fmt.Sprintf("color=c=white:s=%dx%d:r=%d", square, square, fps),
		"-filter_complex", "[0][1]overlay=x='mod(4*n,W-w)':y=H-h,format=yuv420p",
		"-t", fmt.Sprint(videoClip.Seconds()), "-b:v", "500k", "-g", "15", "-keyint_min", "15",
	}
	data, err := encode(ctx, path, append(args, encoder...)...)
	if err != nil {
		return clip{}, fmt.Errorf("clip %s: %w", name, err)
	}
	read := readIVF
	if codec == "h264" {
		read = readH264
	}
	packets, err := read(data)
	if err == nil && len(packets) != int(videoClip.Seconds()*fps) {
		err = fmt.Errorf("%d pictures", len(packets))
	}
	if err != nil {
		return clip{}, fmt.Errorf("clip %s: %w", name, err)
	}
	return clip{packets: packets, each: time.Second / fps}, nil
}

// makeSound makes a cycle in which the person at index i has their turn.
func makeSound(ctx context.Context, dir string, p person, i int) (clip, error) {
	path := filepath.Join(dir, p.Identity+".ogg")
	from := time.Duration(i) * turn
	// A tone that begins at once is a click, with all tones in it.
	voice := fmt.Sprintf("aevalsrc=exprs='0.25*sin(2*PI*%g*t)*between(t,%g,%g)*min(1,20*min(t-%g,%g-t))':s=48000:d=%g",
		p.ToneHz, from.Seconds(), (from + turn).Seconds(), from.Seconds(), (from + turn).Seconds(), cycle.Seconds())
	data, err := encode(ctx, path, "-f", "lavfi", "-i", voice, "-ac", "1", "-c:a", "libopus", "-b:a", "64k",
		"-frame_duration", "20", "-page_duration", "20000", "-f", "ogg")
	if err != nil {
		return clip{}, fmt.Errorf("voice of %s: %w", p.Identity, err)
	}
	packets, err := readOgg(data)
	want := int(cycle / packetTime)
	if err == nil && len(packets) < want {
		err = fmt.Errorf("%d packets", len(packets))
	}
	if err != nil {
		return clip{}, fmt.Errorf("voice of %s: %w", p.Identity, err)
	}
	return clip{packets: packets[:want], each: packetTime, from: from}, nil
}

func readIVF(data []byte) ([][]byte, error) {
	r, _, err := ivfreader.NewWith(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return all(func() ([]byte, error) {
		frame, _, err := r.ParseNextFrame()
		return frame, err
	})
}

func readOgg(data []byte) ([][]byte, error) {
	r, _, err := oggreader.NewWith(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	packets, err := all(func() ([]byte, error) {
		page, _, err := r.ParseNextPage()
		return page, err
	})
	if len(packets) > 0 && bytes.HasPrefix(packets[0], []byte("OpusTags")) {
		packets = packets[1:]
	}
	return packets, err
}

// readH264 returns the access units of a byte stream (ITU-T H.264, Annex B), in
// which each begins with a delimiter.
func readH264(data []byte) ([][]byte, error) {
	r, err := h264reader.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var units [][]byte
	for {
		nal, err := r.NextNAL()
		if errors.Is(err, io.EOF) {
			return units, nil
		}
		if err != nil {
			return nil, err
		}
		if nal.UnitType == h264reader.NalUnitTypeAUD {
			units = append(units, nil)
			continue // and is of no use to anybody else
		}
		if len(units) == 0 {
			return nil, errors.New("no delimiter at the start")
		}
		last := len(units) - 1
		units[last] = append(append(units[last], 0, 0, 0, 1), nal.Data...)
	}
}

func all(next func() ([]byte, error)) ([][]byte, error) {
	var packets [][]byte
	for {
		packet, err := next()
		if errors.Is(err, io.EOF) {
			return packets, nil
		}
		if err != nil {
			return nil, err
		}
		packets = append(packets, packet)
	}
}

// ffmpeg runs ffmpeg to its end. It dies with this process.
func ffmpeg(ctx context.Context, args ...string) error {
	// Pdeathsig is of the thread that starts the child.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, "ffmpeg", append([]string{"-hide_banner", "-nostdin", "-loglevel", "error", "-y"}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}
