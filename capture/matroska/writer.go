package matroska

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/at-wat/ebml-go"
	"github.com/at-wat/ebml-go/webm"

	"beam/capture"
)

// Tick is the resolution of times in the stream. The 10 ms blocks of the sound
// are exact in it. Times inside a cluster are 16 bits of ticks (RFC 9559,
// section 10.1), so finer ticks would need more clusters.
const Tick = 100 * time.Microsecond

// clusterSpan is the longest time one cluster covers; half of what 16 bits
// hold, so that a block somewhat earlier than its cluster still fits.
const clusterSpan = 1600 * time.Millisecond

// Track numbers and types (RFC 9559, sections 5.1.4.1.1 and 5.1.4.1.3).
const (
	videoTrack = 1
	audioTrack = 2
	typeVideo  = 1
	typeAudio  = 2
)

// Writer writes the stream. It is not safe for concurrent use. Times are
// relative to the start of the recording and must not be negative.
type Writer struct {
	w       io.Writer
	cluster time.Duration // start of the open cluster, -1 before the first
	pcm     []byte
}

// NewWriter writes the head of the stream to w: a JPEG picture track of the
// given size, unless it is zero, and a track of 16-bit PCM in the shape of
// capture.Samples, if sound is true.
func NewWriter(w io.Writer, size capture.Size, sound bool) (*Writer, error) {
	var head struct {
		Header  webm.EBMLHeader `ebml:"EBML"`
		Segment struct {
			Info   webm.Info `ebml:"Info"`
			Tracks tracks    `ebml:"Tracks"`
		} `ebml:"Segment,size=unknown"`
	}
	head.Header = webm.EBMLHeader{
		EBMLVersion: 1, EBMLReadVersion: 1, EBMLMaxIDLength: 4, EBMLMaxSizeLength: 8,
		DocType: "matroska", DocTypeVersion: 4, DocTypeReadVersion: 2,
	}
	head.Segment.Info = webm.Info{TimecodeScale: uint64(Tick), MuxingApp: "beam", WritingApp: "beam"}
	entries := &head.Segment.Tracks.TrackEntry
	if size != (capture.Size{}) {
		*entries = append(*entries, trackEntry{
			TrackNumber: videoTrack, TrackUID: videoTrack, TrackType: typeVideo, CodecID: "V_MJPEG",
			Video: &webm.Video{PixelWidth: uint64(size.Width), PixelHeight: uint64(size.Height)},
		})
	}
	if sound {
		*entries = append(*entries, trackEntry{
			TrackNumber: audioTrack, TrackUID: audioTrack, TrackType: typeAudio, CodecID: "A_PCM/INT/LIT",
			Audio: &audio{SamplingFrequency: capture.SampleRate, Channels: capture.Channels, BitDepth: 16},
		})
	}
	if err := ebml.Marshal(&head, w); err != nil {
		return nil, fmt.Errorf("write stream head: %w", err)
	}
	return &Writer{w: w, cluster: -1}, nil
}

type tracks struct {
	TrackEntry []trackEntry `ebml:"TrackEntry"`
}

type trackEntry struct {
	TrackNumber uint64      `ebml:"TrackNumber"`
	TrackUID    uint64      `ebml:"TrackUID"`
	TrackType   uint64      `ebml:"TrackType"`
	CodecID     string      `ebml:"CodecID"`
	Video       *webm.Video `ebml:"Video"`
	Audio       *audio      `ebml:"Audio"`
}

type audio struct {
	SamplingFrequency float64 `ebml:"SamplingFrequency"`
	Channels          uint64  `ebml:"Channels"`
	BitDepth          uint64  `ebml:"BitDepth"`
}

// Picture writes one JPEG file, shown from at on.
func (w *Writer) Picture(at time.Duration, jpeg []byte) error {
	return w.block(videoTrack, at, jpeg)
}

// Sound writes interleaved samples, the first of which sounds at at.
func (w *Writer) Sound(at time.Duration, pcm []int16) error {
	w.pcm = w.pcm[:0]
	for _, s := range pcm {
		w.pcm = binary.LittleEndian.AppendUint16(w.pcm, uint16(s))
	}
	return w.block(audioTrack, at, w.pcm)
}

func (w *Writer) block(track uint64, at time.Duration, data []byte) error {
	if at < 0 {
		return fmt.Errorf("write block: time %v is before the start", at)
	}
	if from := at - w.cluster; w.cluster < 0 || from > clusterSpan || from < -clusterSpan {
		if err := w.open(at); err != nil {
			return err
		}
	}
	var b struct {
		SimpleBlock ebml.Block `ebml:"SimpleBlock"`
	}
	b.SimpleBlock = ebml.Block{
		TrackNumber: track,
		Timecode:    int16((at - w.cluster).Round(Tick) / Tick),
		Keyframe:    true,
		Data:        [][]byte{data},
	}
	if err := ebml.Marshal(&b, w.w); err != nil {
		return fmt.Errorf("write block: %w", err)
	}
	return nil
}

// open begins a cluster at the tick at or before at.
func (w *Writer) open(at time.Duration) error {
	var c struct {
		Cluster struct {
			Timecode uint64 `ebml:"Timecode"`
		} `ebml:"Cluster,size=unknown"`
	}
	w.cluster = at.Truncate(Tick)
	c.Cluster.Timecode = uint64(w.cluster / Tick)
	if err := ebml.Marshal(&c, w.w); err != nil {
		return fmt.Errorf("write cluster: %w", err)
	}
	return nil
}
