package tracks

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"beam/capture"
	"beam/capture/webm"
	"beam/layout"
)

// A key frame of VP8, 16 x 16 black pixels.
var vp8 = func() []byte {
	data, err := base64.StdEncoding.DecodeString("EAIAnQEqEAAQAABHCIWFiIWEiAICAAwNYAD+/6tQgA==")
	if err != nil {
		panic(err)
	}
	return data
}()

// opus is a packet of 20 ms of silence.
var opus = []byte{0xF8, 0xFF, 0xFE}

// epoch is where the page's clock stands when the capture clock stands at 0, ms.
const epoch = 1.7e12

// sim is a room whose frames come 30 ms after they were sent, and are played 50 ms
// after that.
type sim struct {
	t   *testing.T
	r   *Recorder
	dir string
}

// newSim records from 1 s on, but for a pause from 5 s to 7 s.
func newSim(t *testing.T) *sim {
	dir := filepath.Join(t.TempDir(), "meeting.tracks")
	s := &sim{t: t, dir: dir, r: New(Options{Dir: dir, Mode: 0o600, Log: slog.New(slog.DiscardHandler)})}
	s.r.Begin(func(at capture.Time) (time.Duration, bool) {
		d := time.Duration(at)
		switch {
		case d < time.Second, d > 5*time.Second && d < 7*time.Second:
			return 0, false
		case d >= 7*time.Second:
			return d - 3*time.Second, true
		}
		return d - time.Second, true
	})
	return s
}

func (s *sim) tracks(list ...layout.Track) {
	s.r.Hear(0, layout.Message{Type: layout.MessageTracks, Tracks: list})
}

// sender is what one track sends.
type sender struct {
	number, codec string
	ssrc          uint32
	rtp           uint32 // of what is sent at 0
	rate          time.Duration
	every         time.Duration
	data          []byte
}

func microphone(number string) sender {
	return sender{number: number, codec: "audio/opus", ssrc: 1, rtp: 4294900000, rate: 48000, every: 20 * time.Millisecond, data: opus}
}

func camera(number string) sender {
	return sender{number: number, codec: "video/vp8", ssrc: 2, rtp: 77, rate: 90000, every: 50 * time.Millisecond, data: vp8}
}

