package video

import (
	"math/rand/v2"
	"time"

	"beam/capture"
)

// machine is a simulated machine that records a page, in steps of 5 ms. Its
// cores are shared out evenly among the threads that want to run, as a
// scheduler without priorities does.
type machine struct {
	cores   float64
	page    float64 // cores that the page takes to paint 60 times a second
	source  float64 // core seconds for a frame: readback, JPEG, pipe
	encoder float64 // core seconds for a new frame
	grid    float64 // cores that ffmpeg takes for the grid's repeats
	fps     float64
	x11     bool                     // frames are grabbed by rate, instead of made by Chrome, three at a time
	others  func(time.Duration) int  // busy threads of others
	paints  func(time.Duration) bool // whether the page moves; nil for always
	quota   float64                  // cores that the cgroup grants in each 100 ms; 0 for all
	noise   float64                  // how much the work of a frame varies, as a part of it
	stalls  float64                  // how often, a second, everything stands still for 0.1 to 1 s
}

const (
	step         = 5 * time.Millisecond
	queueSeconds = 1.5
	deaf         = 1400 * time.Millisecond // after its start ffmpeg does not read
	inFlight     = 3
)

// outcome is what became of a recording.
type outcome struct {
	encoded  []int // frames encoded, second by second
	rates    []float64
	changes  []time.Duration
	refused  []int
	freeze   time.Duration // longest, after the first ten seconds
	taken    time.Duration // by the quota, after the first twenty seconds
	lastSeen time.Duration
}

// fps returns the frames a second that were encoded from a second on up to another.
func (o outcome) fps(from, to int) float64 {
	n := 0
	for _, e := range o.encoded[from:to] {
		n += e
	}
	return float64(n) / float64(to-from)
}

type made struct {
	captured, queued time.Duration
	work             float64 // core seconds left
}

