package matroska

import (
	"fmt"
	"io"

	"github.com/at-wat/ebml-go"
	"github.com/at-wat/ebml-go/webm"

	"beam/capture"
)

// Codec says what the pictures of a stream are.
type Codec int

// The codecs of pictures.
const (
	MJPEG Codec = iota + 1 // each picture is a JPEG file
	I420                   // each picture is raw: see capture.Raw
)

// Video describes the video track of a stream; the zero value means none.
type Video struct {
	Size  capture.Size // of each picture, in pixels; both even for I420
	Codec Codec
}

// bytes returns the size of each picture, or 0 where it varies.
func (v Video) bytes() int {
	if v.Codec != I420 {
		return 0
	}
	return v.Size.Pixels() * 3 / 2
}

func (v Video) check() error {
	switch {
	case v == Video{}:
		return nil
	case v.Codec != MJPEG && v.Codec != I420:
		return fmt.Errorf("unknown codec %d", v.Codec)
	case v.Size.Width <= 0 || v.Size.Height <= 0:
		return fmt.Errorf("a picture of %v", v.Size)
	case v.Codec == I420 && (v.Size.Width%2 != 0 || v.Size.Height%2 != 0):
		return fmt.Errorf("a raw picture of %v: the size has to be even", v.Size)
	}
	return nil
}

// Track numbers and types (RFC 9559, sections 5.1.4.1.1 and 5.1.4.1.3).
const (
	videoTrack = 1
	audioTrack = 2
	typeVideo  = 1
	typeAudio  = 2
)

type tracks struct {
	TrackEntry []trackEntry `ebml:"TrackEntry"`
}

type trackEntry struct {
	TrackNumber uint64 `ebml:"TrackNumber"`
	TrackUID    uint64 `ebml:"TrackUID"`
	TrackType   uint64 `ebml:"TrackType"`
	CodecID     string `ebml:"CodecID"`
	Video       *video `ebml:"Video"`
	Audio       *audio `ebml:"Audio"`
}

type video struct {
	PixelWidth  uint64  `ebml:"PixelWidth"`
	PixelHeight uint64  `ebml:"PixelHeight"`
	ColourSpace []byte  `ebml:"ColourSpace,omitempty"`
	Colour      *colour `ebml:"Colour"`
}

// colour holds the numbers of ITU-T H.273 (RFC 9559, section 5.1.4.1.28.16).
type colour struct {
	MatrixCoefficients      uint64 `ebml:"MatrixCoefficients"`
	Range                   uint64 `ebml:"Range"` // 1: limited
	TransferCharacteristics uint64 `ebml:"TransferCharacteristics"`
	Primaries               uint64 `ebml:"Primaries"`
}

type audio struct {
	SamplingFrequency float64 `ebml:"SamplingFrequency"`
	Channels          uint64  `ebml:"Channels"`
	BitDepth          uint64  `ebml:"BitDepth"`
}

// writeHead writes everything before the first cluster.
func writeHead(w io.Writer, v Video, withAudio bool) error {
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
	if v != (Video{}) {
		*entries = append(*entries, v.entry())
	}
	if withAudio {
		*entries = append(*entries, trackEntry{
			TrackNumber: audioTrack, TrackUID: audioTrack, TrackType: typeAudio, CodecID: "A_PCM/INT/LIT",
			Audio: &audio{SamplingFrequency: capture.SampleRate, Channels: capture.Channels, BitDepth: 16},
		})
	}
	return ebml.Marshal(&head, w)
}

func (v Video) entry() trackEntry {
	e := trackEntry{
		TrackNumber: videoTrack, TrackUID: videoTrack, TrackType: typeVideo, CodecID: "V_MJPEG",
		Video: &video{PixelWidth: uint64(v.Size.Width), PixelHeight: uint64(v.Size.Height)},
	}
	if v.Codec == I420 {
		e.CodecID = "V_UNCOMPRESSED"
		// The FourCC says what the bytes are (RFC 9559, section 5.1.4.1.28.15).
		e.Video.ColourSpace = []byte("I420")
		// A JPEG file says of itself what its colours are, a raw picture can't.
		e.Video.Colour = &colour{MatrixCoefficients: 1, Range: 1, TransferCharacteristics: 1, Primaries: 1} // BT.709
	}
	return e
}
