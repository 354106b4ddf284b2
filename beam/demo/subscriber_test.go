//go:build e2e

package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/pion/ice/v4"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

func startServer(t *testing.T) *Server {
	t.Helper()
	s, err := Start(t.Context(), Options{Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// subscriber is a viewer in Go. It keeps what it gets.
type subscriber struct {
	t      *testing.T
	conn   *websocket.Conn
	peer   *webrtc.PeerConnection
	cancel context.CancelFunc
	work   sync.WaitGroup
	// abandoned says that the server may go without a word.
	abandoned atomic.Bool

	mu       sync.Mutex
	closed   bool    // no further track is read
	first    []entry // the first roster
	roster   []entry
	rosters  int
	ended    bool
	offers   int
	sections int // media sections of the last offer
	streams  map[string][]*received
}

// received is one track from its arrival on; a track that comes back is another.
type received struct {
	kind    string
	packets []rtp.Header
	sizes   []int
	reports []*rtcp.SenderReport
	over    bool
}

func subscribe(t *testing.T, s *Server, room string) *subscriber {
	t.Helper()
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	peer, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	u := must(url.Parse(s.URL()))
	conn, _, err := websocket.Dial(ctx, fmt.Sprintf("ws://%s/join?room=%s&name=test", u.Host, room), nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	c := &subscriber{t: t, conn: conn, peer: peer, cancel: cancel, streams: map[string][]*received{}}
	peer.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		// Pion does not wait for this function, so close does.
		r := &received{kind: track.Kind().String()}
		c.mu.Lock()
		if c.closed {
			c.mu.Unlock()
			return
		}
		c.streams[track.StreamID()] = append(c.streams[track.StreamID()], r)
		c.work.Add(1)
		c.work.Go(func() { c.readReports(receiver, r) })
		c.mu.Unlock()
		defer c.work.Done()
		for {
			p, _, err := track.ReadRTP()
			c.mu.Lock()
			if err != nil {
				r.over = true
				c.mu.Unlock()
				return
			}
			r.packets = append(r.packets, p.Header)
			r.sizes = append(r.sizes, len(p.Payload))
			c.mu.Unlock()
		}
	})
	c.work.Go(func() {
		if err := c.follow(ctx); err != nil && ctx.Err() == nil && !c.abandoned.Load() {
			t.Errorf("subscriber: %v", err)
		}
	})
	t.Cleanup(c.close)
	return c
}

func (c *subscriber) readReports(receiver *webrtc.RTPReceiver, r *received) {
	for {
		packets, _, err := receiver.ReadRTCP()
		if err != nil {
			return
		}
		c.mu.Lock()
		for _, p := range packets {
			if sr, ok := p.(*rtcp.SenderReport); ok {
				r.reports = append(r.reports, sr)
			}
		}
		c.mu.Unlock()
	}
}

func (c *subscriber) follow(ctx context.Context) error {
	for {
		var m message
		if err := wsjson.Read(ctx, c.conn, &m); err != nil {
			if websocket.CloseStatus(err) == websocket.StatusNormalClosure {
				return nil
			}
			return err
		}
		c.mu.Lock()
		switch m.Type {
		case messageRoster:
			if c.rosters == 0 {
				c.first = m.Participants
			}
			c.roster = m.Participants
			c.rosters++
		case messageEnded:
			c.ended = true
		case messageOffer:
			c.offers++
			c.sections = strings.Count(m.SDP, "\nm=")
		}
		c.mu.Unlock()
		if m.Type != messageOffer {
			continue
		}
		if err := loopbackOnly(m.SDP); err != nil {
			return err
		}
		if err := c.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: m.SDP}); err != nil {
			return err
		}
		answer, err := c.peer.CreateAnswer(nil)
		if err != nil {
			return err
		}
		if err := c.peer.SetLocalDescription(answer); err != nil {
			return err
		}
		if err := wsjson.Write(ctx, c.conn, message{Type: messageAnswer, SDP: c.peer.LocalDescription().SDP}); err != nil {
			return err
		}
	}
}

