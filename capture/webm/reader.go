package webm

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// Frame is a frame as a file holds it.
type Frame struct {
	At   time.Duration
	Key  bool
	Data []byte
	// Setup is what the file says of the codec (CodecPrivate), with each frame.
	Setup []byte
}

// mostFrame bounds a frame that is read, bytes.
const mostFrame = 64 << 20

// Read calls yield for each frame of a file that a Writer wrote, whole or cut
// anywhere, until it returns an error. What a cut left of the last block is not a
// frame, and no error.
func Read(r io.Reader, yield func(Frame) error) error {
	in := bufio.NewReaderSize(r, 1<<16)
	var cluster time.Duration
	var setup []byte
	for {
		id, size, err := element(in)
		if cut(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read a track: %w", err)
		}
		switch id {
		case idSegment, idCluster, idTracks, idTrackEntry: // what is in them comes next
			continue
		case idTimestamp, idSimpleBlock, idCodecPrivate:
		default:
			if _, err := io.CopyN(io.Discard, in, int64(size)); cut(err) {
				return nil
			} else if err != nil {
				return fmt.Errorf("read a track: %w", err)
			}
			continue
		}
		if size > mostFrame {
			return fmt.Errorf("read a track: a block of %d bytes", size)
		}
		body := make([]byte, size)
		if _, err := io.ReadFull(in, body); cut(err) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read a track: %w", err)
		}
		if id == idCodecPrivate {
			setup = body
			continue
		}
		if id == idTimestamp {
			var n uint64
			for _, one := range body {
				n = n<<8 | uint64(one)
			}
			cluster = time.Duration(n) * tick
			continue
		}
		if len(body) < 4 {
			return errors.New("read a track: a block without a head")
		}
		at := cluster + time.Duration(int16(binary.BigEndian.Uint16(body[1:])))*tick
		if err := yield(Frame{At: at, Key: body[3]&keyframe != 0, Data: body[4:], Setup: setup}); err != nil {
			return err
		}
	}
}

// IDs of the head's elements (RFC 9559, 5.1).
const (
	idSegment      = 0x18538067
	idTracks       = 0x1654AE6B
	idTrackEntry   = 0xAE
	idCodecPrivate = 0x63A2
)

func cut(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// element reads the head of an element (RFC 8794, 4 and 5).
func element(in *bufio.Reader) (id uint32, size uint64, err error) {
	first, err := in.ReadByte()
	if err != nil {
		return 0, 0, err
	}
	length := leadingZeros(first) + 1
	if length > 4 {
		return 0, 0, fmt.Errorf("no element begins with %#x", first)
	}
	id = uint32(first)
	for range length - 1 {
		b, err := in.ReadByte()
		if err != nil {
			return 0, 0, err
		}
		id = id<<8 | uint32(b)
	}
	if first, err = in.ReadByte(); err != nil {
		return 0, 0, err
	}
	length = leadingZeros(first) + 1
	if length > 8 {
		return 0, 0, fmt.Errorf("no size begins with %#x", first)
	}
	size = uint64(first) & (1<<(8-length) - 1)
	for range length - 1 {
		b, err := in.ReadByte()
		if err != nil {
			return 0, 0, err
		}
		size = size<<8 | uint64(b)
	}
	return id, size, nil
}

func leadingZeros(b byte) int {
	n := 0
	for mask := byte(0x80); mask != 0 && b&mask == 0; mask >>= 1 {
		n++
	}
	return n
}
