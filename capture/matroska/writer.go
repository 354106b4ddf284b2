package matroska

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// Tick is the resolution of times in the stream. The 10 ms blocks of the audio
// are exact in it. Times inside a cluster are 16 bits of ticks (RFC 9559,
// section 10.1), so finer ticks would need more clusters.
const Tick = 100 * time.Microsecond

// clusterSpan is the longest time one cluster covers; half of what 16 bits
// hold, so that a block somewhat earlier than its cluster still fits.
const clusterSpan = 1600 * time.Millisecond

// Writer writes the stream. It is not safe for concurrent use. Times are
// relative to the start of the recording and must not be negative.
type Writer struct {
	w       io.Writer
	video   int           // bytes of each raw picture, 0 where they vary
	cluster time.Duration // start of the open cluster, -1 before the first
	buf     []byte        // not written yet: audio, and what goes before the bytes of a picture
}

// NewWriter writes the head of the stream to w: the video track, unless v is
// the zero Video, and a track of 16-bit PCM in the shape of capture.Samples, if
// audio is true.
func NewWriter(w io.Writer, v Video, audio bool) (*Writer, error) {
	if err := v.check(); err != nil {
		return nil, fmt.Errorf("write stream head: %w", err)
	}
	if err := writeHead(w, v, audio); err != nil {
		return nil, fmt.Errorf("write stream head: %w", err)
	}
	return &Writer{w: w, video: v.bytes(), cluster: -1}, nil
}

// Picture writes one picture, shown from at on: a JPEG file, or the planes of a
// raw picture (see Video). The bytes go to the underlying writer as they are,
// in one piece.
func (w *Writer) Picture(at time.Duration, picture []byte) error {
	if w.video > 0 && len(picture) != w.video {
		// ffmpeg would take what is missing from the next one.
		return fmt.Errorf("write block: a raw picture of %d bytes, want %d", len(picture), w.video)
	}
	if err := w.header(videoTrack, at, len(picture)); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if _, err := w.w.Write(picture); err != nil {
		return fmt.Errorf("write block: %w", err)
	}
	return nil
}

// mostHeld is how many bytes of audio are held back at most: 85 ms.
const mostHeld = 16 << 10

// Sound writes interleaved samples, the first of which sounds at at. They may be
// held back until the next picture or Flush: each write wakes the reader.
func (w *Writer) Sound(at time.Duration, pcm []int16) error {
	if err := w.header(audioTrack, at, 2*len(pcm)); err != nil {
		return err
	}
	for _, s := range pcm {
		w.buf = binary.LittleEndian.AppendUint16(w.buf, uint16(s))
	}
	if len(w.buf) < mostHeld {
		return nil
	}
	return w.Flush()
}

// Flush writes what is held back.
func (w *Writer) Flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	_, err := w.w.Write(w.buf)
	w.buf = w.buf[:0]
	if err != nil {
		return fmt.Errorf("write block: %w", err)
	}
	return nil
}

// Element IDs (RFC 9559, sections 5.1.3 and 5.1.3.4) and the keyframe flag of a
// SimpleBlock (section 10.2).
const (
	idCluster     = 0x1F43B675
	idTimestamp   = 0xE7
	idSimpleBlock = 0xA3
	keyframe      = 0x80
)

// header adds to buf what comes before size bytes of a block at at: the start
// of a cluster, where one is due, and the head of a SimpleBlock. It is written
// by hand: ebml-go gathers a whole block in memory to learn its size.
func (w *Writer) header(track byte, at time.Duration, size int) error {
	if at < 0 {
		return fmt.Errorf("write block: time %v is before the start", at)
	}
	if from := at - w.cluster; w.cluster < 0 || from > clusterSpan || from < -clusterSpan {
		w.cluster = at.Truncate(Tick)
		w.buf = binary.BigEndian.AppendUint32(w.buf, idCluster)
		w.buf = append(w.buf, 0xFF) // of unknown size: it ends with the next one (RFC 8794, section 6.2)
		w.buf = append(w.buf, idTimestamp, 0x88)
		w.buf = binary.BigEndian.AppendUint64(w.buf, uint64(w.cluster/Tick))
	}
	const blockHead = 4 // track, time, flags
	w.buf = append(w.buf, idSimpleBlock)
	// A size of eight bytes (RFC 8794, section 4).
	w.buf = binary.BigEndian.AppendUint64(w.buf, 1<<56|uint64(blockHead+size))
	w.buf = append(w.buf, 0x80|track)
	w.buf = binary.BigEndian.AppendUint16(w.buf, uint16(int16((at-w.cluster).Round(Tick)/Tick)))
	w.buf = append(w.buf, keyframe)
	return nil
}
