package x11

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"beam/capture"
)

// corner is the picture on the tests' screen; its width is no multiple of the
// conversion's block.
var corner = capture.Size{Width: 638, Height: 360}

// TestGrabContent: each frame is to the pixel what was drawn, whatever of it and
// by whichever window, and its time is that of the drawing.
func TestGrabContent(t *testing.T) {
	s := start(t, t.TempDir())
	p := newPainter(t, s, corner)
	g := newGrabber(t, s, corner, 0)
	before := capture.Now()
	r := runGrabber(t, g)
	last, first := r.frame()
	if !bytes.Equal(first, p.want()) || last < before || last > capture.Now() {
		t.Error("the first frame isn't the empty screen, now")
	}
	window := p.window(600, 300)
	draws := []struct {
		name string
		draw func()
	}{
		{"the whole", func() { p.fill(p.root(), 0xff8000, [4]int{0, 0, 656, 376}) }},
		{"one odd pixel", func() { p.fill(p.root(), 0x0000ff, [4]int{637, 359, 1, 1}) }},
		{"odd rows", func() { p.fill(p.root(), 0x00ff00, [4]int{3, 301, 7, 5}) }},
		{"two places", func() { p.fill(p.root(), 0xffffff, [4]int{610, 2, 4, 4}, [4]int{610, 330, 4, 4}) }},
		{"partly outside", func() { p.fill(p.root(), 0x123456, [4]int{620, 340, 36, 36}) }},
		{"a window", func() { p.fill(window, 0x00ffff, [4]int{10, 10, 500, 200}) }},
		{"an image", func() { p.put(window, 33, 41, 120, 77, noise(120*77*4)) }},
	}
	for _, d := range draws {
		t.Run(d.name, func(t *testing.T) {
			before := capture.Now()
			d.draw()
			want := p.want()
			for { // mapping the window makes a frame too
				at, got := r.frame()
				if at <= last || at > capture.Now() {
					t.Fatalf("times %d and %d", last, at)
				}
				last = at
				if bytes.Equal(got, want) {
					break
				}
			}
			if last < before.Add(-2*time.Millisecond) {
				t.Errorf("the frame is %v older than the drawing", before.Sub(last))
			}
		})
	}
	if err := r.end(); err != nil {
		t.Error(err)
	}
}

func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// TestGrabNothing: what doesn't change the picture makes no frame.
func TestGrabNothing(t *testing.T) {
	s := start(t, t.TempDir())
	p := newPainter(t, s, corner)
	g := newGrabber(t, s, corner, 0)
	r := runGrabber(t, g)
	r.frame()
	p.fill(p.root(), 0xffffff, [4]int{638, 0, 18, 376})
	p.fill(p.root(), 0xffffff, [4]int{0, 360, 656, 16})
	p.fill(p.root(), 0, [4]int{5, 5, 50, 50})
	eventually(t, "the black rectangle was grabbed", func() bool { return g.Stats().Same == 1 })
	time.Sleep(5 * time.Millisecond) // another paint
	p.fill(p.root(), 0xff, [4]int{5, 5, 50, 50})
	if _, got := r.frame(); !bytes.Equal(got, p.want()) {
		t.Error("the next frame isn't that of the change")
	}
	if err := r.end(); err != nil {
		t.Error(err)
	}
	if s := g.Stats(); s.Paints != 2 || s.Grabs != 3 || s.Same != 1 || s.LastPaint == 0 || s.Get <= 0 || s.Convert <= 0 {
		t.Errorf("%+v", s)
	}
}

// TestGrabAgain: each run begins with the whole picture, and what is drawn
// between two isn't missed.
func TestGrabAgain(t *testing.T) {
	s := start(t, t.TempDir())
	p := newPainter(t, s, corner)
	g := newGrabber(t, s, corner, 0)
	for i := range 3 {
		r := runGrabber(t, g)
		if _, got := r.frame(); !bytes.Equal(got, p.want()) {
			t.Errorf("run %d doesn't begin with what is there", i)
		}
		p.fill(p.root(), 0xffffff, [4]int{20 * i, 0, 10, 10})
		if _, got := r.frame(); !bytes.Equal(got, p.want()) {
			t.Errorf("run %d doesn't go on with what is drawn", i)
		}
		if err := r.end(); err != nil {
			t.Error(err)
		}
		p.fill(p.root(), 0xff0000, [4]int{20 * i, 20, 10, 10})
	}
	if got := g.Stats(); got.Paints != 3 || got.Grabs != 6 {
		t.Errorf("%+v", got)
	}
}