// send sends for an interval.
func (s *sim) send(from, to time.Duration, senders ...sender) {
	for at := from; at < to; at += 100 * time.Millisecond {
		b := layout.MediaBatch{Clock: "w"}
		var played []layout.Played
		for _, one := range senders {
			for sent := at; sent < at+100*time.Millisecond; sent += one.every {
				rtp := one.rtp + uint32(sent*one.rate/time.Second)
				b.Frames = append(b.Frames, layout.EncodedFrame{
					Track: one.number, RTP: rtp, Received: epoch + ms(sent+30*time.Millisecond), Codec: one.codec, SSRC: one.ssrc,
					Key: one.codec != "audio/opus" && sent%time.Second == 0, Width: 16, Height: 16, Data: one.data,
				})
				played = append(played, layout.Played{Number: one.number, RTP: rtp, At: epoch + ms(sent+80*time.Millisecond)})
			}
		}
		now := capture.Time(at + 150*time.Millisecond)
		b.Now = epoch + ms(at+148*time.Millisecond)
		s.r.Media(now, b)
		s.r.Hear(now.Add(10*time.Millisecond), layout.Message{Type: layout.MessagePlayed, Now: epoch + ms(at+158*time.Millisecond), Played: played})
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (s *sim) close() Manifest {
	s.t.Helper()
	m, err := s.r.Close()
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

// times reads the times of a file's frames.
func (s *sim) times(e TrackEntry) (times []time.Duration) {
	s.t.Helper()
	f, err := os.Open(filepath.Join(s.dir, e.File))
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	if err := webm.Read(f, func(f webm.Frame) error { times = append(times, f.At); return nil }); err != nil {
		s.t.Fatal(err)
	}
	return times
}

// TestTimesAreThoseOfPlaying: each frame is where it was heard and seen in the
// recording; what was sent before it began and in a pause is not kept.
func TestTimesAreThoseOfPlaying(t *testing.T) {
	s := newSim(t)
	s.send(0, 9*time.Second, microphone("w.1"), camera("w.2"))
	m := s.close()
	if len(m.Tracks) != 2 {
		t.Fatalf("%+v", m.Tracks)
	}
	for _, e := range m.Tracks {
		every := 20 * time.Millisecond
		if e.Kind == "video" {
			every = 50 * time.Millisecond
		}
		times := s.times(e)
		if len(times) != e.Frames || e.ByArrival {
			t.Errorf("%s: %d frames in the file: %+v", e.Kind, len(times), e)
		}
		last := time.Duration(-1)
		for _, at := range times {
			sent := at + time.Second // on the capture clock
			if at > 4*time.Second {
				sent += 2 * time.Second
			}
			sent -= 80*time.Millisecond + outputDelay
			if off := sent - sent.Round(every); off.Abs() > 15*time.Millisecond || at < last {
				t.Fatalf("%s: a frame at %v after one at %v: %v off", e.Kind, at, last, off)
			}
			last = at
		}
		// Recorded were 4 s and 2 s, of which a picture may wait for its key frame.
		if e.Frames < int(4*time.Second/every) || e.Frames > int(6300*time.Millisecond/every) {
			t.Errorf("%s: %d frames", e.Kind, e.Frames)
		}
		if len(e.Gaps) > 0 {
			t.Errorf("%s: a pause is no gap: %+v", e.Kind, e.Gaps)
		}
	}
}

// TestGapsAndOwners: who stops sending leaves a gap; whose a track is may be told
// late, and stays when the person has left.
func TestGapsAndOwners(t *testing.T) {
	s := newSim(t)
	one := microphone("w.1")
	s.send(time.Second, 2*time.Second, one)
	s.tracks(layout.Track{Number: "w.1", Kind: "audio", Track: "t", Stream: "s", Person: "p1", Name: "Ana", Role: "host", Medium: "microphone"})
	s.tracks(layout.Track{Number: "w.1", Kind: "audio", Track: "t", Stream: "s"})
	s.send(4*time.Second, 4900*time.Millisecond, one)
	m := s.close()
	if len(m.Tracks) != 1 {
		t.Fatalf("%+v", m.Tracks)
	}
	e := m.Tracks[0]
	if e.Peer != "p1" || e.Name != "Ana" || e.Role != "host" || e.Medium != "microphone" || e.Stream != "s" || e.Track != "t" || e.Codec != "audio/opus" {
		t.Errorf("%+v", e)
	}
	if len(e.Gaps) != 1 || e.Gaps[0].From < 0.9 || e.Gaps[0].From > 1.2 || e.Gaps[0].To < 3 || e.Gaps[0].To > 3.2 {
		t.Errorf("gaps %+v", e.Gaps)
	}
}

// TestAnotherSource: a track that goes on with another source, another codec or a
// clock that jumps gets another file.
func TestAnotherSource(t *testing.T) {
	s := newSim(t)
	one := camera("w.1")
	s.send(time.Second, 2*time.Second, one)
	one.ssrc, one.rtp = 9, 3000000000
	s.send(2*time.Second, 3*time.Second, one)
	one.rtp += 1000000000
	s.send(3*time.Second, 4*time.Second, one)
	m := s.close()
	if len(m.Tracks) != 3 {
		t.Fatalf("%d files", len(m.Tracks))
	}
	for i := 1; i < len(m.Tracks); i++ {
		if m.Tracks[i].StartMS < m.Tracks[i-1].StartMS {
			t.Errorf("%+v", m.Tracks)
		}
	}
}

// TestRedundantAudio is as if it were sent without.
func TestRedundantAudio(t *testing.T) {
	s := newSim(t)
	one := microphone("w.1")
	one.codec, one.data = "audio/red", slices.Concat([]byte{0xEF, 0x0F, 0x00, 0x03, 0x6F}, []byte("old"), opus)
	s.send(time.Second, 2*time.Second, one)
	m := s.close()
	if len(m.Tracks) != 1 || m.Tracks[0].Codec != "audio/opus" || m.Tracks[0].Bytes != int64(3*m.Tracks[0].Frames) {
		t.Errorf("%+v", m.Tracks)
	}
}

// TestCodecThatIsNotKept is told, and makes no file; nor does it keep a participant's
// other tracks from being made into one.
func TestCodecThatIsNotKept(t *testing.T) {
	s := newSim(t)
	one := camera("w.1")
	one.codec = "video/h265"
	s.tracks(layout.Track{Number: "w.1", Kind: "video", Person: "p", Name: "Ana", Medium: "camera"}, layout.Track{Number: "w.2", Kind: "audio", Person: "p", Name: "Ana", Medium: "microphone"})
	s.send(time.Second, 2*time.Second, one, microphone("w.2"))
	m := s.close()
	if got := m.Missing(); len(got) != 1 || got[0] != "the camera of Ana: frames of the codec video/h265 are not kept" {
		t.Errorf("%q", got)
	}
	if got := files(s.export(m, FormatAuto)); !slices.Equal(got, []string{"Ana.webm"}) {
		t.Errorf("%v", got)
	}
	if got := m.Files(s.dir); len(got) != 2 { // the one track, before it is made into a file, and the list
		t.Errorf("%v", got)
	}
}

// TestNoFileStaysOpen: a meeting has more tracks than a process may open files.
func TestNoFileStaysOpen(t *testing.T) {
	s := newSim(t)
	open := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	before := open()
	for n := range 50 {
		one := microphone(fmt.Sprintf("w.%d", n))
		s.send(time.Second, 1500*time.Millisecond, one)
	}
	// The runtime may open one of its own.
	if after := open(); after > before+5 {
		t.Errorf("%d files are open, %d before", after, before)
	}
	if m := s.close(); len(m.Tracks) != 50 {
		t.Errorf("%d tracks", len(m.Tracks))
	}
}

// TestNothingBeforeBegin: not even the directory is made.
func TestNothingBeforeBegin(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "x.tracks")
	s := &sim{t: t, dir: dir, r: New(Options{Dir: dir, Mode: 0o600, Log: slog.New(slog.DiscardHandler)})}
	s.send(0, time.Second, microphone("w.1"))
	if m := s.close(); len(m.Tracks) != 0 {
		t.Errorf("%+v", m)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a directory is there")
	}
}

// TestManifest can be read back.
func TestManifest(t *testing.T) {
	s := newSim(t)
	s.send(time.Second, 2*time.Second, microphone("w.1"))
	m := s.close()
	if err := m.Write(s.dir, 0o600); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(s.dir, ManifestName))
	if err != nil {
		t.Fatal(err)
	}
	var read Manifest
	if err := json.Unmarshal(data, &read); err != nil || read.Version != SchemaVersion || len(read.Tracks) != 1 || read.People == nil {
		t.Errorf("%+v, %v", read, err)
	}
}
