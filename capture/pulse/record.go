package pulse

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"beam/capture"
)

const (
	bytesPerSample = 2 * capture.Channels
	// 20 ms a packet. The sink renders in blocks no longer than that, and of
	// 10 ms or less when the browser asks for it.
	fragment = capture.SampleRate / 50 * bytesPerSample
	// Beyond these packets the daemon holds the data, for 22 s more.
	queued = 256

	pollEvery = 200 * time.Millisecond
	pollFirst = 20 * time.Millisecond // the first quickPolls are as close as this
	quickPoll = 10
	// A reply that took longer says little about when it was made.
	maxTrip = 5 * time.Millisecond
	// Without a good sighting for so long, a vague one will do.
	patienceFirst = 100 * time.Millisecond
	patienceLater = 10 * time.Second
	// How often the streams that play are asked for their latency.
	latencyEvery = time.Second
	// Connecting and opening the stream may take so long together.
	openLimit = 5 * time.Second
)

// Record reads what the sink plays and hands it to emit, in order, each call
// with the time at which the sink played its first sample: CLOCK_MONOTONIC by
// the daemon's own timing info, not the time of arrival. emit owns the
// samples; it is called on the caller's goroutine and may block for seconds,
// the daemon holds the data meanwhile.
//
// Record returns nil when ctx ends or Close is called, and a capture.Fault of
// the class audio when the daemon is lost, refuses the stream, doesn't answer
// for five seconds or sends nothing for DeadAfter.
func (s *Server) Record(ctx context.Context, emit func(capture.Samples)) error {
	r := &recorder{
		server:    s,
		packets:   make(chan []int16, queued),
		sightings: make(chan sighting, 1),
		stop:      make(chan struct{}),
		killed:    make(chan string, 1),
	}
	opening, opened := context.WithTimeout(ctx, openLimit)
	defer opened()
	c, err := dial(opening, s.socket, r.receive)
	if err != nil {
		if ctx.Err() != nil || s.isClosed() {
			return nil
		}
		return lost("connect to pulseaudio", err)
	}
	r.conn = c
	var polling sync.WaitGroup
	defer polling.Wait()
	defer c.close()
	defer close(r.stop)
	if err := c.within(opening, r.open); err != nil {
		if ctx.Err() != nil || s.isClosed() {
			return nil
		}
		return lost("record from the sink", err)
	}
	polling.Go(r.poll)
	if err := r.loop(ctx, emit); err != nil {
		return lost("record from the sink", err)
	}
	return nil
}

// recorder is one call of Record.
type recorder struct {
	server    *Server
	conn      *conn
	stream    uint32
	packets   chan []int16
	sightings chan sighting
	killed    chan string
	stop      chan struct{}
}

// receive runs on the connection's goroutine.
func (r *recorder) receive(m any) {
	switch m := m.(type) {
	case *proto.DataPacket:
		pcm := decode(m.Data) // the buffer is the library's
		if len(pcm) == 0 {
			return
		}
		select {
		case r.packets <- pcm:
		case <-r.stop:
		}
	case *proto.RecordStreamKilled:
		r.kill("the daemon ended the stream")
	case *proto.RecordStreamSuspended:
		if m.Suspended {
			r.kill("the sink was suspended")
		}
	}
}

func (r *recorder) kill(why string) {
	select {
	case r.killed <- why:
	default:
	}
}

// decode returns the whole samples in a packet, S16LE.
func decode(data []byte) []int16 {
	pcm := make([]int16, len(data)/bytesPerSample*capture.Channels)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
	}
	return pcm
}

func (r *recorder) open() error {
	const norm = uint32(proto.VolumeNorm)
	var reply proto.CreateRecordStreamReply
	err := r.conn.request(&proto.CreateRecordStream{
		SampleSpec:         proto.SampleSpec{Format: proto.FormatInt16LE, Channels: capture.Channels, Rate: capture.SampleRate},
		ChannelMap:         proto.ChannelMap{proto.ChannelFrontLeft, proto.ChannelFrontRight},
		SourceIndex:        proto.Undefined,
		SourceName:         sinkName + ".monitor",
		BufferMaxLength:    proto.Undefined, // the most the daemon allows
		BufferFragSize:     fragment,
		NoMove:             true,
		AdjustLatency:      true, // else the sink keeps its own, longer blocks
		DirectOnInputIndex: proto.Undefined,
		ChannelVolumes:     proto.ChannelVolumes{norm, norm},
		Properties:         proto.PropList{"media.name": proto.PropListString("recording")},
	}, &reply)
	if err != nil {
		return err
	}
	r.stream = reply.StreamIndex
	if reply.Rate != capture.SampleRate || reply.Channels != capture.Channels || reply.Format != proto.FormatInt16LE {
		return fmt.Errorf("the daemon offers %d Hz, %d channels, format %d", reply.Rate, reply.Channels, reply.Format)
	}
	return nil
}

// rest gives what has come already: it is still wanted at the end.
func (r *recorder) rest(give func([]int16)) {
	for {
		select {
		case pcm := <-r.packets:
			r.server.count(pcm)
			give(pcm)
		default:
			return
		}
	}
}

