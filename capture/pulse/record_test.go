package pulse

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"beam/capture"
)

// tape keeps what Record emits.
type tape struct {
	mu    sync.Mutex
	parts []capture.Samples
	err   error
	done  chan struct{}
}

// record starts Record and returns when the first samples have come.
func record(t *testing.T, ctx context.Context, s *Server) *tape {
	t.Helper()
	r := &tape{done: make(chan struct{})}
	go func() {
		defer close(r.done)
		r.err = s.Record(ctx, func(p capture.Samples) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.parts = append(r.parts, p)
		})
	}()
	until(t, "the first samples", func() bool { return len(r.all()) > 0 })
	return r
}

func (r *tape) all() []capture.Samples {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.parts[:len(r.parts):len(r.parts)]
}

func (r *tape) samples() (n int64) {
	for _, p := range r.all() {
		n += int64(p.Len())
	}
	return n
}

func (r *tape) peak() (peak int16) {
	for _, p := range r.all() {
		for _, v := range p.PCM {
			peak = max(peak, v)
		}
	}
	return peak
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestRecordSilence(t *testing.T) {
	s := start(t, shortDir(t))
	ctx, cancel := context.WithCancel(t.Context())
	r := record(t, ctx, s)
	until(t, "two seconds of sound", func() bool { return r.samples() > 2*capture.SampleRate })
	cancel()
	<-r.done
	if r.err != nil {
		t.Fatal(r.err)
	}
	// The capture times tell the same as the count of samples, and lie in the
	// present.
	parts := r.all()
	first, last := parts[0], parts[len(parts)-1]
	counted := time.Duration(float64(r.samples()-int64(last.Len())) * nominal)
	if d := absolute(last.At.Sub(first.At) - counted); d > 20*time.Millisecond {
		t.Errorf("%v of samples have capture times %v apart", counted, last.At.Sub(first.At))
	}
	if d := capture.Now().Sub(last.At); d < -500*time.Millisecond || d > 5*time.Second {
		t.Errorf("the last packet is %v old", d)
	}
	if st := s.Stats(); st.Samples != r.samples() || st.Silent != st.Samples {
		t.Errorf("counted %+v, got %d samples", st, r.samples())
	}
}

// player plays to the sink and knows when the sink played what.
type player struct {
	conn    *conn
	stream  uint32
	mu      sync.Mutex
	written int64
	click   bool
	clicks  []int64 // indices of the samples
	starved atomic.Bool
}

// play plays silence, so far ahead of the sink.
func play(t *testing.T, s *Server, ahead time.Duration) *player {
	t.Helper()
	p := &player{}
	requests := make(chan int, 64)
	var err error
	p.conn, err = dial(t.Context(), s.socket, func(m any) {
		switch m := m.(type) {
		case *proto.Request:
			requests <- int(m.Length)
		case *proto.Underflow:
			p.starved.Store(true)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	target := uint32(ahead.Seconds() * capture.SampleRate * bytesPerSample)
	var reply proto.CreatePlaybackStreamReply
	if err := p.conn.request(&proto.CreatePlaybackStream{
		SampleSpec: proto.SampleSpec{Format: proto.FormatInt16LE, Channels: 2, Rate: capture.SampleRate},
		ChannelMap: proto.ChannelMap{proto.ChannelFrontLeft, proto.ChannelFrontRight},
		SinkIndex:  proto.Undefined, SinkName: sinkName,
		BufferMaxLength: proto.Undefined, BufferTargetLength: target, BufferPrebufferLength: target, BufferMinimumRequest: proto.Undefined,
		ChannelVolumes: proto.ChannelVolumes{0x10000, 0x10000}, AdjustLatency: true,
		Properties: proto.PropList{"media.name": proto.PropListString("clicks")},
	}, &reply); err != nil {
		t.Fatal(err)
	}
	p.stream = reply.StreamIndex
	stop := make(chan struct{})
	var feeding sync.WaitGroup
	feeding.Go(func() {
		p.write(int(reply.Missing))
		for {
			select {
			case n := <-requests:
				p.write(n)
			case <-stop:
				return
			}
		}
	})
	t.Cleanup(func() { close(stop); feeding.Wait(); p.conn.close() })
	return p
}

func (p *player) write(n int) {
	buf := make([]byte, n)
	p.mu.Lock()
	if p.click && n >= bytesPerSample {
		p.click = false
		p.clicks = append(p.clicks, p.written)
		binary.LittleEndian.PutUint16(buf, 20000)
		binary.LittleEndian.PutUint16(buf[2:], 20000)
	}
	p.written += int64(n / bytesPerSample)
	p.mu.Unlock()
	_ = p.conn.client.Send(p.stream, buf)
}

// sight tells which sample of the stream the sink is playing.
func (p *player) sight(t *testing.T) (sighting, bool) {
	t.Helper()
	var l proto.GetPlaybackLatencyReply
	before := capture.Now()
	if err := p.conn.request(&proto.GetPlaybackLatency{StreamIndex: p.stream}, &l); err != nil {
		t.Fatal(err)
	}
	trip := capture.Now().Sub(before)
	return sighting{l.ReadIndex/bytesPerSample - toSamples(l.Latency), before.Add(trip / 2)}, trip < maxTrip && l.Latency > 0
}

// TestClickTimes plays clicks whose times at the sink are known from the
// playing side, and compares them with the capture times. The limit is loose,
// for a busy machine; the figures are logged.
func TestClickTimes(t *testing.T) {
	const clicks = 4
	s := start(t, shortDir(t))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := record(t, ctx, s)
	p := play(t, s, 2*time.Second) // the machine may be busy
	var line timeline
	var heard []capture.Time
	until(t, "the clicks", func() bool {
		if at, ok := p.sight(t); ok {
			line.observe(at)
		}
		heard = r.clicks()
		p.mu.Lock()
		defer p.mu.Unlock()
		// One is on its way at a time.
		if len(p.clicks) == len(heard) && len(heard) < clicks {
			p.click = true
		}
		return len(heard) == clicks
	})
	cancel()
	<-r.done
	if r.err != nil {
		t.Fatal(r.err)
	}
	if p.starved.Load() {
		t.Fatal("the player starved, which moves its clicks")
	}
	for i, at := range heard {
		d := at.Sub(line.at(p.clicks[i]))
		t.Logf("click %d: capture time - time at the sink = %v", i, d)
		if absolute(d) > 20*time.Millisecond {
			t.Errorf("click %d is off by %v", i, d)
		}
	}
}

// clicks returns when clicks were captured.
func (r *tape) clicks() (heard []capture.Time) {
	for _, part := range r.all() {
		for i := 0; i < len(part.PCM); i += capture.Channels {
			if part.PCM[i] > 10000 {
				heard = append(heard, part.At+capture.Time(float64(i/capture.Channels)*nominal))
			}
		}
	}
	return heard
}

// TestTwoServersDoNotHearEachOther plays a tone into one of two.
func TestTwoServersDoNotHearEachOther(t *testing.T) {
	loud, quiet := start(t, shortDir(t)), start(t, shortDir(t))
	ctx, cancel := context.WithCancel(t.Context())
	a, b := record(t, ctx, loud), record(t, ctx, quiet)

	tone := make([]byte, capture.SampleRate*bytesPerSample)
	for i := range len(tone) / 2 {
		v := int16(16000 * math.Sin(2*math.Pi*440*float64(i/2)/capture.SampleRate))
		binary.LittleEndian.PutUint16(tone[2*i:], uint16(v))
	}
	pacat := exec.CommandContext(t.Context(), "pacat", "--playback", "--raw", "--format=s16le", "--rate=48000", "--channels=2")
	pacat.Env = []string{"HOME=" + t.TempDir(), "PULSE_SERVER=" + loud.Addr()}
	pacat.Stdin = bytes.NewReader(tone)
	if out, err := pacat.CombinedOutput(); err != nil {
		t.Fatalf("pacat: %v: %s", err, out)
	}
	until(t, "the tone", func() bool { return a.peak() > 15000 })
	cancel()
	<-a.done
	<-b.done
	if p := b.peak(); p != 0 {
		t.Errorf("the other daemon plays it too: peak %d", p)
	}
	if st := loud.Stats(); st.Silent >= st.Samples-capture.SampleRate/2 {
		t.Errorf("the tone counts as silence: %+v", st)
	}
}

func TestKilledDaemon(t *testing.T) {
	dir := shortDir(t)
	s := start(t, dir)
	r := record(t, t.Context(), s)
	if err := syscall.Kill(s.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
	<-r.done
	wantFault(t, r.err, capture.ClassAudio)
	wantFault(t, s.Err(), capture.ClassAudio)
	wantFault(t, s.Record(t.Context(), nil), capture.ClassAudio)

	again := start(t, dir) // the repair: same folder, same address
	if again.Addr() != s.Addr() {
		t.Errorf("the address changed from %s to %s", s.Addr(), again.Addr())
	}
	ctx, cancel := context.WithCancel(t.Context())
	r = record(t, ctx, again)
	cancel()
	<-r.done
	if r.err != nil {
		t.Error(r.err)
	}
}

func TestCloseEndsRecord(t *testing.T) {
	s := start(t, shortDir(t))
	r := record(t, t.Context(), s)
	closeServer(t, s)
	<-r.done
	if r.err != nil {
		t.Error(r.err)
	}
}

// TestStall stops the daemon for half a second. Nothing may be lost: it renders
// what it missed, and the capture times go on as before.
func TestStall(t *testing.T) {
	s := start(t, shortDir(t))
	ctx, cancel := context.WithCancel(t.Context())
	r := record(t, ctx, s)
	until(t, "a second of sound", func() bool { return r.samples() > capture.SampleRate })
	if err := syscall.Kill(s.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond)
	if err := syscall.Kill(s.PID(), syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	until(t, "three seconds of sound", func() bool { return r.samples() > 3*capture.SampleRate })
	cancel()
	<-r.done
	if r.err != nil {
		t.Fatal(r.err)
	}
	if st := s.Stats(); st.Stalls == 0 || st.LongestStall < 400*time.Millisecond {
		t.Errorf("the stall wasn't counted: %+v", st)
	}
	parts := r.all()
	last := parts[len(parts)-1]
	counted := time.Duration(float64(r.samples()-int64(last.Len())) * nominal)
	if d := absolute(last.At.Sub(parts[0].At) - counted); d > 50*time.Millisecond {
		t.Errorf("%v of samples have capture times %v apart", counted, last.At.Sub(parts[0].At))
	}
}

// TestDeadDaemon stops the daemon for good: Record gives it up, and Close ends
// it all the same.
func TestDeadDaemon(t *testing.T) {
	dir := shortDir(t)
	s := start(t, dir)
	r := record(t, t.Context(), s)
	stopDaemon(t, s)
	stopped := capture.Now()
	<-r.done
	t.Logf("noticed after %v", capture.Now().Sub(stopped))
	wantFault(t, r.err, capture.ClassAudio)
	if s.Err() != nil {
		t.Errorf("the daemon has ended: %v", s.Err())
	}
	if st := s.Stats(); st.LongestStall < DeadAfter-StallAfter {
		t.Errorf("the silence isn't counted: %+v", st)
	}
	closeServer(t, s)
	if alive(s.PID()) {
		t.Error("the process is still there")
	}
	wantEmpty(t, dir)
}

// stopDaemon returns when no thread of the daemon runs any more.
func stopDaemon(t *testing.T, s *Server) {
	t.Helper()
	if err := syscall.Kill(s.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	until(t, "the daemon to be stopped", func() bool { return !starved(s.PID()) })
}

// TestStoppedBeforeRecord: a stopped daemon accepts the connection and answers
// nothing. Record ends with a fault by itself, and without one when it is no
// longer wanted.
func TestStoppedBeforeRecord(t *testing.T) {
	s := start(t, shortDir(t))
	stopDaemon(t, s)
	began := capture.Now()
	err := s.Record(t.Context(), nil)
	t.Logf("given up after %v", capture.Now().Sub(began))
	wantFault(t, err, capture.ClassAudio)

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Record(ctx, nil) }()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Record that isn't wanted any more: %v", err)
	}
}

// TestStoppedWhileRecording: Record returns at once when ctx ends, also with a
// request under way that is never answered.
func TestStoppedWhileRecording(t *testing.T) {
	s := start(t, shortDir(t))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := record(t, ctx, s)
	stopDaemon(t, s)
	time.Sleep(2 * pollEvery) // a request is sent meanwhile; without it the test proves less
	cancel()
	<-r.done
	if r.err != nil {
		t.Error(r.err)
	}
}

// A stream that is written half a second ahead is heard half a second later, and
// one that ended says nothing.
func TestPlaybackLatency(t *testing.T) {
	s := start(t, shortDir(t))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := record(t, ctx, s)
	if st := s.Stats(); st.Streams != 0 || st.MaxPlaybackLatency != 0 {
		t.Errorf("nobody plays: %+v", st)
	}
	p := play(t, s, 500*time.Millisecond)
	until(t, "the latency of the player", func() bool { return s.Stats().PlaybackLatency > 250*time.Millisecond })
	st := s.Stats()
	t.Logf("latency %v, at most %v", st.PlaybackLatency, st.MaxPlaybackLatency)
	if st.Streams != 1 || st.MaxPlaybackLatency < st.PlaybackLatency || st.MaxPlaybackLatency > time.Second {
		t.Errorf("%+v", st)
	}
	p.conn.close()
	until(t, "the player's end to show", func() bool { st := s.Stats(); return st.Streams == 0 && st.PlaybackLatency == 0 })
	if s.Stats().MaxPlaybackLatency < st.MaxPlaybackLatency {
		t.Error("the largest latency is forgotten")
	}
	cancel()
	<-r.done
	if r.err != nil {
		t.Error(r.err)
	}
}

// TestBeamKilled: when Beam itself is killed, the daemon dies with it.
func TestBeamKilled(t *testing.T) {
	beam := exec.CommandContext(t.Context(), os.Args[0])
	beam.Env = append(os.Environ(), helperEnv+"="+shortDir(t))
	stdout, err := beam.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := beam.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 64)
	n, _ := stdout.Read(line)
	pid, err := strconv.Atoi(strings.TrimSpace(string(line[:n])))
	if err != nil || !alive(pid) {
		t.Fatalf("no daemon: %q", line[:n])
	}
	_ = beam.Process.Kill()
	_ = beam.Wait()
	until(t, "the daemon's end", func() bool { return !running(pid) })
}

// running is alive, but false for a zombie, which an init that reaps slowly
// leaves.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !bytes.Contains(stat, []byte(") Z "))
}

func helper(dir string) {
	s, err := Start(context.Background(), Options{Path: "pulseaudio", Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.PID())
	select {}
}

func TestVague(t *testing.T) {
	tests := []struct {
		trip    time.Duration
		monitor proto.Microseconds
		want    bool
	}{
		{time.Millisecond, 5000, false},
		{time.Millisecond, 0, true},
		{6 * time.Millisecond, 5000, true},
	}
	for _, test := range tests {
		if got := vague(test.trip, &proto.GetRecordLatencyReply{MonitorLatency: test.monitor}); got != test.want {
			t.Errorf("vague(%v, %d) = %v", test.trip, test.monitor, got)
		}
	}
}

func TestPlaying(t *testing.T) {
	got := playing(&proto.GetRecordLatencyReply{WriteIndex: 4800 * bytesPerSample, Latency: 10_000, MonitorLatency: 5_000})
	if want := int64(4800 + 480 - 240); got != want {
		t.Errorf("the sink plays sample %d, want %d", got, want)
	}
}

func TestSilent(t *testing.T) {
	if !silent([]int16{0, 1, -1, 0}) || silent([]int16{0, 2}) || silent([]int16{-2, 0}) || silent([]int16{math.MinInt16, 0}) {
		t.Error("silence is what stays within one")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 0, 0xff, 0xff})
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7})
	f.Fuzz(func(t *testing.T, data []byte) {
		pcm := decode(data)
		if len(pcm)%capture.Channels != 0 || 2*len(pcm) > len(data) || len(data)-2*len(pcm) >= bytesPerSample {
			t.Fatalf("%d bytes became %d values", len(data), len(pcm))
		}
		for i, v := range pcm {
			if v != int16(uint16(data[2*i])|uint16(data[2*i+1])<<8) {
				t.Fatalf("value %d is %d", i, v)
			}
		}
	})
}
