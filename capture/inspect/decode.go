package inspect

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"
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
	// The child dies with its parent thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lines, writer, err := os.Pipe()
	if err != nil {
		return decoded{}, fmt.Errorf("%s: %w", op, err)
	}
	defer lines.Close()
	stderr := &complaints{}
	args = append([]string{"-nostdin", "-hide_banner", "-loglevel", "error", "-copyts"}, args...)
	args = append(args, "-f", "tee", `[f=framecrc:flush_packets=1]pipe\:3|[f=`+format+`]pipe\:1`)
	cmd := command(ctx, t.ffmpeg(), args, stderr)
	cmd.ExtraFiles = []*os.File{writer} // descriptor 3
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	_ = writer.Close() // the child has its own
	if err != nil {
		return decoded{}, fault(op, t.ffmpeg(), path, stderr, err)
	}
	d := decoded{}
	readErr := d.read(bufio.NewReaderSize(lines, 1<<16), stdout, each)
	if readErr != nil {
		cancel()
	}
	waitErr := cmd.Wait()
	d.errors, d.first = stderr.lines, stderr.first
	switch {
	case errors.Is(readErr, ErrStop):
		return d, nil
	case readErr != nil && waitErr != nil && errors.Is(readErr, errBroken):
		return d, fault(op, t.ffmpeg(), path, stderr, errors.Join(readErr, waitErr))
	case readErr != nil:
		return d, readErr
	case ctx.Err() != nil:
		return d, ctx.Err()
	case waitErr != nil:
		return d, fault(op, t.ffmpeg(), path, stderr, waitErr)
	}
	return d, nil
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
