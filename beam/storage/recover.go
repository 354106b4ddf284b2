package storage

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"beam/beam/fault"
	"beam/beam/report"
	"beam/capture/encode"
	"beam/capture/mp4"
	"beam/upload"
)

// RecoverOptions say how to finish what a crash left.
type RecoverOptions struct {
	// Storage is where files go that have no journal. Of files that have one, the
	// journal says where, and only how to talk to the store is taken from here.
	Storage  Settings
	Version  string // of Beam
	Progress func(Progress)
}

// Outcome is what became of one file.
type Outcome string

// The outcomes.
const (
	OutcomeFinished Outcome = "finished" // the file was finished, and uploaded where that was wanted
	OutcomeWhole    Outcome = "whole"    // there was nothing to do
	OutcomeUploaded Outcome = "uploaded" // the file was whole, the upload was not
	OutcomeAlive    Outcome = "alive"    // its recorder is at work; nothing was touched
	OutcomeEmpty    Outcome = "empty"    // nothing was recorded in it
	OutcomeFailed   Outcome = "failed"
)

// Recovered tells what became of one file.
type Recovered struct {
	File    string         `json:"file"`
	Outcome Outcome        `json:"outcome"`
	Bytes   int64          `json:"bytes"`
	Seconds float64        `json:"seconds"`
	Cut     int64          `json:"cut_bytes"` // behind the last whole fragment, left out
	Upload  *report.Upload `json:"upload,omitempty"`
	Error   string         `json:"error,omitempty"`
	Err     error          `json:"-"` // a fault; nil unless the outcome is alive, empty or failed
}

func (r Recovered) fail(outcome Outcome, err error) Recovered {
	r.Outcome, r.Err, r.Error = outcome, err, err.Error()
	return r
}

// RecoverFile finishes the recording at path that a crash left, and its upload
// where it has a journal or where the options name a bucket. It is safe to
// repeat, and refuses to touch what a living recorder writes.
func RecoverFile(ctx context.Context, path string, o RecoverOptions, log *slog.Logger) Recovered {
	r := Recovered{File: path}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return r.fail(OutcomeFailed, &fault.Fault{Class: fault.ClassUsage, Op: "recover", Err: err, Hint: missingFileHint(path, err)})
	}
	defer file.Close()
	if err := encode.Lock(file); err != nil {
		return r.fail(OutcomeAlive, aliveFault(path, err))
	}
	media, err := mp4.Recover(ctx, path)
	switch {
	case errors.Is(err, mp4.ErrNoMedia), errors.Is(err, mp4.ErrMalformed) && unbegun(path):
		return r.fail(OutcomeEmpty, &fault.Fault{Class: fault.ClassEmpty, Op: "recover " + path, Err: errors.New("nothing was recorded in it"),
			Hint: "the recorder was killed before the first half second was written; the file can be deleted"})
	case err != nil:
		return r.fail(OutcomeFailed, err)
	}
	r.Bytes, r.Seconds, r.Cut = media.Size, report.Round(media.Duration.Seconds(), 3), media.Cut
	r.Outcome = OutcomeFinished
	if media.Already {
		r.Outcome = OutcomeWhole
	}
	return uploadRecovered(ctx, r, o, log)
}

// unbegun tells whether a file is one of Beam's into which the encoder had not
// written its head yet: the journal is there before it.
func unbegun(path string) bool {
	_, err := upload.ReadJournal(path)
	info, statErr := os.Stat(path)
	return err == nil || statErr == nil && info.Size() == 0
}

// aliveFault is the fault of a file that is in use.
func aliveFault(path string, err error) error {
	return &fault.Fault{Class: fault.ClassUsage, Op: "recover " + path, Err: err, Hint: "stop its recorder first, or wait for it"}
}

// missingFileHint tells of the upload that a missing file belonged to.
func missingFileHint(path string, err error) string {
	if _, statErr := os.Lstat(upload.JournalPath(path)); errors.Is(err, fs.ErrNotExist) && statErr == nil {
		return "its journal is there, but not the file; what is in the bucket can be completed with: beam recover s3://BUCKET/PREFIX"
	}
	return ""
}

