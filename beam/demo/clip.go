package demo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/pion/webrtc/v4/pkg/media/ivfreader"
	"github.com/pion/webrtc/v4/pkg/media/oggreader"
)

// clip is a loop of encoded pictures or sound.
type clip struct {
	packets   [][]byte // pictures (VP8) or sound (Opus)
	perSecond int64    // packets
	clockRate uint32   // of RTP, ticks a second
}

// time returns when packet n of the endless loop is to be shown or heard. It is
// reckoned from the loop's start, so no error adds up.
func (c *clip) time(n int64) time.Duration {
	return time.Duration(n/c.perSecond)*time.Second + time.Duration(n%c.perSecond)*time.Second/time.Duration(c.perSecond)
}

// ticks returns the RTP time of packet n since packet 0, modulo 2^32.
func (c *clip) ticks(n int64) uint32 { return uint32(n * (int64(c.clockRate) / c.perSecond)) }

// library holds all clips.
type library struct {
	pictures map[string]*clip
	sounds   map[string]*clip
	webm     map[string][]byte // whole files
}

// load reads all clips from dir. It returns an error where one is missing or is
// not what the recipes make.
func load(dir string) (*library, error) {
	l := &library{pictures: map[string]*clip{}, sounds: map[string]*clip{}, webm: map[string][]byte{}}
	pictures, sounds := recipes()
	for _, r := range pictures {
		data, err := os.ReadFile(filepath.Join(dir, r.name+".ivf"))
		if err != nil {
			return nil, err
		}
		frames, err := readIVF(data)
		if err != nil {
			return nil, fmt.Errorf("read clip %s: %w", r.name, err)
		}
		if err := r.check(frames); err != nil {
			return nil, fmt.Errorf("read clip %s: %w", r.name, err)
		}
		l.pictures[r.name] = &clip{frames, int64(r.fps), videoClock}
		if r.webm {
			if l.webm[r.name], err = os.ReadFile(filepath.Join(dir, r.name+".webm")); err != nil {
				return nil, err
			}
		}
	}
	for _, r := range sounds {
		data, err := os.ReadFile(filepath.Join(dir, r.name+".ogg"))
		if err != nil {
			return nil, err
		}
		all, skip, err := readOgg(data)
		if err != nil {
			return nil, fmt.Errorf("read sound of %s: %w", r.name, err)
		}
		from, want := int(preRoll/packetTime), packets(r.loop())
		if skip != opusPreSkip || len(all) < from+want {
			return nil, fmt.Errorf("read sound of %s: %d packets with a pre-skip of %d", r.name, len(all), skip)
		}
		l.sounds[r.name] = &clip{all[from : from+want], int64(time.Second / packetTime), soundRate}
	}
	return l, nil
}

// check tells whether the frames are the ones that the recipe asks for.
func (r pictureRecipe) check(frames [][]byte) error {
	if len(frames) != r.pictures {
		return fmt.Errorf("%d pictures, not %d", len(frames), r.pictures)
	}
	for n := 0; n < len(frames); n += r.keyEvery {
		if !isKeyframe(frames[n]) {
			return fmt.Errorf("picture %d is no keyframe", n)
		}
	}
	return nil
}

// isKeyframe reads the first bit of a VP8 frame (RFC 6386, 9.1).
func isKeyframe(frame []byte) bool { return len(frame) > 0 && frame[0]&1 == 0 }

// readIVF returns the frames of an IVF file.
func readIVF(data []byte) ([][]byte, error) {
	rest := bytes.NewReader(data)
	r, header, err := ivfreader.NewWith(rest)
	if err != nil {
		return nil, err
	}
	if header.FourCC != "VP80" {
		return nil, fmt.Errorf("codec %q", header.FourCC)
	}
	var frames [][]byte
	for {
		// The reader allocates what a frame's header says, up to 4 GB.
		if at := len(data) - rest.Len(); rest.Len() >= 4 && int64(binary.LittleEndian.Uint32(data[at:])) > int64(rest.Len()) {
			return nil, io.ErrUnexpectedEOF
		}
		frame, _, err := r.ParseNextFrame()
		if errors.Is(err, io.EOF) {
			return frames, nil
		}
		if err != nil {
			return nil, err
		}
		frames = append(frames, frame)
	}
}

// readOgg returns the Opus packets of an Ogg file with one packet a page, and
// its pre-skip in samples (RFC 7845, 5.1).
func readOgg(data []byte) (all [][]byte, preSkip int, err error) {
	r, header, err := oggreader.NewWith(bytes.NewReader(data))
	if err != nil {
		return nil, 0, err
	}
	for {
		page, _, err := r.ParseNextPage()
		if errors.Is(err, io.EOF) {
			return all, int(header.PreSkip), nil
		}
		if err != nil {
			return nil, 0, err
		}
		if len(all) == 0 && bytes.HasPrefix(page, []byte("OpusTags")) {
			continue
		}
		all = append(all, page)
	}
}
