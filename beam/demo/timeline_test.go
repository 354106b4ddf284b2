package demo

import (
	"context"
	"encoding/binary"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// emptyClips returns clips of the length that the recipes make, whose packets
// say nothing: some pictures are more than one RTP packet long.
func emptyClips() *library {
	l := &library{pictures: map[string]*clip{}, sounds: map[string]*clip{}, webm: map[string][]byte{}}
	pictures, sounds := recipes()
	for _, r := range pictures {
		c := &clip{perSecond: int64(r.fps), clockRate: videoClock}
		for n := range r.pictures {
			c.packets = append(c.packets, make([]byte, 100+n%3*rtpMTU))
		}
		l.pictures[r.name] = c
	}
	for _, r := range sounds {
		l.sounds[r.name] = &clip{make([][]byte, packets(r.loop())), int64(time.Second / packetTime), soundRate}
		for n := range l.sounds[r.name].packets {
			l.sounds[r.name].packets[n] = make([]byte, 60)
		}
	}
	return l
}

func TestScript(t *testing.T) {
	rooms := must(cast(emptyClips(), mediaClock{time.Now()}))
	tests := []struct {
		room    string
		at      time.Duration
		present []string
		sharing string
		speaker string
	}{
		{roomCalm, 0, []string{"ana", "ben", "chloe"}, "", "ana"},
		{roomCalm, 1999 * time.Millisecond, []string{"ana", "ben", "chloe"}, "", "ana"},
		{roomCalm, DevArrives, []string{"ana", "ben", "chloe", "dev"}, "", "ana"},
		{roomCalm, ScreenStarts - 1, []string{"ana", "ben", "chloe", "dev"}, "", "chloe"},
		{roomCalm, ScreenStarts, []string{"ana", "ben", "chloe", "dev"}, "ben", "chloe"},
		{roomBusy, 8 * time.Second, []string{"ana", "ben", "chloe", "dev"}, "ben", "dev"},
		{roomCalm, ScreenEnds, []string{"ana", "ben", "chloe", "dev"}, "", "ana"},
		{roomCalm, DevLeaves, []string{"ana", "ben", "chloe"}, "", "ben"},
		{roomCalm, 28 * time.Second, []string{"ana", "ben", "chloe"}, "", ""}, // Dev's turn, without Dev
		{roomCalm, 31 * time.Second, []string{"ana", "ben", "chloe"}, "", "ana"},
		{roomCalm, 32 * time.Second, []string{"ana", "ben", "chloe", "dev"}, "", "ana"},
		{roomCalm, time.Hour + 7*time.Second, []string{"ana", "ben", "chloe", "dev"}, "ben", "chloe"},
		{roomLipSync, 7 * time.Second, []string{"clapper"}, "", ""},
	}
	for _, tt := range tests {
		r := rooms[tt.room]
		s := r.sceneAt(tt.at)
		var present []string
		var sharing, speaker string
		for _, p := range r.roster(s).Participants {
			present = append(present, p.ID)
			if p.Sharing {
				sharing = p.ID
			}
			if p.Speaking {
				speaker = p.ID
			}
		}
		if !slices.Equal(present, tt.present) || sharing != tt.sharing || speaker != tt.speaker {
			t.Errorf("%s at %v: %v, %q shares, %q speaks; want %v, %q, %q",
				tt.room, tt.at, present, sharing, speaker, tt.present, tt.sharing, tt.speaker)
		}
		tracks := 2 * len(tt.present)
		if tt.sharing != "" {
			tracks++
		}
		if got := len(r.sending(s)); got != tracks {
			t.Errorf("%s at %v: %d tracks, want %d", tt.room, tt.at, got, tracks)
		}
	}
}

func TestClipTime(t *testing.T) {
	for _, tt := range []struct {
		perSecond int64
		clock     uint32
		n         int64
		at        time.Duration
		ticks     uint32
	}{
		{30, videoClock, 0, 0, 0},
		{30, videoClock, 1, 33333333, 3000},
		{30, videoClock, 30, time.Second, 90000},
		{30, videoClock, 30 * 86400 * 7, 7 * 24 * time.Hour, 30 * 86400 * 7 * 3000 % (1 << 32)},
		{50, soundRate, 51, 1020 * time.Millisecond, 48960},
	} {
		c := &clip{perSecond: tt.perSecond, clockRate: tt.clock}
		if at := c.time(tt.n); at != tt.at {
			t.Errorf("packet %d of %d a second is due at %v, want %v", tt.n, tt.perSecond, at, tt.at)
		}
		if got := c.ticks(tt.n); got != tt.ticks {
			t.Errorf("packet %d of %d a second has RTP time %d, want %d", tt.n, tt.perSecond, got, tt.ticks)
		}
	}
}

type sent struct {
	at     time.Duration
	packet rtp.Packet
}

// sentPackets keeps what a source sends. It belongs to one goroutine.
type sentPackets struct {
	start time.Time
	late  time.Duration // of each write, as on a busy machine
	all   []sent
}

func (w *sentPackets) WriteRTP(p *rtp.Packet) error {
	w.all = append(w.all, sent{time.Since(w.start), *p})
	time.Sleep(w.late)
	return nil
}

// Every packet has its own time: that others were late moves neither it nor its
// RTP timestamp.
func TestPace(t *testing.T) {
	l := emptyClips()
	synctest.Test(t, func(t *testing.T) {
		clock := mediaClock{time.Now()}
		time.Sleep(12345 * time.Millisecond)
		start := time.Now()
		video, audio := must(newSource(l.pictures["dev"], "dev", span{2 * time.Second, 24 * time.Second})), must(newSource(l.sounds["dev"], "dev"))
		pictures, sounds := &sentPackets{start: start}, &sentPackets{start: start, late: 7 * time.Millisecond}
		video.out, audio.out = pictures, sounds
		ctx, cancel := context.WithTimeout(t.Context(), 33*time.Second)
		defer cancel()
		pace(ctx, clock, start, []*source{video, audio}, func(time.Duration) {})

		base := uint32(12345 * 48)
		for n, s := range sounds.all {
			due := time.Duration(n)*packetTime + soundLatency
			if off := s.at - due; off < 0 || off > 8*time.Millisecond {
				t.Fatalf("sound packet %d was sent at %v, want %v", n, s.at, due)
			}
			if want := base + uint32(n)*960; s.packet.Timestamp != want {
				t.Fatalf("sound packet %d has RTP time %d, want %d", n, s.packet.Timestamp, want)
			}
		}
		if n := len(sounds.all); n < 1648 || n > 1650 {
			t.Errorf("%d sound packets in 33 s", n)
		}
		seen := map[uint32]bool{}
		for i, s := range pictures.all {
			if i > 0 && s.packet.SequenceNumber != pictures.all[i-1].packet.SequenceNumber+1 {
				t.Fatalf("a gap before sequence number %d", s.packet.SequenceNumber)
			}
			at := time.Duration(s.packet.Timestamp-12345*90) * time.Second / videoClock
			if !seen[s.packet.Timestamp] {
				seen[s.packet.Timestamp] = true
				if off := s.at - at - pictureLatency; off < -time.Microsecond || off > 8*time.Millisecond {
					t.Fatalf("picture of %v was sent at %v", at, s.at)
				}
				if !(span{2 * time.Second, 24 * time.Second}).holds(at + time.Microsecond) {
					t.Fatalf("a picture at %v, where Dev is away", at)
				}
			}
		}
		if want := 22*30 + 1*30; len(seen) < want-1 || len(seen) > want+1 {
			t.Errorf("%d pictures, want %d", len(seen), want)
		}
	})
}

// The reports of two streams agree with their RTP timestamps to a tick, however
// late the packets are written.
func TestReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := mediaClock{time.Now()}
		r := must(reportsFactory{clock}.NewInterceptor("")).(*reports)
		defer r.Close()
		var got []*rtcp.SenderReport
		r.BindRTCPWriter(interceptor.RTCPWriterFunc(func(p []rtcp.Packet, _ interceptor.Attributes) (int, error) {
			got = append(got, p[0].(*rtcp.SenderReport))
			return 0, nil
		}))
		write := func(ssrc, rate uint32) func(*rtp.Header, []byte, interceptor.Attributes) (int, error) {
			return r.BindLocalStream(&interceptor.StreamInfo{SSRC: ssrc, ClockRate: rate},
				interceptor.RTPWriterFunc(func(*rtp.Header, []byte, interceptor.Attributes) (int, error) { return 0, nil })).Write
		}
		video, audio := write(1, videoClock), write(2, soundRate)
		time.Sleep(700 * time.Millisecond)
		synctest.Wait()
		if len(got) > 0 {
			t.Fatalf("%d reports of streams that have sent nothing", len(got))
		}
		_, _ = video(&rtp.Header{}, make([]byte, 100), nil)
		_, _ = audio(&rtp.Header{}, make([]byte, 30), nil)
		synctest.Wait()
		if len(got) == 0 {
			t.Fatal("no report after the first packet")
		}
		_, _ = audio(&rtp.Header{}, make([]byte, 30), nil)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		count := map[uint32]int{}
		for _, p := range got {
			count[p.SSRC]++
			since := float64(p.NTPTime-clock.ntp(0)) / (1 << 32)
			rate := map[uint32]float64{1: videoClock, 2: soundRate}[p.SSRC]
			if off := float64(p.RTPTime) - since*rate; off < -1.01 || off > 0.01 {
				t.Errorf("stream %d: RTP time %d at %.6f s is %.2f ticks off", p.SSRC, p.RTPTime, since, off)
			}
		}
		if count[1] < 6 || count[2] < 6 {
			t.Errorf("reports of each stream in 3 s: %v", count)
		}
		if last := got[len(got)-1]; last.SSRC == 2 && (last.PacketCount != 2 || last.OctetCount != 60) {
			t.Errorf("the report counts %d packets, %d octets", last.PacketCount, last.OctetCount)
		}
		r.UnbindLocalStream(&interceptor.StreamInfo{SSRC: 1})
		r.UnbindLocalStream(&interceptor.StreamInfo{SSRC: 2})
		before := len(got)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if len(got) != before {
			t.Error("reports of streams that are gone")
		}
	})
}

func TestNTP(t *testing.T) {
	c := mediaClock{time.Date(2026, 1, 1, 0, 0, 0, 5e8, time.UTC)}
	b := binary.BigEndian.AppendUint64(nil, c.ntp(250*time.Millisecond))
	if s, f := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:]); s != 3976214400 || f != 3<<30 {
		t.Errorf("NTP time %d + %d/2^32", s, f)
	}
}
