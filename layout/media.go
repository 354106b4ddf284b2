package layout

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

// MediaBatch is a batch of encoded frames that a page received, as they were sent.
type MediaBatch struct {
	// Clock names the clock of all instants of the batch: batches of one clock can be
	// compared. It is the page's, in milliseconds since 1970.
	Clock  string
	Now    float64 // when the batch was made
	Frames []EncodedFrame
}

// EncodedFrame is one frame of a remote track: a picture, or a packet of audio.
type EncodedFrame struct {
	Track    string  // see Track.Number
	RTP      uint32  // timestamp (RFC 3550, 5.1), in units of the codec's clock
	Received float64 // ms, on the batch's clock: when its last packet came
	Key      bool    // a picture that needs no other
	Codec    string  // "video/VP8", "audio/opus" (RFC 6838)
	Width    int     // pixels; 0 where the sender does not tell
	Height   int
	SSRC     uint32 // of its source (RFC 3550, 3)
	Data     []byte
}

// Track is a remote track of which the page hands out the frames, and whose it is as
// far as that is known.
type Track struct {
	Number string `json:"number"` // what EncodedFrame.Track has
	Kind   string `json:"kind"`   // audio or video
	Track  string `json:"track"`  // id of the MediaStreamTrack
	Stream string `json:"stream"` // id of its first MediaStream; may be empty
	Person string `json:"id"`     // Person.ID; empty while not known
	Name   string `json:"name"`
	Role   string `json:"role"`
	Medium string `json:"medium"` // camera, microphone, screen, screen-audio
}

// Played tells which frame of a track was played when.
type Played struct {
	Number string  `json:"number"`
	RTP    uint32  `json:"rtp"`
	At     float64 `json:"at"` // ms, on the clock of Message.Now
}

// What a batch may hold.
const (
	longestBatch = 16 << 20 // bytes of text
	mostFrames   = 20000
)

// IsMedia tells whether a payload is for ParseMedia, and not for ParseMessage.
func IsMedia(payload string) bool { return strings.HasPrefix(payload, "M") }

// ParseMedia reads a batch: "M", a line of JSON, and the bytes of all frames in
// base64 (RFC 4648). Any page can send anything: what is not as it should be is an
// error.
func ParseMedia(payload string) (MediaBatch, error) {
	fail := func(err error) (MediaBatch, error) {
		return MediaBatch{}, fmt.Errorf("read media of the page: %w", err)
	}
	if len(payload) > longestBatch {
		return fail(fmt.Errorf("%d bytes are too many", len(payload)))
	}
	head, text, ok := strings.Cut(strings.TrimPrefix(payload, "M"), "\n")
	if !ok {
		return fail(fmt.Errorf("no head"))
	}
	var read struct {
		Now    float64       `json:"now"`
		Frames []frameFields `json:"frames"`
	}
	if err := json.Unmarshal([]byte(head), &read); err != nil {
		return fail(err)
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return fail(err)
	}
	if len(read.Frames) == 0 || len(read.Frames) > mostFrames {
		return fail(fmt.Errorf("%d frames", len(read.Frames)))
	}
	b := MediaBatch{Now: read.Now, Frames: make([]EncodedFrame, 0, len(read.Frames))}
	for _, f := range read.Frames {
		if f.length < 0 || f.length > len(data) {
			return fail(fmt.Errorf("a frame of %d bytes, and %d are left", f.length, len(data)))
		}
		frame := f.EncodedFrame
		frame.Data, data = data[:f.length:f.length], data[f.length:]
		b.Frames = append(b.Frames, frame)
	}
	if len(data) > 0 {
		return fail(fmt.Errorf("%d bytes of no frame", len(data)))
	}
	// All of a batch are of one worker, whose clock they share.
	b.Clock, _, _ = strings.Cut(b.Frames[0].Track, ".")
	return b, nil
}

// frameFields is a frame as a batch lists it.
type frameFields struct {
	EncodedFrame
	length int
}

func (f *frameFields) UnmarshalJSON(data []byte) error {
	var key int
	var width, height float64
	fields := []any{&f.Track, &f.RTP, &f.Received, &key, &f.length, &f.Codec, &width, &height, &f.SSRC}
	want := len(fields)
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	if len(fields) != want {
		return fmt.Errorf("a frame of %d fields", len(fields))
	}
	f.Key, f.Width, f.Height = key != 0, dimension(width), dimension(height)
	f.Track, f.Codec = line(f.Track, longestText), strings.ToLower(line(f.Codec, longestText))
	if math.IsNaN(f.Received) || math.IsInf(f.Received, 0) {
		return fmt.Errorf("a frame received at %v", f.Received)
	}
	return nil
}

// dimension returns a width or a height that can be one.
func dimension(v float64) int {
	if !(v >= 1 && v <= 16384) {
		return 0
	}
	return int(v)
}
