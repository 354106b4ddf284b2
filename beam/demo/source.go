package demo

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
)

// How long after its own time everything is sent, as a real sender would: 20 ms
// of sound can't be sent before they are over, and a picture takes a camera's
// exposure and read-out (33 ms) and an encoder (17 ms). The sender reports tell
// the receiver, who makes up for it; but Chrome leaves some 40 ms uncorrected, and
// without the camera they would stand in every measurement of lip sync.
const (
	soundLatency   = packetTime
	pictureLatency = 50 * time.Millisecond
)

// latency returns how long after its own time the source sends.
func (s *source) latency() time.Duration {
	if s.clip.clockRate == soundRate {
		return soundLatency
	}
	return pictureLatency
}

// rtpMTU bounds the RTP packets, in bytes.
const rtpMTU = 1200

// packetWriter takes RTP packets; a track of Pion's is one.
type packetWriter interface {
	WriteRTP(*rtp.Packet) error
}

// source sends one clip as one track.
type source struct {
	clip   *clip
	track  *webrtc.TrackLocalStaticRTP
	out    packetWriter
	when   []span // all of which have to hold
	origin int64  // the packet of the script at which the clip begins

	payloader rtp.Payloader
	sequence  uint16
	next      int64 // packet of the script to send next
}

// newSource returns the source of one track of a media stream. A browser plays
// the sound and the picture of one stream in sync.
func newSource(c *clip, stream string, when ...span) (*source, error) {
	s := &source{clip: c, when: when, sequence: uint16(rand.UintN(1 << 15))}
	codec := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: videoClock}
	s.payloader = &codecs.VP8Payloader{EnablePictureID: true}
	kind := "video"
	if c.clockRate == soundRate {
		codec = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: soundRate, Channels: 2}
		s.payloader = &codecs.OpusPayloader{}
		kind = "audio"
	}
	var err error
	s.track, err = webrtc.NewTrackLocalStaticRTP(codec, stream+"-"+kind, stream)
	s.out = s.track
	return s, err
}

// active tells whether the source sends what belongs to t of the script.
func (s *source) active(t time.Duration) bool {
	for _, w := range s.when {
		if !w.holds(t) {
			return false
		}
	}
	return true
}

// due returns when the next packet is to be sent.
func (s *source) due() time.Duration { return s.clip.time(s.next) + s.latency() }

// send sends the next packet, if the source is active then. base is the RTP
// timestamp of the script's start.
func (s *source) send(base uint32) {
	n := s.next
	s.next++
	if !s.active(s.clip.time(n)) {
		return
	}
	length := int64(len(s.clip.packets))
	data := s.clip.packets[((n-s.origin)%length+length)%length]
	parts := s.payloader.Payload(rtpMTU-12, data)
	for i, part := range parts {
		// The marker ends a picture (RFC 7741, 4.1); in sound it would begin a
		// talkspurt (RFC 7587, 4.2), and there is no pause in sending.
		p := &rtp.Packet{Payload: part, Header: rtp.Header{
			Version: 2, SequenceNumber: s.sequence, Timestamp: base + s.clip.ticks(n),
			Marker: i == len(parts)-1 && s.clip.clockRate == videoClock,
		}}
		s.sequence++
		// It fails only for a viewer that is going away.
		_ = s.out.WriteRTP(p)
	}
}

// pace sends everything at its time since start until ctx ends, and calls tick
// with the time before it does. A packet that is late is sent at once, and moves
// none of those after it.
func pace(ctx context.Context, clock mediaClock, start time.Time, sources []*source, tick func(time.Duration)) {
	for _, s := range sources {
		s.next = 0
	}
	begun := clock.since(start)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		next := sources[0].due()
		for _, s := range sources[1:] {
			next = min(next, s.due())
		}
		timer.Reset(time.Until(start.Add(next)))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		t := time.Since(start)
		tick(t)
		for _, s := range sources {
			for s.due() <= t {
				s.send(rtpTime(begun, s.clip.clockRate))
			}
		}
	}
}