// TestGrabRates: no more grabs than the rate allows, the last paint always in
// the last frame, and every paint accounted for.
func TestGrabRates(t *testing.T) {
	s := start(t, t.TempDir())
	p := newPainter(t, s, corner)
	for _, rate := range []float64{1, 5, 30, 60} {
		g := newGrabber(t, s, corner, 0)
		g.SetRate(rate)
		begun := capture.Now()
		r := runGrabber(t, g)
		r.frame()
		const paints = 30
		for i := range paints {
			time.Sleep(5 * time.Millisecond)
			p.fill(p.root(), uint32(rate)<<16|uint32(8*i+8), [4]int{0, i, 638, 20})
		}
		painted := capture.Now()
		want := p.want()
		for frames := 1; ; frames++ {
			at, got := r.frame()
			if bytes.Equal(got, want) {
				if age := painted.Sub(at); age > painted.Sub(begun) {
					t.Errorf("at %v: the last frame is from before the first paint", rate)
				}
				break
			}
		}
		most := capture.Now().Sub(begun).Seconds()*rate*1.01 + paceBurst + 1 // paceFollow allows 1 % more
		if err := r.end(); err != nil {
			t.Error(err)
		}
		stats := g.Stats()
		if float64(stats.Grabs) > most {
			t.Errorf("at %v: %d grabs, at most %.1f are allowed", rate, stats.Grabs, most)
		}
		// All are distinct, and the first grab is no paint's; one paint may be
		// grabbed in two halves when it is grabbed just then.
		if stats.Paints != paints || stats.Same > 0 || stats.Merged < paints-(stats.Grabs-1) || stats.Merged >= paints {
			t.Errorf("at %v: %+v", rate, stats)
		}
	}
}

// TestGrabDeferred: a grab that the pace held back comes without a further
// paint, also when the rate is raised instead of time passing.
func TestGrabDeferred(t *testing.T) {
	s := start(t, t.TempDir())
	p := newPainter(t, s, corner)
	g := newGrabber(t, s, corner, 0)
	g.SetRate(0.001)
	r := runGrabber(t, g)
	r.frame()
	p.fill(p.root(), 0xff, [4]int{0, 0, 10, 10}) // the burst's second
	r.frame()
	for i := range 2 {
		time.Sleep(5 * time.Millisecond) // two paints
		p.fill(p.root(), 0xffff, [4]int{50 * i, 40 * i, 10, 10})
	}
	eventually(t, "all three paints are reported", func() bool { return g.Stats().Paints == 3 })
	newest := capture.Now() // the server paints when it comes to it, not when it is asked
	if n := len(r.frames); n > 0 {
		t.Fatalf("%d frames that the pace forbids", n)
	}
	g.SetRate(60)
	at, got := r.frame()
	if !bytes.Equal(got, p.want()) || at > newest {
		t.Error("the frame isn't that of the newest paint")
	}
	if err := r.end(); err != nil {
		t.Error(err)
	}
	if s := g.Stats(); s.Merged != 1 || s.Grabs != 3 {
		t.Errorf("%+v", s)
	}
}

// TestGrabUndone: paints that undo each other while the pace holds the grab back
// are seen by nobody, and count as such.
func TestGrabUndone(t *testing.T) {
	s := start(t, t.TempDir())
	p := newPainter(t, s, corner)
	g := newGrabber(t, s, corner, 0)
	g.SetRate(0.001)
	r := runGrabber(t, g)
	r.frame()
	p.fill(p.root(), 0xff, [4]int{0, 0, 10, 10}) // the burst's second
	r.frame()
	for _, colour := range []uint32{0xffff, 0xff} {
		time.Sleep(5 * time.Millisecond)
		p.fill(p.root(), colour, [4]int{0, 0, 10, 10})
	}
	eventually(t, "all three paints are reported", func() bool { return g.Stats().Paints == 3 })
	g.SetRate(60)
	eventually(t, "the two were grabbed", func() bool { return g.Stats().Same == 2 })
	if n := len(r.frames); n > 0 {
		t.Errorf("%d frames of nothing new", n)
	}
	if err := r.end(); err != nil {
		t.Error(err)
	}
}

