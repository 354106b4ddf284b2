package demo

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
)

// publisher sends one clip, over and over, to all who subscribed to its track.
type publisher struct {
	clip  *clip
	track *webrtc.TrackLocalStaticRTP
}

// RTP payloads stay below the usual MTU.
const rtpMTU = 1200

// newPublisher returns a publisher of the track kind ("audio" or "video") of a
// media stream. Sound and picture of one stream are played in sync (RFC 8834).
func newPublisher(c *clip, kind, stream string) (*publisher, error) {
	codec := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
	if kind == "audio" {
		codec = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: soundRate, Channels: 2}
	}
	track, err := webrtc.NewTrackLocalStaticRTP(codec, kind, stream)
	if err != nil {
		return nil, err
	}
	return &publisher{clip: c, track: track}, nil
}

// run sends until ctx ends. Packet n goes out at start plus its place in the
// endless loop: sender reports pair the time of sending with the RTP time, and
// receivers play sound and picture together by them. While muted says so
// nothing is sent, and time goes on.
func (p *publisher) run(ctx context.Context, start time.Time, muted func(time.Duration) bool) {
	var payloader rtp.Payloader = &codecs.VP8Payloader{EnablePictureID: true}
	if p.clip.clock == soundRate {
		payloader = &codecs.OpusPayloader{}
	}
	packetizer := rtp.NewPacketizer(rtpMTU, 0, 0, payloader, rtp.NewFixedSequencer(uint16(rand.UintN(1<<15))), p.clip.clock)
	first := rand.Uint32N(1 << 31)
	ticks := p.clip.ticks()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := int64(0); ; n++ {
		due := p.clip.due(n)
		timer.Reset(time.Until(start.Add(due)))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if muted(due) {
			continue
		}
		for _, packet := range packetizer.Packetize(p.clip.packets[n%int64(len(p.clip.packets))], ticks) {
			packet.Timestamp = first + uint32(n)*ticks
			// It fails only for a subscriber that is going away.
			_ = p.track.WriteRTP(packet)
		}
	}
}