// run records for d: at the governor's rate, or at a constant one where g is nil.
func (m machine) run(seed uint64, d time.Duration, g *Governor, rate float64) outcome {
	rng := rand.New(rand.NewPCG(seed, 17))
	vary := func(v float64) float64 { return v * max(0.1, 1+m.noise*rng.NormFloat64()) }
	var o outcome
	o.encoded, o.refused = make([]int, int(d/time.Second)+1), make([]int, int(d/time.Second)+1)
	if g != nil {
		g.Begin(1)
		rate = g.Rate()
	}
	var (
		jobs, queue []made // in Chrome; between the source and ffmpeg
		credits     = inFlight
		owed        int // acknowledgements that wait for the pace
		due         time.Duration
		pageWork    = m.page / 60
		encoding    *made
		gridWork    float64
		delays      = capture.NewWindow(time.Second)
		load        Load
		stalled     time.Duration
		quotaUsed   float64
	)
	for now := time.Duration(0); now < d; now += step {
		if m.stalls > 0 && stalled == 0 && rng.Float64() < m.stalls*step.Seconds() {
			stalled = time.Duration(100+rng.IntN(900)) * time.Millisecond
		}
		if now%(100*time.Millisecond) == 0 {
			quotaUsed = 0
		}
		granted := m.cores * step.Seconds()
		throttled := m.quota > 0 && quotaUsed >= m.quota*0.1
		if stalled > 0 || throttled {
			granted = 0
			stalled = max(0, stalled-step)
		}

		// Who wants to run: the page, a thread a frame, ffmpeg, the others.
		moving := m.paints == nil || m.paints(now)
		want := make([]float64, 0, 8)
		if moving {
			want = append(want, pageWork)
		} else {
			want = append(want, 0)
		}
		for _, j := range jobs {
			want = append(want, j.work)
		}
		gridWork = min(gridWork+m.grid*step.Seconds(), 0.05)
		if encoding == nil && len(queue) > 0 && now >= deaf {
			e := queue[0]
			queue = queue[1:]
			e.work = vary(m.encoder)
			encoding = &e
			load.Encoded++
			o.encoded[now/time.Second]++
			if now > 10*time.Second {
				o.freeze = max(o.freeze, e.captured-o.lastSeen)
			}
			o.lastSeen = e.captured
		}
		coder := gridWork
		if encoding != nil {
			coder += encoding.work
		}
		want = append(want, coder)
		ours := len(want)
		for range m.others(now) {
			want = append(want, step.Seconds())
		}
		got := share(granted, step.Seconds(), want)

		sourceUsed, encoderUsed, used := 0.0, got[ours-1], 0.0
		for i, v := range got {
			if i < ours-1 {
				sourceUsed += v
			}
			used += v
		}
		quotaUsed += sourceUsed + encoderUsed
		load.SourceCPU += seconds(sourceUsed)
		load.EncoderCPU += seconds(encoderUsed)
		idle := max(0, granted-used)
		if m.quota > 0 {
			idle = min(idle, max(0, m.quota*step.Seconds()-sourceUsed-encoderUsed))
		}
		load.Idle += seconds(idle)
		if throttled {
			load.Throttled += step
			if now > 20*time.Second {
				o.taken += step
			}
		}

		// The page's next paint.
		pageWork -= got[0]
		grab := false
		if m.x11 {
			if now >= due {
				grab = moving && len(jobs) == 0
				due = max(due, now-step) + seconds(1/rate)
			}
		} else if moving && pageWork <= 1e-9 && now.Truncate(step)%(15*time.Millisecond) == 0 {
			grab = credits > 0
			pageWork = m.page / 60
		}
		if m.x11 && pageWork <= 1e-9 {
			pageWork = m.page * step.Seconds()
		}
		if grab {
			credits--
			jobs = append(jobs, made{captured: now, work: vary(m.source)})
		}
		// Frames that are done.
		kept := jobs[:0]
		for i, j := range jobs {
			if i+1 < ours-1 {
				j.work -= got[i+1]
			}
			if j.work > 1e-9 {
				kept = append(kept, j)
				continue
			}
			if m.x11 {
				credits++
			} else {
				owed++
				delays.Add(capture.Time(now), now-j.captured)
			}
			if len(queue) >= int(queueSeconds*m.fps) {
				load.Refused++
				o.refused[now/time.Second]++
				continue
			}
			load.Frames++
			j.queued = now
			queue = append(queue, j)
		}
		jobs = kept
		for owed > 0 && now >= due && !m.x11 {
			owed--
			credits++
			due = max(due, now-66*time.Millisecond) + seconds(1/(rate*1.06))
		}
		gridWork -= min(gridWork, got[ours-1])
		if encoding != nil {
			if encoding.work -= got[ours-1]; encoding.work <= 1e-9 {
				encoding = nil
			}
		}

		if (now+step)%time.Second == 0 {
			load.At, load.Interval = capture.Time(now+step), time.Second
			if len(queue) > 0 {
				load.QueueAge = now - queue[0].queued
			}
			if !m.x11 {
				load.Delay = delays.P90(load.At)
			}
			if g != nil {
				var changed bool
				if rate, changed = g.Observe(load); changed {
					o.changes = append(o.changes, now)
				}
			}
			o.rates = append(o.rates, rate)
			load = Load{}
		}
	}
	return o
}

// share shares out a number of core seconds evenly, to each no more than it
// wants and than one core gives.
func share(granted, most float64, want []float64) []float64 {
	got := make([]float64, len(want))
	for range len(want) {
		open := 0
		for i := range want {
			if min(want[i], most)-got[i] > 1e-12 {
				open++
			}
		}
		if open == 0 || granted <= 1e-12 {
			break
		}
		each := granted / float64(open)
		for i := range want {
			part := min(each, max(0, min(want[i], most)-got[i]))
			got[i] += part
			granted -= part
		}
	}
	return got
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// best returns the best constant rate of a machine, found by trying, and the
// frames a second that it brings: the most that stay without refusals and throttling.
func (m machine) best() (rate, fps float64) {
	// No rate brings more than the pace lets through.
	for r := m.fps; r >= 1 && r*1.06 > fps; r *= 0.93 {
		o := m.run(1, 40*time.Second, nil, r)
		refused := 0
		for _, n := range o.refused[15:] {
			refused += n
		}
		if got := o.fps(20, 40); got > fps && refused == 0 && o.taken < 4*time.Second {
			rate, fps = r, got
		}
	}
	return rate, fps
}

// copes tells whether the machine carries the full rate, with a tenth to spare.
func (m machine) copes() bool {
	m.source, m.encoder = m.source*1.1, m.encoder*1.1
	o := m.run(1, 40*time.Second, nil, m.fps)
	refused := 0
	for _, n := range o.refused {
		refused += n
	}
	return o.fps(20, 40) >= 0.99*m.fps && refused == 0
}
