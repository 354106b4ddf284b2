package storage

import (
	"context"
	"log/slog"
	"os"
	"path"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/beam/report"
	"beam/upload"
)

// Complete brings the rest of the finished file into the bucket, and the report
// and the files beside it, and puts into the report what came of it. tell is called
// once a second, and degrade with what the object is less than was asked for. The
// error is a fault of ClassUpload when the object is not there; file and journal are
// kept then.
func (t *Transfer) Complete(ctx context.Context, rep *report.Report, beside []SideFile, tell func(), degrade func(string), log *slog.Logger) error {
	began := time.Now()
	result, err := sendRest(ctx, t.uploader, rep.Bytes, tell)
	rep.Upload = reportOfResult(result, time.Since(began))
	if err != nil {
		rep.Upload.URL = t.uploader.Progress().URL
		rep.Upload.Error = err.Error()
		return err
	}
	t.store, t.key = t.storage.storeOf(result), result.Key
	t.Settle(ctx, rep, beside, degrade, log)
	return nil
}

// Settle does what follows when the object is there: the local file goes where it
// may, and the files beside the object and the report are put.
func (t *Transfer) Settle(ctx context.Context, rep *report.Report, beside []SideFile, degrade func(string), log *slog.Logger) {
	lessened := func(text string) {
		degrade(text)
		rep.Degraded = append(rep.Degraded, text)
	}
	if t.storage.DeleteLocal && !t.Later {
		deleteConfirmed(rep.Output, rep.Upload, lessened)
	}
	if rep.Upload.LocalDeleted {
		dropPlaylists(rep, rep.Output, beside, log)
	}
	putSideFiles(ctx, t.store, t.key, append(beside, drawnFiles(rep, lessened)...), rep.Upload, lessened)
	putReport(ctx, t.store, t.key, rep, log, lessened)
}

// Report puts the report beside the object once more, where there is one.
func (t *Transfer) Report(ctx context.Context, rep *report.Report, degrade func(string), log *slog.Logger) {
	if t == nil || t.key == "" {
		return
	}
	putReport(ctx, t.store, t.key, rep, log, degrade)
}

// tellEvery is how often the progress of an upload is told that is waited for.
const tellEvery = time.Second

// sendRest waits for the upload of a file of the given size, and has its progress
// told once a second, and at its end.
func sendRest(hard context.Context, uploader *upload.Uploader, size int64, tell func()) (result upload.Result, err error) {
	var sending errgroup.Group
	done := make(chan struct{})
	sending.Go(func() error {
		defer close(done)
		result, err = uploader.Finish(hard, size)
		return nil
	})
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		select {
		case <-done:
			_ = sending.Wait() // its error is in err
			tell()
			return result, err
		case <-tick.C:
			tell()
		}
	}
}

// deleteConfirmed removes a file whose object HeadObject has confirmed. Why a
// file is kept is told to kept.
func deleteConfirmed(file string, u *report.Upload, kept func(string)) {
	switch {
	case u.ConfirmedByHead():
	case u.Confirmed == "parts" || u.Confirmed == "size":
		kept("the local file is kept: the bucket tells no checksum of the object, so only its size could be compared")
		return
	default:
		kept("the local file is kept: the bucket does not allow to read the object, so it could not be compared; allow s3:GetObject")
		return
	}
	if err := os.Remove(file); err != nil {
		kept("the local file could not be deleted: " + err.Error())
		return
	}
	u.LocalDeleted = true
}

// storeOf returns the store that holds a finished upload.
func (o *Storage) storeOf(r upload.Result) *upload.Store {
	if r.Backup && len(o.stores) > 1 {
		return o.stores[1]
	}
	return o.stores[0]
}

// putReport puts the report beside the object. A report that can't be put is
// told, and no loss of the recording.
func putReport(ctx context.Context, s *upload.Store, key string, r *report.Report, log *slog.Logger, failed func(string)) {
	beside := reportKey(key)
	r.Upload.ReportURL = "s3://" + path.Join(s.Target.Bucket, beside)
	r.Secrets.HideIn(r)
	if err := s.PutJSON(ctx, beside, r); err != nil {
		r.Upload.ReportURL = ""
		log.Warn("report not put beside the object", "error", err)
		failed("the report could not be put beside the object: " + err.Error())
	}
}
