package inspect

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"beam/capture/child"
)

// ErrStop is returned by a callback that wants no more; the call that it was
// given to then returns nil.
var ErrStop = errors.New("stop decoding")

// decoded is what a decoding left besides its packets.
type decoded struct {
	index  index
	errors int // lines of complaint
	first  []string
}

// decode runs ffmpeg with args, which end in the choice of codec, and calls each
// with the packets of its output. ffmpeg's tee muxer writes every packet twice: as
// it is to standard output, and its times and size, in the framecrc format, to
// a pipe beside it. So each picture comes with its own presentation time, which
// no raw format could carry, and nothing has to be paired by guessing.
func (t Tools) decode(ctx context.Context, op, path string, args []string, format string, each func(index, packet, []byte) error) (decoded, error) {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	args = append([]string{"-nostdin", "-hide_banner", "-loglevel", "error", "-copyts"}, args...)
	args = append(args, "-f", "tee", `[f=framecrc:flush_packets=1]pipe\:3|[f=`+format+`]pipe\:1`)
	complaints := &child.Head{}
	ffmpeg, lines, data, err := startDecoder(inner, t.ffmpeg(), args, complaints)
	if err != nil {
		return decoded{}, fault(op, t.ffmpeg(), path, complaints, err)
	}
	d := decoded{}
	readErr := d.read(bufio.NewReaderSize(lines, 1<<16), data, each)
	if readErr != nil {
		cancel()
	}
	waitErr := ffmpeg.Wait()
	d.errors, d.first = complaints.Lines, complaints.First
	switch {
	case errors.Is(readErr, ErrStop):
		return d, nil
	case readErr != nil && !errors.Is(readErr, errBroken):
		return d, readErr
	case ctx.Err() != nil:
		return d, ctx.Err()
	case readErr != nil || waitErr != nil:
		return d, fault(op, t.ffmpeg(), path, complaints, errors.Join(readErr, waitErr))
	}
	return d, nil
}

// startDecoder starts ffmpeg and returns what it writes to its descriptors 3 and
// 1. When ctx ends it is killed, and both end.
func startDecoder(ctx context.Context, program string, args []string, complaints *child.Head) (p *child.Process, lines, data *os.File, err error) {
	lines, linesIn, err := os.Pipe()
	if err != nil {
		return nil, nil, nil, err
	}
	defer linesIn.Close() // the child has its own
	data, dataIn, err := os.Pipe()
	if err != nil {
		lines.Close()
		return nil, nil, nil, err
	}
	defer dataIn.Close()
	p, err = child.Start(ctx, child.Command{
		Path: program, Args: args, Env: child.Tool.Environment(), Stdout: dataIn, Stderr: complaints, Files: []*os.File{linesIn},
	})
	if err != nil {
		lines.Close()
		data.Close()
		return nil, nil, nil, err
	}
	// A descendant that left ffmpeg's group could hold them open for ever.
	context.AfterFunc(ctx, func() {
		lines.Close()
		data.Close()
	})
	return p, lines, data, nil
}

// errBroken means that the two outputs of ffmpeg don't belong together.
var errBroken = errors.New("ffmpeg's output broke off")

// largestPacket is a picture of 8192 x 8192 in RGB.
const largestPacket = 8192 * 8192 * 3

func (d *decoded) read(lines *bufio.Reader, data io.Reader, each func(index, packet, []byte) error) error {
	var buf []byte
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			break
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errBroken, err)
		}
		p, ok, err := d.index.parse(line)
		if err != nil {
			return fmt.Errorf("%w: %w", errBroken, err)
		}
		if !ok {
			continue
		}
		if p.size > cap(buf) {
			buf = make([]byte, p.size)
		}
		if _, err := io.ReadFull(data, buf[:p.size]); err != nil {
			return fmt.Errorf("%w: %w", errBroken, err)
		}
		if err := each(d.index, p, buf[:p.size]); err != nil {
			return err
		}
	}
	if n, _ := io.Copy(io.Discard, data); n > 0 {
		return fmt.Errorf("%w: %d bytes without a time", errBroken, n)
	}
	return nil
}

// packet is one line of the framecrc format.
type packet struct {
	pts  time.Duration
	size int // bytes
}