// TestCountPaints: each paint is counted once, and nothing is grabbed.
func TestCountPaints(t *testing.T) {
	s := start(t, t.TempDir())
	p := newPainter(t, s, corner)
	window := p.window(640, 360)
	g := newGrabber(t, s, corner, 0)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error)
	go func() { ended <- g.RunCount(ctx) }()
	eventually(t, "the server is asked", func() bool { return g.Stats().LastAnswer > 0 })
	for i := range 20 {
		time.Sleep(5 * time.Millisecond)
		p.fill(window, uint32(i), [4]int{0, 0, 50, 50}, [4]int{300, 0, 50, 50}, [4]int{0, 300, 50, 50})
	}
	eventually(t, "all paints are reported", func() bool { return g.Stats().Paints >= 20 })
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if s := g.Stats(); s.Paints != 20 || s.Grabs != 0 || s.Merged != 0 {
		t.Errorf("%+v", s)
	}
}

// TestGrabLosesServer: whatever the server was doing, its end and its standing
// still come out as a fault, from Run and RunCount and for good.
func TestGrabLosesServer(t *testing.T) {
	tests := map[string]struct {
		signal syscall.Signal
		says   string
		busy   bool
	}{
		"killed, still page":  {syscall.SIGKILL, "is lost", false},
		"killed, busy page":   {syscall.SIGKILL, "is lost", true},
		"stopped, still page": {syscall.SIGSTOP, "doesn't answer within 200ms", false},
		"stopped, busy page":  {syscall.SIGSTOP, "doesn't answer within 200ms", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, t.TempDir())
			defer syscall.Kill(s.PID(), syscall.SIGCONT)
			g := newGrabber(t, s, corner, 200*time.Millisecond)
			r := runGrabber(t, g)
			r.frame()
			if test.busy {
				p := newPainter(t, s, corner)
				p.fill(p.root(), 0xff, [4]int{0, 0, 638, 360})
			}
			if err := syscall.Kill(s.PID(), test.signal); err != nil {
				t.Fatal(err)
			}
			err := r.wait()
			wantFault(t, err, capture.ClassBrowser)
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %q", err)
			}
			wantFault(t, g.Run(t.Context(), nil), capture.ClassBrowser)
			wantFault(t, g.RunCount(t.Context()), capture.ClassBrowser)
			_, err = s.NewGrabber(t.Context(), GrabOptions{Size: corner, Limit: 200 * time.Millisecond, Log: options("").Log})
			wantFault(t, err, capture.ClassBrowser)
		})
	}
}

// TestServerPauses: a server that answers late, but in time, is no fault.
func TestServerPauses(t *testing.T) {
	s := start(t, t.TempDir())
	p := newPainter(t, s, corner)
	g := newGrabber(t, s, corner, patience)
	r := runGrabber(t, g)
	r.frame()
	_ = syscall.Kill(s.PID(), syscall.SIGSTOP)
	time.Sleep(pingEvery + 200*time.Millisecond) // it is asked meanwhile
	_ = syscall.Kill(s.PID(), syscall.SIGCONT)
	p.fill(p.root(), 0xff, [4]int{0, 0, 638, 360})
	if _, got := r.frame(); !bytes.Equal(got, p.want()) {
		t.Error("wrong frame")
	}
	if err := r.end(); err != nil {
		t.Error(err)
	}
}

// TestSegmentGoes: the shared memory is marked to go with its users from the
// beginning, and is gone after Close.
func TestSegmentGoes(t *testing.T) {
	s := start(t, t.TempDir())
	g := newGrabber(t, s, corner, 0)
	var info unix.SysvShmDesc
	if _, err := unix.SysvShmCtl(g.segment.id, unix.IPC_STAT, &info); err != nil {
		t.Fatal(err)
	}
	const destroy = 0o1000 // SHM_DEST, linux/shm.h
	if info.Perm.Mode&destroy == 0 || info.Nattch != 2 {
		t.Errorf("mode %o, attached by %d", info.Perm.Mode, info.Nattch)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the segment is gone", func() bool {
		_, err := unix.SysvShmCtl(g.segment.id, unix.IPC_STAT, &info)
		return err != nil
	})
}

