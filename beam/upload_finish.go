package beam

import (
	"context"
	"log/slog"
	"os"
	"path"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/upload"
)

// upload brings the rest of the finished file into the bucket, and the report
// beside it. The error is a fault of ClassUpload when the object is not there;
// file and journal are kept then.
func (t *take) upload(hard context.Context, r *Report, beside []sideFile) error {
	t.enter(StateUploading)
	began := time.Now()
	result, err := t.sendRest(hard, r.Bytes, r.Seconds)
	r.Upload = uploadReport(result, time.Since(began))
	if err != nil {
		r.Upload.URL = t.transfer.uploader.Progress().URL
		r.Upload.Error = err.Error()
		return err
	}
	lessened := func(text string) {
		t.degraded("%s", text)
		r.Degraded = append(r.Degraded, text)
	}
	if t.storage.DeleteLocal {
		deleteConfirmed(t.settings.Output, r.Upload, lessened)
	}
	putSideFiles(hard, t.storage.storeOf(result), result.Key, beside, lessened)
	putReport(hard, t.storage.storeOf(result), result.Key, r, t.log, lessened)
	return nil
}

// sendRest waits for the upload and tells of it once a second.
func (t *take) sendRest(hard context.Context, size int64, seconds float64) (result upload.Result, err error) {
	var sending errgroup.Group
	done := make(chan struct{})
	sending.Go(func() error {
		defer close(done)
		result, err = t.transfer.uploader.Finish(hard, size)
		return nil
	})
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case <-done:
			_ = sending.Wait() // its error is in err
			t.tellUpload(size, seconds)
			return result, err
		case <-tick.C:
			t.tellUpload(size, seconds)
		}
	}
}

// tellUpload tells how the upload of the finished file stands.
func (t *take) tellUpload(size int64, seconds float64) {
	t.tell(Event{Type: EventProgress, Progress: &Progress{Recorded: seconds, Bytes: size, LevelDBFS: silenceDBFS, Upload: t.watchUpload()}})
}

// watchUpload returns the progress of the upload, and tells the user what is
// worth a notice.
func (t *take) watchUpload() *UploadProgress {
	p := t.transfer.progress()
	if p != nil {
		if text := t.transfer.news.news(p); text != "" {
			t.notice("%s", text)
		}
	}
	return p
}

// deleteConfirmed removes a file whose object HeadObject has confirmed. Why a
// file is kept is told to kept.
func deleteConfirmed(file string, u *UploadReport, kept func(string)) {
	if !u.confirmedByHead() {
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
func (o *storage) storeOf(r upload.Result) *upload.Store {
	for _, s := range o.stores {
		if s.Target.Bucket == r.Bucket {
			return s
		}
	}
	return o.stores[0]
}

// putReport puts the report beside the object. A report that can't be put is
// told, and no loss of the recording.
func putReport(ctx context.Context, s *upload.Store, key string, r *Report, log *slog.Logger, failed func(string)) {
	beside := reportKey(key)
	r.Upload.ReportURL = "s3://" + path.Join(s.Target.Bucket, beside)
	if err := s.PutJSON(ctx, beside, r); err != nil {
		r.Upload.ReportURL = ""
		log.Warn("report not put beside the object", "error", err)
		failed("the report could not be put beside the object: " + err.Error())
	}
}
