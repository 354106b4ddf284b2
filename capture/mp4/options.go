package mp4

import (
	"time"
)

// Timing says what the decode times of the fragments mean.
type Timing string

const (
	// TimingAuto takes TimingZeroed for what ffmpeg writes with
	// negative_cts_offsets and without frag_discont (each track's first decode
	// time is 0, signed composition offsets), else TimingAbsolute.
	TimingAuto Timing = ""
	// TimingAbsolute: the times of all tracks are of one clock, on which the
	// packets that only prime a decoder of sound lie before the sound's start.
	// ffmpeg writes this with frag_discont, and also without
	// negative_cts_offsets, though moved and with a first packet stretched.
	TimingAbsolute Timing = "absolute"
	// TimingZeroed: the muxer moved each track's first decode time to 0, so
	// how far apart the tracks began is lost, and they are taken to begin
	// together: the first picture with the first true sample of the sound.
	TimingZeroed Timing = "zeroed"
)

// Options say how a recording is kept and finished. The zero value is usable.
type Options struct {
	// Reserve is how many bytes to keep free at the file's head for the index;
	// see ReserveFor. An index that outgrows it goes to the file's end. At
	// least the room for the head itself is always kept.
	Reserve int64
	Timing  Timing
	// Origin is the instant, on the clock of the fragments' times, at which the
	// finished movie begins; what was presented earlier is cut off by the edit
	// list. Nil means the earliest presented sample of any track. It says
	// nothing for TimingZeroed.
	Origin *time.Duration
	// Priming is how many samples of sound, at the media's timescale of one
	// tick a sample, precede the first true one. 0 means what the codec says:
	// 1024 for AAC, the pre-skip of Opus. Negative means none.
	Priming  int
	Metadata Metadata
	// SyncEvery is how often what was written is brought to the disk while
	// recording, beside the writing and not in its way; without it a power cut
	// loses what the kernel has not written yet, some 30 s. 0 leaves it to the
	// kernel.
	SyncEvery time.Duration
	// Playlist says that the file is to be played through a playlist: it must keep
	// its fragments. It is kept in the file, for whoever recovers it.
	Playlist bool
	// Fragment, when set, is told of each fragment when all of it has been
	// written; every byte up to its end stays as it is until Finish, except
	// the reserve. It is called by Write, in order, and must not block.
	Fragment func(Fragment)
}

// Metadata is what the finished file says of itself. Empty fields are left out.
type Metadata struct {
	Title    string    `json:"title,omitempty"`
	Comment  string    `json:"comment,omitempty"` // any text, such as a report in JSON
	Encoder  string    `json:"encoder,omitempty"`
	Created  time.Time `json:"created,omitzero"`
	Chapters []Chapter `json:"chapters,omitempty"` // in order of time; at most 255 are written
}

func (m Metadata) blank() bool {
	return m.Title == "" && m.Comment == "" && m.Encoder == "" && m.Created.IsZero() && len(m.Chapters) == 0
}

// Chapter is a named instant of the movie.
type Chapter struct {
	At    time.Duration `json:"at"` // since the movie's start
	Title string        `json:"title"`
}

// ReserveFor returns the reserve for a recording of d with pictures at fps and
// sound: what the index needs with 2 fragments a second, and picture times that
// don't repeat. It is 32 MiB at most, enough for 14 hours at 30 pictures a
// second, or 23 on a grid: all of it goes to a bucket, twice, however early the
// recording ends. The index of a longer one follows the media.
func ReserveFor(d time.Duration, fps int) int64 {
	const (
		soundRate   = 48 // AAC access units a second, rounded up
		perPicture  = 4 + 8
		perSound    = 4
		perFragment = 2 * (8 + 12) // chunk offset and sample-to-chunk entry, two tracks
		head        = 64 << 10
	)
	second := int64(max(fps, 0))*perPicture + soundRate*perSound + 2*perFragment
	return head + min(int64(d/time.Second+1)*second, maxReserve-head)
}

// maxReserve is the most that ReserveFor answers.
const maxReserve = 32 << 20

// settings are the options that finishing needs. They are kept in the file
// too, so that a recording recovered after a crash comes out the same.
type settings struct {
	Version  int            `json:"beam"`
	Timing   Timing         `json:"timing,omitempty"`
	Origin   *time.Duration `json:"origin_ns,omitempty"`
	Priming  int            `json:"priming,omitempty"`
	Metadata Metadata       `json:"metadata"`
	Playlist bool           `json:"playlist,omitempty"`
}

func (o Options) settings() settings {
	return settings{Version: 1, Timing: o.Timing, Origin: o.Origin, Priming: o.Priming, Metadata: o.Metadata, Playlist: o.Playlist}
}
