package contactsheet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"beam/capture/inspect"
)

// Options of Contact. The zero value is 16 pictures.
type Options struct {
	Columns, Rows int // of pictures; 0 chooses by their shape
}

// Facts are what the head of a sheet tells.
type Facts struct {
	Name                   string // of the file
	Bytes                  int64
	Length                 time.Duration
	Width, Height          int // pixels; 0 without a picture
	FPS                    float64
	VideoCodec, AudioCodec string
}

// Contact writes the contact sheet of the recording at path as a PNG, 1600
// pixels wide: pictures spread evenly over its whole length, each with its time,
// and below them the waveform of the sound over a time axis, on which triangles
// mark where the pictures are from. A recording without pictures has its waveform
// alone.
//
// Errors are those of inspect.Tools: a file that can't be read is a *capture.Fault
// of capture.ClassUsage. Nothing is written before all of it is drawn.
func Contact(ctx context.Context, tools inspect.Tools, path string, w io.Writer, o Options) error {
	info, err := tools.Probe(ctx, path)
	if err != nil {
		return err
	}
	total, err := length(ctx, tools, path, info)
	if err != nil {
		return err
	}
	f := factsOf(path, info, total)
	width, height, pictures := f.Width, f.Height, count(info, total)
	if info.Video != nil {
		// Rotation and pixels that are not square show in a decoded picture only.
		img, err := frame(ctx, tools, path, 0, sheetWidth, sheetWidth)
		switch {
		case err == nil:
			width, height = img.Bounds().Dx(), img.Bounds().Dy()
		case errors.Is(err, errNoPicture):
			pictures = 0
		default:
			return err
		}
	}
	faces, err := newFaces()
	if err != nil {
		return err
	}
	defer faces.close()
	p := makePlan(o, width, height, pictures, total)
	c := newCanvas(p, faces)
	c.head(f)
	for i, at := range p.times {
		img, at, err := nearFrame(ctx, tools, path, at, p.cells[i].Dx(), p.cells[i].Dy())
		if err != nil && !errors.Is(err, errNoPicture) {
			return err
		}
		c.cell(i, img, at, total < time.Minute)
		p.times[i] = at
	}
	sound := newWave(seconds(info.StartSeconds))
	if info.Audio != nil {
		if err := tools.Sound(ctx, path, 1, sound.add); err != nil {
			return err
		}
	}
	c.wave(sound.columns(p.wave.Dx(), total), sound.peak, info.Audio != nil, total)
	var out bytes.Buffer
	if err := png.Encode(&out, c); err != nil {
		return fmt.Errorf("write contact sheet: %w", err)
	}
	if _, err := out.WriteTo(w); err != nil {
		return fmt.Errorf("write contact sheet: %w", err)
	}
	return nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func factsOf(path string, info inspect.Info, total time.Duration) Facts {
	f := Facts{Name: filepath.Base(path), Bytes: info.Bytes, Length: total}
	if v := info.Video; v != nil {
		f.Width, f.Height, f.FPS = v.Width, v.Height, v.NominalFPS
		f.VideoCodec = codec(v.Codec, v.Profile)
	}
	if a := info.Audio; a != nil {
		f.AudioCodec = fmt.Sprintf("%s %g kHz", codec(a.Codec, ""), float64(a.SampleRate)/1000)
	}
	return f
}

// codec writes a codec as people do.
func codec(name, profile string) string {
	switch name {
	case "h264":
		name = "H.264"
	case "hevc":
		name = "H.265"
	default:
		name = strings.ToUpper(name)
	}
	return strings.TrimSpace(name + " " + profile)
}

// count estimates how many pictures a recording has.
func count(info inspect.Info, total time.Duration) int {
	if info.Video == nil {
		return 0
	}
	const unknown = 1000 // no file tells no rate and is short
	if info.Video.NominalFPS <= 0 || total <= 0 {
		if total <= 0 {
			return 1
		}
		return unknown
	}
	return max(1, int(info.Video.NominalFPS*total.Seconds()+0.5))
}

// Save writes a file whole or not at all: write fills a file beside it, which
// then takes its name, with the mode, whatever the umask. A file of that name is
// replaced.
func Save(path string, mode fs.FileMode, write func(io.Writer) error) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".beam-picture-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // fails when it was renamed
	err = write(temp)
	if err == nil {
		err = temp.Chmod(mode)
	}
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	return err
}
