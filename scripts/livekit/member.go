package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
)

// member is somebody who is in the room.
type member struct {
	room   *lksdk.Room
	cancel context.CancelFunc
	wait   *sync.WaitGroup
	voice  *lksdk.LocalTrackPublication
	screen *sharing // nil while none is shared
}

type sharing struct {
	sid    string
	cancel context.CancelFunc
}

// enter lets the person at index i join and send.
func (s *studio) enter(ctx context.Context, i int) (*member, error) {
	p := cast[i]
	room, err := lksdk.ConnectToRoom(s.server.url, lksdk.ConnectInfo{
		APIKey: s.server.key, APISecret: s.server.secret, RoomName: s.room,
		ParticipantIdentity: p.Identity, ParticipantName: p.Name,
		ParticipantAttributes: map[string]string{"role": p.Role},
	}, &lksdk.RoomCallback{}, lksdk.WithAutoSubscribe(false))
	if err != nil {
		return nil, fmt.Errorf("join as %s: %w", p.Identity, err)
	}
	// ctx limits the joining only; the clips run until the member leaves.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	m := &member{room: room, cancel: cancel, wait: &sync.WaitGroup{}}
	mime := webrtc.MimeTypeVP8
	if p.Codec == "h264" {
		mime = webrtc.MimeTypeH264
	}
	_, err = s.publish(ctx, m, mime, s.pictures[i], &lksdk.TrackPublicationOptions{
		Name: "camera", Source: livekit.TrackSource_CAMERA, VideoWidth: 640, VideoHeight: 360,
	})
	if err == nil {
		m.voice, err = s.publish(ctx, m, webrtc.MimeTypeOpus, s.sounds[i], &lksdk.TrackPublicationOptions{
			Name: "microphone", Source: livekit.TrackSource_MICROPHONE,
		})
	}
	if err != nil {
		m.leave()
		return nil, fmt.Errorf("publish as %s: %w", p.Identity, err)
	}
	return m, nil
}

func (m *member) leave() {
	m.cancel()
	if m.screen != nil {
		m.screen.cancel()
	}
	m.wait.Wait()
	m.room.Disconnect()
}

// share begins or ends to share a screen.
func (s *studio) share(ctx context.Context, m *member, on bool) error {
	if on == (m.screen != nil) {
		return nil
	}
	if !on {
		m.screen.cancel()
		sid := m.screen.sid
		m.screen = nil
		return m.room.LocalParticipant.UnpublishTrack(sid)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	pub, err := s.publish(ctx, m, webrtc.MimeTypeVP8, s.screen, &lksdk.TrackPublicationOptions{
		Name: "screen", Source: livekit.TrackSource_SCREEN_SHARE, VideoWidth: 1280, VideoHeight: 720,
	})
	if err != nil {
		cancel()
		return err
	}
	m.screen = &sharing{pub.SID(), cancel}
	return nil
}

// publish sends a clip until ctx ends or the member leaves.
func (s *studio) publish(ctx context.Context, m *member, mime string, c clip, o *lksdk.TrackPublicationOptions) (*lksdk.LocalTrackPublication, error) {
	codec := webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90000}
	sound := mime == webrtc.MimeTypeOpus
	if sound {
		codec.ClockRate, codec.Channels = 48000, 2
	}
	track, err := lksdk.NewLocalSampleTrack(codec)
	if err != nil {
		return nil, err
	}
	pub, err := m.room.LocalParticipant.PublishTrack(track, o)
	if err != nil {
		return nil, err
	}
	m.wait.Go(func() { s.send(ctx, track, c, sound) })
	return pub, nil
}

// send writes the packets in their time. Everybody's clips began at the same
// moment, so turns do not drift apart.
func (s *studio) send(ctx context.Context, track *lksdk.LocalTrack, c clip, sound bool) {
	ticker := time.NewTicker(c.each)
	defer ticker.Stop()
	sent := int64(time.Since(s.began) / c.each)
	for {
		for now := int64(time.Since(s.began) / c.each); sent < now; sent++ {
			at := int(sent % int64(len(c.packets)))
			sample := media.Sample{Data: c.packets[at], Duration: c.each}
			var o *lksdk.SampleWriteOptions
			if sound {
				o = &lksdk.SampleWriteOptions{AudioLevel: level(c, time.Duration(at)*c.each)}
			}
			// Nothing is bound before the server has answered: then it goes nowhere.
			_ = track.WriteSample(sample, o)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// level returns the loudness of a clip at a time of the cycle, in -dBov (RFC
// 6464): the server tells by it who speaks.
func level(c clip, at time.Duration) *uint8 {
	loud := uint8(127)
	if at >= c.from && at < c.from+turn {
		loud = 15
	}
	return &loud
}