// uploadRecovered uploads a finished file if that is wanted.
func uploadRecovered(ctx context.Context, r Recovered, o RecoverOptions, log *slog.Logger) Recovered {
	rep := reportOf(r, o.Version)
	if info, err := os.Stat(r.File); err == nil {
		rep.Mode = info.Mode().Perm() // whoever may see the recording may see what is beside it
	}
	beside := recoveredPlaylists(rep, r.File, log)
	WriteSideFiles(r.File, beside, rep.Mode, log)
	job, err := planUpload(ctx, r, rep, o, log)
	if err != nil {
		return r.fail(OutcomeFailed, err)
	}
	if job == nil {
		r.Upload = rep.Upload
		if r.Outcome == OutcomeFinished {
			err = rep.Write(report.Path(r.File))
		}
		if err != nil {
			return r.fail(OutcomeFailed, &fault.Fault{Class: fault.ClassEncoder, Err: err})
		}
		return r
	}
	defer job.store.Close()
	began := time.Now()
	result, err := upload.RecoverFile(ctx, r.File, job.config)
	var fault *upload.Error
	switch {
	case errors.As(err, &fault) && fault.Class == upload.ClassUsage && job.journal:
		// It could be read a moment ago, so it is locked.
		return r.fail(OutcomeAlive, err)
	case err != nil:
		return r.fail(OutcomeFailed, err)
	}
	if r.Outcome == OutcomeWhole {
		r.Outcome = OutcomeUploaded
	}
	r.Upload = reportOfResult(result, time.Since(began))
	rep.Upload = r.Upload
	lessened := func(text string) { rep.Degraded = append(rep.Degraded, text) }
	if o.Storage.DeleteLocal {
		deleteConfirmed(r.File, r.Upload, lessened)
	}
	if r.Upload.LocalDeleted {
		dropPlaylists(rep, r.File, beside, log)
	}
	beside = append(beside, besideFile(rep, r.File, lessened)...)
	putSideFiles(ctx, job.store, result.Key, beside, rep.Upload, lessened)
	putReport(ctx, job.store, result.Key, rep, log, lessened)
	if err := rep.Write(report.Path(r.File)); err != nil {
		log.Warn("report not written", "error", err)
	}
	return r
}

// recoverJob is an upload to make.
type recoverJob struct {
	store   *upload.Store
	config  upload.RecoverFileConfig
	journal bool // an interrupted one goes on
}

// planUpload says what is to be uploaded: nil for nothing.
func planUpload(ctx context.Context, r Recovered, rep *report.Report, o RecoverOptions, log *slog.Logger) (*recoverJob, error) {
	job := &recoverJob{config: upload.RecoverFileConfig{
		ContentType: contentType(r.File), GiveUpAfter: o.Storage.Timeout, Log: log,
	}}
	if o.Progress != nil {
		job.config.OnProgress = func(p upload.Progress) { o.Progress(*progressOf(p, time.Now())) }
	}
	info, err := upload.ReadJournal(r.File)
	switch {
	case err == nil:
		options := o.Storage.over(info.Options)
		job.config.Options, job.journal = &options, true
		job.store, err = upload.Open(ctx, info.Target, options, log)
		if err != nil {
			return nil, refuse("", err)
		}
		return job, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, &fault.Fault{Class: fault.ClassUsage, Op: "recover " + r.File, Err: err, Hint: "move the journal away, and give --bucket"}
	case o.Storage.Bucket == "", rep.Upload.Holds(r.Bytes):
		return nil, nil
	}
	if job.store, err = openStore(ctx, o.Storage, log); err != nil {
		return nil, err
	}
	place, err := placeOf(job.store, o.Storage, r.File, rep)
	if err != nil {
		job.store.Close()
		return nil, err
	}
	job.config.Place, job.config.Metadata = &place, objectMetadata(o.Version)
	return job, nil
}

// RecoverFolder does RecoverFile for each recording in a directory that a crash
// left unfinished or that has a journal; with a bucket, for each that was not
// uploaded. Files of living recorders are reported as alive. The error is a
// fault when the directory can't be read.
func RecoverFolder(ctx context.Context, dir string, o RecoverOptions, log *slog.Logger, each func(Recovered)) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return &fault.Fault{Class: fault.ClassUsage, Op: "recover", Err: err}
	}
	for _, e := range entries {
		if ctx.Err() != nil {
			return &fault.Fault{Class: fault.ClassUpload, Op: "recover " + dir, Err: errors.New("stopped before all files were looked at"), Hint: "run it again"}
		}
		ext := strings.ToLower(filepath.Ext(e.Name()))
		if !e.Type().IsRegular() || !slices.Contains([]string{".mp4", ".m4a"}, ext) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if !ours(path) {
			log.Debug("not a recording of beam", "file", path)
			continue
		}
		r := RecoverFile(ctx, path, o, log)
		if r.Outcome == OutcomeAlive {
			r.Err, r.Error = nil, "" // it is no fault of the directory
		}
		each(r)
	}
	return nil
}

// ours tells whether a file is one of Beam's: only those are touched in a
// directory that may hold others.
func ours(path string) bool {
	if _, err := os.Lstat(upload.JournalPath(path)); err == nil {
		return true
	}
	if _, ok := report.Read(path); ok {
		return true
	}
	index, err := indexOf(path)
	return err == nil && index.Kept()
}

// RecoverBucket completes, from the bucket alone, the uploads under the
// storage's bucket whose recorders are gone. Its error is a fault.
func RecoverBucket(ctx context.Context, s Settings, log *slog.Logger) ([]upload.Recovered, error) {
	store, err := openStore(ctx, s, log)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	return upload.RecoverBucket(ctx, store)
}
