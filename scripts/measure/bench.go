package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"beam/beam"
	"beam/beam/demo"
	"beam/capture/inspect"
)

// bench makes the recordings.
type bench struct {
	options
	dir    string
	room   *room
	store  *store // nil until a row uploads
	people []demo.Participant
	log    *slog.Logger
	made   int
}

// measure makes the recordings of one kind and returns their medians.
func (b *bench) measure(ctx context.Context, k kind) (row, error) {
	var all []figures
	for range b.runs {
		pause(ctx)
		f, err := b.once(ctx, k)
		if err != nil {
			return row{}, err
		}
		all = append(all, f)
	}
	return newRow(k, all), ctx.Err()
}

func (b *bench) once(ctx context.Context, k kind) (figures, error) {
	url, err := b.room.url(k.page)
	if err != nil {
		return figures{}, err
	}
	b.made++
	path := filepath.Join(b.dir, fmt.Sprintf("%03d %s.mp4", b.made, k.name()))
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
		return figures{}, err
	}
	if b.keep == "" {
		defer os.Remove(path)
	}
	return f, b.judge(ctx, k, path, &f)
}

// record records with Beam.
func (b *bench) record(ctx context.Context, k kind, url, path string) (figures, error) {
	f := none()
	length := time.Duration(b.seconds) * time.Second
	began := time.Now()
	args := []string{"record", url, "--resolution", k.size, "--capture", k.engine, "--duration", length.String(), "--force", "-o", path}
	cmd := exec.CommandContext(ctx, b.beam, args...)
	if k.layout != "" {
		cmd.Args = append(cmd.Args, "--layout", k.layout, "--platform", "demo")
	}
	if k.upload {
		if err := b.openStore(ctx); err != nil {
			return f, err
		}
		cmd.Args = append(cmd.Args, b.store.arguments()...)
		cmd.Env = append(os.Environ(), b.store.environment()...)
	}
	if out, err := cmd.CombinedOutput(); err != nil && cmd.ProcessState.ExitCode() != 3 {
		return f, fmt.Errorf("%w\n%s", err, out)
	}
	took := time.Since(began)
	text, err := os.ReadFile(beam.ReportPath(path))
	if err != nil {
		return f, err
	}
	var report beam.Report
	if err := json.Unmarshal(text, &report); err != nil {
		return f, err
	}
	f.cores, f.memory = 0, 0
	for _, u := range report.Resources {
		f.cores += u.Cores
		if u.Name == "beam" || u.Name == "ffmpeg" {
			f.memory += u.PeakMB
		}
	}
	f.first = report.FirstFrame
	f.sound = report.Sound.Covered / 100
	f.drift = 0
	if p := report.Pictures; p != nil {
		f.distinct, f.freeze = p.DistinctFPS, p.LongestFreeze
	}
	f.finish = (took - report.StartedAt.Sub(began) - length).Seconds()
	return f, nil
}

func (b *bench) openStore(ctx context.Context) (err error) {
	if b.store == nil {
		b.store, err = startStore(ctx, b.gateway)
	}
	return err
}

// judge adds what the recording's content tells.
func (b *bench) judge(ctx context.Context, k kind, path string, f *figures) error {
	tools := inspect.Tools{}
	quality, err := tools.Quality(ctx, path)
	if err != nil {
		return err
	}
	if s := quality.Sync; s != nil && k.engine == "ffmpeg" {
		f.sound = min(1, s.SoundCoverage)
	}
	switch k.page {
	case "timing":
		return judgeTiming(ctx, tools, path, f)
	case "lipsync":
		return judgeLipSync(ctx, tools, path, f)
	case "room-calm", "room-busy":
		return b.judgeRoom(ctx, tools, path, f)
	default:
		f.distinct, f.freeze = quality.Picture.DistinctPerSecond, quality.Picture.LongestFreezeMs
	}
	return nil
}
