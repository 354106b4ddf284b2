package demo

import (
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// reportEvery is how often each stream's sender report goes out. A browser
// needs two of each stream before it plays sound and picture in sync, so they
// come twice as often as a browser sends them.
const reportEvery = 500 * time.Millisecond

// reports makes the sender reports (RFC 3550, 6.4.1) of a peer connection from
// the media clock. Pion's own reporter pairs the RTP time with the instant at
// which a packet happened to be written, and so passes on how late the
// scheduler was.
type reports struct {
	interceptor.NoOp
	clock mediaClock

	mu      sync.Mutex
	streams map[uint32]*reported // by SSRC

	first  chan struct{} // a stream has sent its first packet
	done   chan struct{}
	close  sync.Once
	looped sync.WaitGroup
}

type reported struct {
	clockRate       uint32
	packets, octets uint32
}

// reportsFactory makes the reports of each new peer connection.
type reportsFactory struct{ clock mediaClock }

func (f reportsFactory) NewInterceptor(string) (interceptor.Interceptor, error) {
	return &reports{
		clock: f.clock, streams: map[uint32]*reported{},
		first: make(chan struct{}, 1), done: make(chan struct{}),
	}, nil
}

func (r *reports) BindLocalStream(info *interceptor.StreamInfo, next interceptor.RTPWriter) interceptor.RTPWriter {
	s := &reported{clockRate: info.ClockRate}
	r.mu.Lock()
	r.streams[info.SSRC] = s
	r.mu.Unlock()
	return interceptor.RTPWriterFunc(func(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
		r.mu.Lock()
		s.packets++
		s.octets += uint32(len(payload))
		isFirst := s.packets == 1
		r.mu.Unlock()
		if isFirst {
			select {
			case r.first <- struct{}{}:
			default:
			}
		}
		return next.Write(h, payload, a)
	})
}

func (r *reports) UnbindLocalStream(info *interceptor.StreamInfo) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.streams, info.SSRC)
}

func (r *reports) BindRTCPWriter(w interceptor.RTCPWriter) interceptor.RTCPWriter {
	r.looped.Go(func() {
		tick := time.NewTicker(reportEvery)
		defer tick.Stop()
		for {
			select {
			case <-r.done:
				return
			case <-r.first:
			case <-tick.C:
			}
			for _, p := range r.due(time.Now()) {
				// It fails only when the connection is going away.
				_, _ = w.Write([]rtcp.Packet{p}, nil)
			}
		}
	})
	return w
}

// due returns a report of each stream that has sent something.
func (r *reports) due(now time.Time) []*rtcp.SenderReport {
	since := r.clock.since(now)
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []*rtcp.SenderReport
	for ssrc, s := range r.streams {
		if s.packets == 0 {
			continue
		}
		all = append(all, &rtcp.SenderReport{
			SSRC: ssrc, NTPTime: r.clock.ntp(since), RTPTime: rtpTime(since, s.clockRate),
			PacketCount: s.packets, OctetCount: s.octets,
		})
	}
	return all
}

func (r *reports) Close() error {
	r.close.Do(func() { close(r.done) })
	r.looped.Wait()
	return nil
}