// loopbackOnly tells whether an offer has candidates, all of them on 127.0.0.1.
func loopbackOnly(sdp string) error {
	n := 0
	for line := range strings.Lines(sdp) {
		if fields := strings.Fields(line); strings.HasPrefix(line, "a=candidate:") {
			n++
			if fields[4] != "127.0.0.1" {
				return fmt.Errorf("candidate at %s", fields[4])
			}
		}
	}
	if n == 0 {
		return errors.New("no candidate in the offer")
	}
	return nil
}

// close ends the viewer. What it got is no longer written to then.
func (c *subscriber) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel()
	c.conn.CloseNow()
	c.peer.GracefulClose()
	c.work.Wait()
}

// playing returns the ids of the streams with a track that goes on.
func (c *subscriber) playing() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ids []string
	for id, tracks := range c.streams {
		if last := tracks[len(tracks)-1]; !last.over && len(last.packets) > 0 {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// missed is how long to wait for something in the script: what a slow machine
// misses comes again in the next period.
const missed = 3 * ScriptPeriod

// soon is how long to wait for something that nothing is in the way of.
const soon = time.Minute

// eventually waits until ok holds.
func eventually(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}

// Two subscribers, the second of whom comes late, get everybody's media, and
// see Dev come, and the screen come and go.
func TestSubscribers(t *testing.T) {
	t.Parallel() // it mostly waits for the script
	s := startServer(t)
	first := subscribe(t, s, roomCalm)
	is := func(c *subscriber, ids ...string) func() bool {
		return func() bool { return slices.Equal(c.playing(), ids) }
	}
	began := time.Now()
	eventually(t, missed, "three people", is(first, "ana", "ben", "chloe"))
	t.Logf("media after %v", time.Since(began).Round(time.Millisecond))
	eventually(t, missed, "Dev came", is(first, "ana", "ben", "chloe", "dev"))
	second := subscribe(t, s, roomCalm)
	eventually(t, missed, "the second sees four", is(second, "ana", "ben", "chloe", "dev"))
	eventually(t, missed, "the screen came", is(second, "ana", "ben", "ben-screen", "chloe", "dev"))
	eventually(t, missed, "the screen came", is(first, "ana", "ben", "ben-screen", "chloe", "dev"))
	first.mu.Lock()
	if i := slices.IndexFunc(first.roster, func(e entry) bool { return e.ID == "ben" }); i < 0 || !first.roster[i].Sharing {
		t.Errorf("the roster does not say that Ben shares: %+v", first.roster)
	}
	first.mu.Unlock()
	eventually(t, missed, "the screen went", is(first, "ana", "ben", "chloe", "dev"))
	first.close()
	second.close()
	for _, c := range []*subscriber{first, second} {
		for id, tracks := range c.streams {
			whole := map[string]bool{} // kinds with a track that went on for a while
			for _, track := range tracks {
				if track.check(t, id) {
					whole[track.kind] = true
				}
			}
			if !whole["video"] || !whole["audio"] && id != "ben-screen" {
				t.Errorf("%s: tracks with enough packets and reports: %v", id, whole)
			}
		}
		c.checkSync(t)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// check checks that a track is sound: its RTP times go on at the rate of the
// clip. It returns whether there was enough of it, with sender reports: one that
// has just begun has little.
func (r *received) check(t *testing.T, id string) (enough bool) {
	t.Helper()
	step := map[string]uint32{"audio": 960, "video": 3000}[r.kind]
	if strings.HasSuffix(id, "-screen") {
		step = 9000
	}
	if len(r.packets) == 0 {
		return false
	}
	// UDP may lose and reorder on a busy machine, and what was sent again comes
	// late; TestPace tells that nothing is left out in sending.
	unordered := slices.Clone(r.packets)
	base := unordered[0].SequenceNumber
	slices.SortFunc(unordered, func(a, b rtp.Header) int {
		return int(int16(a.SequenceNumber-base)) - int(int16(b.SequenceNumber-base))
	})
	all := slices.CompactFunc(unordered, func(a, b rtp.Header) bool { return a.SequenceNumber == b.SequenceNumber })
	next := 0 // packets that follow their neighbour
	for i := 1; i < len(all); i++ {
		a, b := all[i-1], all[i]
		if b.SequenceNumber != a.SequenceNumber+1 {
			continue
		}
		next++
		want := step
		if r.kind == "video" && !a.Marker {
			want = 0 // the same picture goes on
		}
		if b.Timestamp-a.Timestamp != want {
			t.Errorf("%s %s: RTP time steps by %d, want %d", id, r.kind, b.Timestamp-a.Timestamp, want)
		}
	}
	if size := slices.Max(r.sizes); size > rtpMTU {
		t.Errorf("%s %s: a payload of %d bytes", id, r.kind, size)
	}
	return next >= 20 && len(r.reports) >= 3
}

// checkSync tells whether the reports of all tracks are of one clock: the same
// NTP time stands for the same media time.
func (c *subscriber) checkSync(t *testing.T) {
	t.Helper()
	var first float64 // media time less NTP time, s
	n := 0
	for id, tracks := range c.streams {
		for _, r := range tracks {
			rate := map[string]float64{"audio": soundRate, "video": videoClock}[r.kind]
			for _, sr := range r.reports {
				wall := float64(sr.NTPTime>>32) + float64(uint32(sr.NTPTime))/(1<<32)
				off := float64(sr.RTPTime)/rate - wall
				if n++; n == 1 {
					first = off
				} else if d := off - first; d > 1e-4 || d < -1e-4 {
					t.Errorf("%s %s: a report is %.3f ms off the first one", id, r.kind, 1000*d)
				}
			}
		}
	}
}

// Media sections are used again by a track that comes back, so the offers do
// not grow with the length of a meeting.
func TestSectionsAreUsedAgain(t *testing.T) {
	t.Parallel() // it mostly waits for the script
	s := startServer(t)
	c := subscribe(t, s, roomCalm)
	eventually(t, missed, "three people", func() bool { return len(c.playing()) == 3 })
	room := s.rooms[roomCalm]
	room.mu.Lock()
	room.pause() // the script, so that the test can play its own
	room.mu.Unlock()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range 4 {
		for _, at := range []time.Duration{7 * time.Second, 25 * time.Second} {
			c.mu.Lock()
			before := c.offers
			c.mu.Unlock()
			room.show(ctx, room.sceneAt(at))
			eventually(t, soon, "the new scene is offered", func() bool {
				c.mu.Lock()
				defer c.mu.Unlock()
				return c.offers > before
			})
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sections != 9 {
		t.Errorf("%d media sections, want 4 times 2 and the screen", c.sections)
	}
}

func TestEndRoom(t *testing.T) {
	t.Parallel() // it mostly waits for the script
	s := startServer(t)
	c := subscribe(t, s, roomLipSync)
	eventually(t, soon, "the clapper", func() bool { return slices.Equal(c.playing(), []string{"clapper"}) })
	s.EndRoom()
	ended := func(c *subscriber) func() bool {
		return func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.ended }
	}
	eventually(t, soon, "the viewer is told", ended(c))
	late := subscribe(t, s, roomLipSync)
	eventually(t, soon, "who comes late is told", ended(late))
	if late.rosters > 0 {
		t.Error("who came late was let in first")
	}
}

// When the last viewer has gone, the script begins anew for the next.
func TestScriptBeginsAnew(t *testing.T) {
	t.Parallel() // it mostly waits for the script
	s := startServer(t)
	dev := func(c *subscriber) bool { return slices.Contains(c.playing(), "dev") }
	c := subscribe(t, s, roomBusy)
	eventually(t, missed, "Dev came", func() bool { return dev(c) })
	c.close()
	eventually(t, soon, "the room is empty", func() bool {
		r := s.rooms[roomBusy]
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.viewers) == 0
	})
	again := subscribe(t, s, roomBusy)
	eventually(t, missed, "Dev came again", func() bool { return dev(again) })
	again.mu.Lock()
	defer again.mu.Unlock()
	if here := func(e entry) bool { return e.ID == "dev" }; len(again.first) != 3 || slices.ContainsFunc(again.first, here) {
		t.Errorf("in the room at the start: %+v", again.first)
	}
}

// The crowd is there from the start, and everybody sends a picture.
func TestCrowd(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := subscribe(t, s, roomCrowd)
	eventually(t, missed, "all of the crowd", func() bool { return len(c.playing()) == crowdSize })
	c.mu.Lock()
	defer c.mu.Unlock()
	names := map[string]bool{}
	for _, e := range c.roster {
		names[e.Name] = true
	}
	if len(names) != crowdSize {
		t.Errorf("%d names: %v", len(names), c.roster)
	}
}