// TestCloseEndsRun: without an error, also when it is between two frames.
func TestCloseEndsRun(t *testing.T) {
	s := start(t, t.TempDir())
	g := newGrabber(t, s, corner, 0)
	r := runGrabber(t, g)
	r.frame()
	for range 2 {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := r.wait(); err != nil {
		t.Error(err)
	}
}

func TestNewGrabberRefuses(t *testing.T) {
	s := start(t, t.TempDir())
	xvfb, err := exec.LookPath("Xvfb")
	if err != nil {
		t.Fatal(err)
	}
	without := func(extension string) *Server {
		script := filepath.Join(t.TempDir(), "Xvfb")
		if err := os.WriteFile(script, []byte("#!/bin/sh\nexec "+xvfb+" \"$@\" -extension "+extension+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		o := options(t.TempDir())
		o.Path = script
		s, err := Start(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closeServer(t, s) })
		return s
	}
	stranger := &Server{number: s.number, cookie: newCookie(), process: s.process}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name  string
		ctx   context.Context
		s     *Server
		size  capture.Size
		class capture.Class
		says  string
	}{
		{"odd width", t.Context(), s, capture.Size{Width: 639, Height: 360}, capture.ClassUsage, "639x360"},
		{"odd height", t.Context(), s, capture.Size{Width: 640, Height: 359}, capture.ClassUsage, "640x359"},
		{"nothing", t.Context(), s, capture.Size{}, capture.ClassUsage, "0x0"},
		{"larger than the screen", t.Context(), s, capture.Size{Width: 658, Height: 360}, capture.ClassUsage, "656x376"},
		{"wrong cookie", t.Context(), stranger, corner, capture.ClassEnvironment, "refused"},
		{"no DAMAGE", t.Context(), without("DAMAGE"), corner, capture.ClassEnvironment, "DAMAGE"},
		{"no MIT-SHM", t.Context(), without("MIT-SHM"), corner, capture.ClassEnvironment, "MIT-SHM"},
		{"ended", ended, s, corner, capture.ClassEnvironment, "canceled"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := test.s.NewGrabber(test.ctx, GrabOptions{Size: test.size, Log: options("").Log})
			fault := wantFault(t, err, test.class)
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %q", err)
			}
			if (test.class == capture.ClassEnvironment) != (fault.Hint != "") {
				t.Errorf("hint %q", fault.Hint)
			}
		})
	}
}

// TestTwoGrabbers: xgb keeps tables for the whole process; connecting beside a
// running grabber must not touch them (the race detector sees it).
func TestTwoGrabbers(t *testing.T) {
	a, b := start(t, t.TempDir()), start(t, t.TempDir())
	pa, pb := newPainter(t, a, corner), newPainter(t, b, corner)
	ra := runGrabber(t, newGrabber(t, a, corner, 0))
	ra.frame()
	for i := range 5 {
		pa.fill(pa.root(), uint32(40*i+40), [4]int{0, 0, 640, 360})
		g := newGrabber(t, b, corner, 0)
		rb := runGrabber(t, g)
		if _, got := rb.frame(); !bytes.Equal(got, pb.want()) {
			t.Error("the first server's picture from the second")
		}
		if err := rb.end(); err != nil {
			t.Error(err)
		}
		if _, got := ra.frame(); !bytes.Equal(got, pa.want()) {
			t.Error("wrong picture from the first")
		}
	}
	if err := ra.end(); err != nil {
		t.Error(err)
	}
}

// TestCopyOthers: the rows of a frame are those converted, or the frame's before.
func TestCopyOthers(t *testing.T) {
	size := capture.Size{Width: 4, Height: 8}
	old := bytes.Repeat([]byte{1}, 48)
	for _, r := range []rows{{0, 8}, {0, 2}, {2, 6}, {6, 8}} {
		fresh := bytes.Repeat([]byte{2}, 48)
		copyOthers(fresh, old, size, r)
		want := slices.Concat(
			bytes.Repeat([]byte{1}, 4*r.from), bytes.Repeat([]byte{2}, 4*(r.to-r.from)), bytes.Repeat([]byte{1}, 4*(8-r.to)),
			bytes.Repeat([]byte{1}, r.from), bytes.Repeat([]byte{2}, r.to-r.from), bytes.Repeat([]byte{1}, 8-r.to),
			bytes.Repeat([]byte{1}, r.from), bytes.Repeat([]byte{2}, r.to-r.from), bytes.Repeat([]byte{1}, 8-r.to))
		if !bytes.Equal(fresh, want) {
			t.Errorf("%v: %v", r, fresh)
		}
		if equalRows(fresh, old, size, r) || !equalRows(fresh, bytes.Repeat([]byte{2}, 48), size, r) {
			t.Errorf("%v: not compared", r)
		}
	}
}
