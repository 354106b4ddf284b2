package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/pion/webrtc/v4"
)

// message is what goes over the WebSocket.
type message struct {
	Type         string   `json:"type"`
	SDP          string   `json:"sdp,omitempty"`
	Participants []member `json:"participants,omitempty"`
	ID           string   `json:"id,omitempty"`
}

// visitor is one who watches the room: a browser, hidden from the others.
type visitor struct {
	socket *websocket.Conn
	peer   *webrtc.PeerConnection
	log    *slog.Logger
	scenes chan scene // the latest one to show
	sent   map[*publisher]*webrtc.RTPSender
}

// newAPI returns a WebRTC API that talks over loopback only.
func newAPI() (*webrtc.API, error) {
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	var media webrtc.MediaEngine
	if err := media.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	return webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(&media)), nil
}

// show asks for a scene to be shown; a scene that was not shown yet is
// superseded. It does not block.
func (v *visitor) show(s scene) {
	for {
		select {
		case v.scenes <- s:
			return
		default:
		}
		select {
		case <-v.scenes:
		default:
		}
	}
}

// serve keeps the visitor's connection in step with the room until one of them
// goes.
func (v *visitor) serve(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case s := <-v.scenes:
			if err := v.stage(ctx, s); err != nil {
				return err
			}
		}
	}
}

// stage brings the tracks to what a scene needs, and tells the page.
func (v *visitor) stage(ctx context.Context, s scene) error {
	want := map[*publisher]bool{}
	for _, m := range s.members {
		for _, p := range m.tracks {
			want[p] = true
		}
		if m.Sharing {
			want[m.screen] = true
		}
	}
	changed := false
	for p, sender := range v.sent {
		if !want[p] {
			if err := v.peer.RemoveTrack(sender); err != nil {
				return fmt.Errorf("remove track: %w", err)
			}
			delete(v.sent, p)
			changed = true
		}
	}
	for p := range want {
		if v.sent[p] != nil {
			continue
		}
		sender, err := v.peer.AddTrack(p.track)
		if err != nil {
			return fmt.Errorf("add track: %w", err)
		}
		v.sent[p] = sender
		changed = true
	}
	if s.ended {
		return v.send(ctx, message{Type: "ended"})
	}
	// The page has to know who somebody is before the media arrive.
	if err := v.send(ctx, message{Type: "roster", Participants: s.members}); err != nil {
		return err
	}
	if changed {
		if err := v.negotiate(ctx); err != nil {
			return err
		}
	}
	return v.send(ctx, message{Type: "speaking", ID: s.speaker})
}

// negotiate makes an offer and takes the answer.
func (v *visitor) negotiate(ctx context.Context) error {
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
	if err := v.send(ctx, message{Type: "offer", SDP: v.peer.LocalDescription().SDP}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var answer message
	if err := wsjson.Read(ctx, v.socket, &answer); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if answer.Type != "answer" {
		return fmt.Errorf("a message %q where an answer was due", answer.Type)
	}
	if err := v.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer.SDP}); err != nil {
		return fmt.Errorf("take answer: %w", err)
	}
	return nil
}

func (v *visitor) send(ctx context.Context, m message) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return wsjson.Write(ctx, v.socket, m)
}

// gone tells whether an error only says that the visitor went away.
func gone(err error) bool {
	var closed websocket.CloseError
	return errors.As(err, &closed) || errors.Is(err, net.ErrClosed) || errors.Is(err, context.Canceled)
}