// loop puts samples and sightings together.
func (r *recorder) loop(ctx context.Context, emit func(capture.Samples)) error {
	var (
		line  timeline
		held  []int16 // from before the first sighting
		index int64   // of the next sample to emit
		last  = capture.Now()
		dog   = watchdog{last: last}
		watch = time.NewTicker(watchEvery)
	)
	defer watch.Stop()
	give := func(pcm []int16) {
		emit(capture.Samples{At: line.at(index), PCM: pcm})
		index += int64(len(pcm) / capture.Channels)
	}
	for {
		select {
		case pcm := <-r.packets:
			r.stalled(last)
			r.server.count(pcm)
			if line.ready() {
				give(pcm)
			} else {
				held = append(held, pcm...)
			}
			// emit may have taken its time; the daemon isn't to blame.
			last = capture.Now()
			dog.heard(last)
		case s := <-r.sightings:
			jumps := line.jumps
			line.observe(s)
			r.note(&line, line.jumps-jumps)
			if len(held) > 0 {
				give(held)
				held = nil
				dog.heard(capture.Now())
			}
		case <-watch.C:
			if len(r.packets) > 0 {
				continue
			}
			if silent := dog.look(capture.Now()); dead(silent, r.server.starved) {
				r.stalled(last)
				return fmt.Errorf("no data for %v", silent.Round(watchEvery))
			}
		case why := <-r.killed:
			return errors.New(why)
		case <-r.conn.gone:
			if r.server.isClosed() {
				return nil
			}
			return fmt.Errorf("the daemon is gone: %w", r.conn.err)
		case <-ctx.Done():
			r.stalled(last)
			if line.ready() {
				r.rest(give)
			}
			return nil
		}
	}
}

// stalled counts a stall if the last packet came too long ago.
func (r *recorder) stalled(last capture.Time) {
	if gap := capture.Now().Sub(last); gap > StallAfter {
		r.server.countStall(gap)
		r.server.log.Warn("no sound data from pulseaudio", "for", gap)
	}
}

func (r *recorder) note(line *timeline, jumped int) {
	s := r.server
	s.mu.Lock()
	s.stats.Skew = line.skew()
	s.stats.Jumps += jumped
	s.mu.Unlock()
	if jumped > 0 {
		s.log.Warn("pulseaudio lost samples, or its clock jumped")
	}
}

// poll asks for the timing info, and now and then for the latency of what plays,
// until the connection is gone or Record ends. A daemon that doesn't answer is
// not its concern: loop notices.
func (r *recorder) poll() {
	last, patience := capture.Now(), patienceFirst
	asked := last // for the latency of what plays
	for n := 0; ; n++ {
		s, err := r.ask(capture.Now().Sub(last) > patience)
		if err == nil {
			last, patience = s.at, patienceLater
			select {
			case r.sightings <- s:
			case <-r.stop:
				return
			}
		}
		if now := capture.Now(); now.Sub(asked) >= latencyEvery {
			asked = now
			r.askPlayback()
		}
		every := pollEvery
		if n < quickPoll {
			every = pollFirst
		}
		timer := time.NewTimer(every)
		select {
		case <-timer.C:
		case <-r.stop:
			timer.Stop()
			return
		case <-r.conn.gone:
			timer.Stop()
			return
		}
	}
}

// askPlayback asks how late what plays is heard; what the daemon doesn't answer
// is asked again a second later.
func (r *recorder) askPlayback() {
	var playing proto.GetSinkInputInfoListReply
	if err := r.conn.request(&proto.GetSinkInputInfoList{}, &playing); err != nil {
		return
	}
	streams, latency := playbackLatency(playing)
	s := r.server
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Streams, s.stats.PlaybackLatency = streams, latency
	s.stats.MaxPlaybackLatency = max(s.stats.MaxPlaybackLatency, latency)
}

// playbackLatency returns how many streams play and how long the latest of them
// takes from a client to the sink: what is in the stream's own buffer and what
// the sink has rendered ahead. A stream that is paused (corked) keeps its
// buffer, and says nothing.
func playbackLatency(list proto.GetSinkInputInfoListReply) (streams int, latency time.Duration) {
	for _, in := range list {
		if in.Corked {
			continue
		}
		streams++
		latency = max(latency, time.Duration(in.SinkInputLatency+in.SinkLatency)*time.Microsecond)
	}
	return streams, latency
}

var errVague = errors.New("timing info is vague")

// ask gets one sighting, and refuses a vague one unless anything will do.
func (r *recorder) ask(anything bool) (sighting, error) {
	var reply proto.GetRecordLatencyReply
	before := capture.Now()
	if err := r.conn.request(&proto.GetRecordLatency{StreamIndex: r.stream}, &reply); err != nil {
		return sighting{}, err
	}
	trip := capture.Now().Sub(before)
	r.server.mu.Lock()
	r.server.stats.Latency = time.Duration(reply.MonitorLatency) * time.Microsecond
	r.server.mu.Unlock()
	if !anything && vague(trip, &reply) {
		return sighting{}, errVague
	}
	return sighting{playing(&reply), before.Add(trip / 2)}, nil
}

// vague tells whether a reply is not worth much. The daemon reports 0 for a
// sink that is late with its rendering, however late it is, so 0 is not
// believed.
func vague(trip time.Duration, l *proto.GetRecordLatencyReply) bool {
	return trip > maxTrip || l.MonitorLatency == 0
}

// playing returns the index of the sample that the sink was playing when the
// daemon made the reply: it has put WriteIndex bytes into the stream's queue
// and Latency is still on the way there; of these, MonitorLatency has been
// rendered but not played yet (pa_stream_get_timing_info, record streams).
func playing(l *proto.GetRecordLatencyReply) int64 {
	return l.WriteIndex/bytesPerSample + toSamples(l.Latency) - toSamples(l.MonitorLatency)
}

func toSamples(us proto.Microseconds) int64 {
	return int64(us) * capture.SampleRate / int64(time.Second/time.Microsecond)
}
