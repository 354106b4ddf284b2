package demo

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pion/webrtc/v4/pkg/media/ivfreader"
	"github.com/pion/webrtc/v4/pkg/media/oggreader"
)

// clip is a looping piece of picture or sound, encoded.
type clip struct {
	packets [][]byte      // pictures (VP8) or sound packets (Opus)
	loop    time.Duration // length of all of them
	clock   uint32        // RTP clock, ticks a second
}

// ticks returns the RTP ticks of one packet.
func (c *clip) ticks() uint32 {
	return uint32(time.Duration(c.clock) * c.loop / time.Second / time.Duration(len(c.packets)))
}

// due returns when packet n, counted over all loops, is to be sent. It is
// reckoned from the start each time, so no error adds up.
func (c *clip) due(n int64) time.Duration {
	count := int64(len(c.packets))
	return time.Duration(n/count)*c.loop + c.loop*time.Duration(n%count)/time.Duration(count)
}

// load reads a clip's file.
func load(path string, length time.Duration) (*clip, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := &clip{loop: length}
	if strings.HasSuffix(path, ".ivf") {
		c.clock = 90000
		c.packets, err = readIVF(f)
	} else {
		c.clock = soundRate
		c.packets, err = readOgg(f)
		// The encoder adds a packet for its delay; the loop has to be exact.
		if want := int(length / (20 * time.Millisecond)); err == nil && len(c.packets) >= want {
			c.packets = c.packets[:want]
		} else if err == nil {
			err = fmt.Errorf("%d sound packets, fewer than %d", len(c.packets), want)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w; remove it to have it made again", filepath.Base(path), err)
	}
	if len(c.packets) == 0 {
		return nil, fmt.Errorf("read %s: empty; remove it to have it made again", path)
	}
	return c, nil
}

func readIVF(r io.Reader) ([][]byte, error) {
	ivf, _, err := ivfreader.NewWith(r)
	if err != nil {
		return nil, err
	}
	var frames [][]byte
	for {
		frame, _, err := ivf.ParseNextFrame()
		if errors.Is(err, io.EOF) {
			return frames, nil
		}
		if err != nil {
			return nil, err
		}
		frames = append(frames, frame)
	}
}

func readOgg(r io.Reader) ([][]byte, error) {
	ogg, _, err := oggreader.NewWith(r)
	if err != nil {
		return nil, err
	}
	var packets [][]byte
	for {
		page, _, err := ogg.ParseNextPage()
		if errors.Is(err, io.EOF) {
			return packets, nil
		}
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(string(page), "OpusTags") {
			continue
		}
		packets = append(packets, page)
	}
}
