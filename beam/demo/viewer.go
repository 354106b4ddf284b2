package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

const (
	// writeTimeout bounds how long a viewer may take to read a message.
	writeTimeout = 5 * time.Second
	// answerTimeout bounds how long a viewer may take to answer an offer.
	answerTimeout = 15 * time.Second
	// longestMessage is the longest that a viewer may send, in bytes: an answer
	// with a dozen media sections has some 20 kB.
	longestMessage = 1 << 18
)

// viewer is one who watches a room: a browser, which the others don't see.
type viewer struct {
	room *room
	api  *webrtc.API
	conn *websocket.Conn
	peer *webrtc.PeerConnection
	log  *slog.Logger

	changed chan struct{} // the scene is another one
	// lines holds the transceiver of each source that was ever sent. A source
	// that comes back uses its media section again: sections can't be removed,
	// and they must not grow in number with each turn of the script.
	lines map[*source]*webrtc.RTPTransceiver
	rtcp  sync.WaitGroup
}

// watch serves a viewer until it goes, the meeting is over, or ctx ends.
func watch(ctx context.Context, r *room, api *webrtc.API, conn *websocket.Conn, log *slog.Logger) error {
	conn.SetReadLimit(longestMessage)
	peer, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return fmt.Errorf("new peer connection: %w", err)
	}
	v := &viewer{
		room: r, api: api, conn: conn, peer: peer, log: log,
		changed: make(chan struct{}, 1), lines: map[*source]*webrtc.RTPTransceiver{},
	}
	failed := make(chan struct{}, 1)
	peer.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateFailed {
			select {
			case failed <- struct{}{}:
			default:
			}
		}
	})
	ctx, cancel := context.WithCancel(ctx)
	messages := make(chan message)
	var reader sync.WaitGroup
	var readErr error
	reader.Go(func() {
		defer close(messages)
		readErr = v.read(ctx, messages)
	})
	// The viewer has left the room, and nobody writes to its tracks, before
	// the peer connection is closed.
	defer func() {
		cancel()
		conn.CloseNow()
		reader.Wait()
		peer.GracefulClose()
		v.rtcp.Wait()
	}()
	r.enter(v)
	defer r.leave(v)
	if err := v.follow(ctx, messages, failed); err != nil {
		return err
	}
	cancel()
	reader.Wait()
	return readErr
}

// read passes on what the viewer says.
func (v *viewer) read(ctx context.Context, messages chan<- message) error {
	for {
		var m message
		if err := wsjson.Read(ctx, v.conn, &m); err != nil {
			if ctx.Err() != nil || gone(err) {
				return nil
			}
			return fmt.Errorf("read message: %w", err)
		}
		select {
		case messages <- m:
		case <-ctx.Done():
			return nil
		}
	}
}

// follow keeps the viewer in step with the room. One offer is out at a time;
// what changes meanwhile goes into the next.
func (v *viewer) follow(ctx context.Context, messages <-chan message, failed <-chan struct{}) error {
	v.poke() // for the scene at the start
	offered, stale := false, false
	answerBy := time.NewTimer(answerTimeout)
	defer answerBy.Stop()
	answerBy.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-failed:
			return errors.New("connection failed")
		case <-answerBy.C:
			return errors.New("no answer to the offer")
		case m, ok := <-messages:
			if !ok {
				return nil
			}
			if m.Type != messageAnswer || !offered {
				return fmt.Errorf("unexpected message %.20q", m.Type)
			}
			answer := webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: m.SDP}
			if err := v.peer.SetRemoteDescription(answer); err != nil {
				return fmt.Errorf("take answer: %w", err)
			}
			offered = false
			answerBy.Stop()
		case <-v.changed:
			s := v.room.present()
			if s.ended {
				if err := v.send(ctx, message{Type: messageEnded}); err != nil {
					return err
				}
				return v.conn.Close(websocket.StatusNormalClosure, "the meeting is over")
			}
			if err := v.send(ctx, v.room.roster(s)); err != nil {
				return err
			}
			stale = true
		}
		if offered || !stale {
			continue
		}
		stale = false
		changed, err := v.match(v.room.sending(v.room.present()))
		if err != nil {
			return err
		}
		if !changed {
			continue
		}
		if err := v.offer(ctx); err != nil {
			return err
		}
		offered = true
		answerBy.Reset(answerTimeout)
	}
}

// match makes the peer connection send the wanted sources and no others, and
// tells whether that takes an offer.
func (v *viewer) match(wanted []*source) (changed bool, err error) {
	for s, line := range v.lines {
		if line.Sender() == nil || slices.Contains(wanted, s) {
			continue
		}
		if err := v.peer.RemoveTrack(line.Sender()); err != nil {
			return false, fmt.Errorf("remove track %s: %w", s.track.ID(), err)
		}
		changed = true
	}
	for _, s := range wanted {
		if line := v.lines[s]; line != nil && line.Sender() != nil {
			continue
		}
		if err := v.add(s); err != nil {
			return false, fmt.Errorf("add track %s: %w", s.track.ID(), err)
		}
		changed = true
	}
	return changed, nil
}

// add sends a source, in the media section that it had before if it had one.
func (v *viewer) add(s *source) error {
	line := v.lines[s]
	if line == nil {
		var err error
		line, err = v.peer.AddTransceiverFromTrack(s.track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			return err
		}
		v.lines[s] = line
	} else {
		sender, err := v.api.NewRTPSender(s.track, v.peer.SCTP().Transport())
		if err != nil {
			return err
		}
		if err := line.SetSender(sender, s.track); err != nil {
			return errors.Join(err, sender.Stop())
		}
	}
	sender := line.Sender()
	v.rtcp.Go(func() { v.listen(s, sender) })
	return nil
}

// listen reads what the viewer reports of a track, which also lets the
// interceptors see its retransmission requests. A request for a keyframe needs
// no answer: the clips have one every half second.
func (v *viewer) listen(s *source, sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return // the track was removed or the connection closed
		}
		for _, p := range packets {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				v.log.Debug("demo room: a viewer asks for a keyframe", "track", s.track.ID())
			}
		}
	}
}

// offer offers what is being sent now. All of the server's candidates are in
// it.
func (v *viewer) offer(ctx context.Context) error {
	offer, err := v.peer.CreateOffer(nil)
	if err != nil {
		return fmt.Errorf("make offer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(v.peer)
	if err := v.peer.SetLocalDescription(offer); err != nil {
		return fmt.Errorf("make offer: %w", err)
	}
	select {
	case <-gathered:
	case <-ctx.Done():
		return ctx.Err()
	}
	return v.send(ctx, message{Type: messageOffer, SDP: v.peer.LocalDescription().SDP})
}

func (v *viewer) send(ctx context.Context, m message) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := wsjson.Write(ctx, v.conn, m); err != nil {
		return fmt.Errorf("send %s: %w", m.Type, err)
	}
	return nil
}

// poke says that the scene is another one. It does not block.
func (v *viewer) poke() {
	select {
	case v.changed <- struct{}{}:
	default:
	}
}

// gone tells whether an error only says that the viewer went away.
func gone(err error) bool {
	return websocket.CloseStatus(err) != -1 || errors.Is(err, net.ErrClosed) || errors.Is(err, context.Canceled)
}
