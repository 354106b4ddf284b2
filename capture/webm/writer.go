package webm

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/at-wat/ebml-go"
	"github.com/at-wat/ebml-go/webm"
)

// tick is the resolution of times in the file: WebM's.
const tick = time.Millisecond

// clusterSpan is the longest time one cluster covers: its blocks' times are 16 bits of
// ticks (RFC 9559, 10.1).
const clusterSpan = 5 * time.Second

// Track says what a file holds.
type Track struct {
	Codec         Codec
	Width, Height int // of the first frame, pixels; 0 for audio
}

// Writer appends frames of one track to a file. Each call writes whole blocks with one
// Write, so that a file that was cut has lost what was written last and no more. It is
// not safe for concurrent use.
type Writer struct {
	w       io.Writer
	codec   Codec
	video   bool
	cluster time.Duration // begin of the open one, -1 before the first
	last    time.Duration
}

// NewWriter writes the head of a file whose first frame is first, a key frame. The
// error says what is wrong with it, or that it can't be written.
func NewWriter(w io.Writer, t Track, first []byte) (*Writer, error) {
	if !t.Codec.Known() {
		return nil, fmt.Errorf("begin a track: codec %q is not kept", t.Codec)
	}
	setup, err := t.Codec.setup(first)
	if err != nil {
		return nil, fmt.Errorf("begin a track: %w", err)
	}
	return newWriter(w, t, setup)
}

// Copy writes the head of a file of frames that Read gave, of which first is the first.
func Copy(w io.Writer, t Track, first Frame) (*Writer, error) { return newWriter(w, t, first.Setup) }

func newWriter(w io.Writer, t Track, setup []byte) (*Writer, error) {
	entry := trackEntry{TrackNumber: 1, TrackUID: 1, TrackType: 1, CodecID: t.Codec.id(), CodecPrivate: setup}
	if t.Codec.Audio() {
		entry.TrackType = 2
		entry.Audio = &audio{SamplingFrequency: 48000, Channels: 2}
		entry.SeekPreRoll = uint64(80 * time.Millisecond) // RFC 9559, Opus mapping: 80 ms
	} else {
		entry.Video = &video{PixelWidth: uint64(t.Width), PixelHeight: uint64(t.Height)}
	}
	var head struct {
		Header  webm.EBMLHeader `ebml:"EBML"`
		Segment struct {
			Info   webm.Info `ebml:"Info"`
			Tracks struct {
				TrackEntry []trackEntry `ebml:"TrackEntry"`
			} `ebml:"Tracks"`
		} `ebml:"Segment,size=unknown"`
	}
	head.Header = webm.EBMLHeader{EBMLVersion: 1, EBMLReadVersion: 1, EBMLMaxIDLength: 4, EBMLMaxSizeLength: 8, DocType: "webm", DocTypeVersion: 4, DocTypeReadVersion: 2}
	if !t.Codec.webm() {
		head.Header.DocType = "matroska"
	}
	head.Segment.Info = webm.Info{TimecodeScale: uint64(tick), MuxingApp: "beam", WritingApp: "beam"}
	head.Segment.Tracks.TrackEntry = []trackEntry{entry}
	if err := ebml.Marshal(&head, w); err != nil {
		return nil, fmt.Errorf("begin a track: %w", err)
	}
	return &Writer{w: w, codec: t.Codec, video: !t.Codec.Audio(), cluster: -1}, nil
}

type trackEntry struct {
	TrackNumber  uint64 `ebml:"TrackNumber"`
	TrackUID     uint64 `ebml:"TrackUID"`
	TrackType    uint64 `ebml:"TrackType"`
	CodecID      string `ebml:"CodecID"`
	CodecPrivate []byte `ebml:"CodecPrivate,omitempty"`
	SeekPreRoll  uint64 `ebml:"SeekPreRoll,omitempty"`
	Video        *video `ebml:"Video"`
	Audio        *audio `ebml:"Audio"`
}

type video struct {
	PixelWidth  uint64 `ebml:"PixelWidth"`
	PixelHeight uint64 `ebml:"PixelHeight"`
}

type audio struct {
	SamplingFrequency float64 `ebml:"SamplingFrequency"`
	Channels          uint64  `ebml:"Channels"`
}

// IDs of elements (RFC 9559, 5.1.3) and the flag of a key frame (10.2).
const (
	idCluster     = 0x1F43B675
	idTimestamp   = 0xE7
	idSimpleBlock = 0xA3
	keyframe      = 0x80
)

// Frame appends a frame that begins at at, from 0 on; times that run back are those of
// the frame before.
func (w *Writer) Frame(at time.Duration, key bool, data []byte) error {
	at = max(at.Round(tick), w.last)
	w.last = at
	return w.stored(at, key, w.codec.stored(data))
}

// Stored appends a frame as Read gave it.
func (w *Writer) Stored(f Frame) error {
	f.At = max(f.At.Round(tick), w.last)
	w.last = f.At
	return w.stored(f.At, f.Key, f.Data)
}

func (w *Writer) stored(at time.Duration, key bool, data []byte) error {
	var b []byte
	// A cluster of pictures begins with one that needs no other, where one comes in time.
	from := at - w.cluster
	if w.cluster < 0 || from >= 6*clusterSpan || from >= clusterSpan && (key || !w.video) {
		w.cluster, from = at, 0
		b = binary.BigEndian.AppendUint32(b, idCluster)
		b = append(b, 0xFF) // of unknown size: it ends with the next one (RFC 8794, 6.2)
		b = append(b, idTimestamp, 0x88)
		b = binary.BigEndian.AppendUint64(b, uint64(at/tick))
	}
	b = append(b, idSimpleBlock)
	b = binary.BigEndian.AppendUint64(b, 1<<56|uint64(4+len(data))) // a size of eight bytes (RFC 8794, 4)
	b = append(b, 0x81)
	b = binary.BigEndian.AppendUint16(b, uint16(from/tick))
	var flags byte
	if key || !w.video {
		flags = keyframe
	}
	b = append(append(b, flags), data...)
	if _, err := w.w.Write(b); err != nil {
		return fmt.Errorf("write a track: %w", err)
	}
	return nil
}
