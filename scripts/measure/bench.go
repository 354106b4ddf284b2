package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"beam/beam/demo"
	"beam/capture/child"
	"beam/capture/inspect"
)

// bench makes the recordings.
type bench struct {
	options
	dir     string
	room    *room
	store   *store // nil until a row uploads
	people  []demo.Participant
	log     *slog.Logger
	presets map[string]string // size: the preset that Beam chose last

	mu      sync.Mutex // of what recordings made together share
	made    int
	machine *machine // as Beam found it; nil before a report tells
}

// usualRuns is how many recordings there are of most kinds.
const usualRuns = 3

// measure makes the recordings of a group, in rounds, and returns the rows with
// theirs appended. A recording that fails fails alone.
func (b *bench) measure(ctx context.Context, g group, rows table) (table, error) {
	runs := cmp.Or(b.runs, g.runs, usualRuns)
	if g.together {
		return b.measureTogether(ctx, g, rows)
	}
	all := map[kind][]figures{}
	var failed error
	for round := range runs {
		for _, k := range g.kinds {
			if pointless(k, append(rows, made(g.kinds, all)...)) {
				continue
			}
			if wait(ctx, 2*time.Second); ctx.Err() != nil { // let the machine come to rest
				return append(rows, made(g.kinds, all)...), failed
			}
			f, err := b.once(ctx, k)
			if ctx.Err() != nil {
				return append(rows, made(g.kinds, all)...), failed
			}
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("%s: %w", k.name(), err))
				fmt.Fprintf(os.Stderr, "measure: %s: %v\n", k.name(), err)
			}
			all[k] = append(all[k], f)
			fmt.Fprintf(os.Stderr, "measure: %s, run %d of %d done\n", k.name(), round+1, runs)
		}
	}
	return append(rows, made(g.kinds, all)...), failed
}

// measureTogether makes one recording of each kind, all at the same time.
func (b *bench) measureTogether(ctx context.Context, g group, rows table) (table, error) {
	all := make([]figures, len(g.kinds))
	errs := make([]error, len(g.kinds))
	var running sync.WaitGroup
	for i, k := range g.kinds {
		running.Go(func() {
			if all[i], errs[i] = b.once(ctx, k); errs[i] != nil {
				errs[i] = fmt.Errorf("%s: %w", k.name(), errs[i])
			}
		})
	}
	running.Wait()
	for i, k := range g.kinds {
		rows = append(rows, newRow(k, all[i:i+1]))
	}
	return rows, errors.Join(errs...)
}

// made returns the rows of what was recorded so far.
func made(kinds []kind, all map[kind][]figures) table {
	var rows table
	for _, k := range kinds {
		if len(all[k]) > 0 {
			rows = append(rows, newRow(k, all[k]))
		}
	}
	return rows
}

func (b *bench) once(ctx context.Context, k kind) (figures, error) {
	url, err := b.room.url(k.page)
	if err != nil {
		return none(), err
	}
	if k.busy {
		end, err := startBurning(ctx)
		if err != nil {
			return none(), err
		}
		defer end()
	}
	b.mu.Lock()
	b.made++
	path := filepath.Join(b.dir, fmt.Sprintf("%03d %s.mp4", b.made, k.name()))
	b.mu.Unlock()
	var f figures
	switch k.engine {
	case "page", "page-x11":
		return b.alone(ctx, k, url)
	case "ffmpeg":
		f, err = b.baseline(ctx, k, url, path)
	default:
		f, err = b.record(ctx, k, url, path)
	}
	if err != nil {
		return none(), err
	}
	if b.keep == "" {
		defer os.Remove(path)
	}
	return f, b.judge(ctx, k, path, &f)
}

// record records with Beam.
func (b *bench) record(ctx context.Context, k kind, url, path string) (figures, error) {
	f := none()
	length := k.seconds(b.seconds)
	args := []string{"record", url, "--resolution", k.size, "--capture", k.engine, "--duration", length.String(), "--force", "-o", path}
	if k.layout != "" {
		args = append(args, "--layout", k.layout, "--platform", "demo")
	}
	if k.fps != 0 {
		args = append(args, "--fps", strconv.Itoa(k.fps))
	}
	env := os.Environ()
	if k.noXvfb {
		env = append(env, "BEAM_XVFB=/nonexistent")
	}
	if k.upload {
		if err := b.openStore(ctx); err != nil {
			return f, err
		}
		args = append(args, b.store.arguments()...)
		env = append(env, b.store.environment()...)
	}
	c := command(b.beam, args...)
	c.Env = env
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	began := time.Now()
	p, err := child.Start(ctx, c)
	if err != nil {
		return f, err
	}
	w := startWatch(p.PID())
	err = p.Wait()
	took := time.Since(began)
	samples := w.end()
	const degraded = 3 // exit code: saved, but not as it was asked for
	if ctx.Err() != nil {
		return f, ctx.Err()
	}
	code := 0
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		code = exit.ExitCode()
	}
	if err != nil && code != degraded {
		return f, fmt.Errorf("%w\n%s", err, out.String())
	}
	report, err := readReport(strings.TrimSuffix(path, ".mp4") + ".json")
	if err != nil {
		return f, err
	}
	report.fill(&f, k)
	f.exit = float64(code)
	f.finish = (took - report.StartedAt.Sub(began) - length).Seconds()
	f.memory = max(f.memory, peakMemory(samples)) // Beam looks at its own less often
	usage(samples, report.StartedAt.Add(settled), report.StartedAt.Add(length), &f)
	b.mu.Lock()
	defer b.mu.Unlock()
	if k.engine == "x11" {
		b.presets[k.size] = report.Preset
	}
	if b.machine == nil {
		b.machine = report.Machine
	}
	return f, nil
}

func (b *bench) openStore(ctx context.Context) (err error) {
	if b.store == nil {
		b.store, err = startStore(ctx, b.gateway)
	}
	return err
}

func (b *bench) closeStore(ctx context.Context) {
	if b.store != nil {
		b.store.close(ctx)
	}
}

// judge adds what the recording's content tells.
func (b *bench) judge(ctx context.Context, k kind, path string, f *figures) error {
	tools := inspect.Tools{}
	switch k.page {
	case "timing":
		return judgeTiming(ctx, tools, path, f)
	case "lipsync":
		return judgeLipSync(ctx, tools, path, f)
	case "still":
		_, err := tools.Probe(ctx, path) // nothing moves; it has to be a recording
		return err
	default:
		return b.judgeRoom(ctx, tools, path, f)
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
