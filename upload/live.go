package upload

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"beam/upload/s3"
)

// Live is the content of the live object beside an upload that is under way:
// KEY.HASH.beam-live.json, with 8 digits of the SHA-256 of the upload id for
// HASH, so that two uploads of one key have two. It is written anew every 20 s
// and deleted at the end. A recorder that is gone leaves it behind, and
// RecoverBucket takes the upload for dead when it has not been written for five
// times its interval, by the clock of the server: its Last-Modified against the
// Date of the same answer. It is a small object of its own because the
// S3 API can change nothing else of an upload: a heartbeat in a spare part
// number would need no object, but Ceph completes no upload with parts left out.
type Live struct {
	State string `json:"state"` // "recording"
	ID    string `json:"id"`    // of the upload's file
	// Recording is what the recorder calls its recording, and Part which part of it
	// the file is: a recorder that takes its place finds the upload by that.
	Recording string    `json:"recording,omitempty"`
	Part      int       `json:"part,omitempty"`
	Key       string    `json:"key"`
	Plan      Plan      `json:"plan"`
	Every     float64   `json:"every_seconds"`
	Parts     int       `json:"parts"`   // finished
	Bytes     int64     `json:"bytes"`   // in them
	Updated   time.Time `json:"updated"` // by the recorder's clock, for people
}

const (
	liveSuffix = ".beam-live.json"
	lastBeat   = 2 * time.Second // that a beat under way may take at the end
	// missedBeats is how many heartbeats have to be missing. Less would take an
	// upload away from a recorder whose network is slow; taken away, nothing is
	// lost, but there are two objects in the end.
	missedBeats = 5
	metaEvery   = "beam-live-every" // of the live object, in seconds
	metaID      = "beam-id"         // of the recording
	metaPart    = "beam-part-size"  // 0 for the growing plan
	metaName    = "beam-recording"  // what the recorder calls it
	metaNumber  = "beam-recording-part"
)

// liveKey returns the key of the live object of an upload.
func liveKey(key, uploadID string) string {
	sum := sha256.Sum256([]byte(uploadID))
	return key + "." + hex.EncodeToString(sum[:4]) + liveSuffix
}

// keepAlive writes the live object at once and then with every interval, until stop
// is closed. A beat that fails is not repeated: the next one comes anyway. One
// that is under way at the end is waited for, or it could be written after the
// object was deleted.
//
// unanswered tells that some beat had no answer: the store may still carry it out.
func keepAlive(ctx context.Context, b Bucket, stop <-chan struct{}, key, uploadID string, describe func() Live, log *slog.Logger) (unanswered bool) {
	var guard sync.WaitGroup
	defer guard.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan struct{})
	defer close(ended)
	guard.Go(func() {
		// A beat that stalls must not hold up the end.
		select {
		case <-stop:
			if s3.Sleep(ctx, lastBeat) == nil {
				cancel()
			}
		case <-ended:
		}
	})
	ticker := time.NewTicker(b.Settings().Heartbeat)
	defer ticker.Stop()
	for failed := false; ; {
		err := putLive(ctx, b, key, uploadID, describe())
		if err != nil && ctx.Err() == nil && !failed {
			log.Warn("the live object could not be written: to beam recover this recorder may look dead", "error", err)
		}
		failed = err != nil
		unanswered = unanswered || failed && s3.Status(err) == 0
		select {
		case <-ctx.Done():
			return unanswered
		case <-stop:
			return unanswered
		case <-ticker.C:
		}
	}
}

func putLive(ctx context.Context, b Bucket, key, uploadID string, live Live) error {
	every := b.Settings().Heartbeat
	live.State, live.Key, live.Plan, live.Every, live.Updated = "recording", key, planOf(b), every.Seconds(), time.Now().UTC()
	data, err := json.Marshal(live)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, every)
	defer cancel()
	metadata := map[string]string{
		metaEvery: strconv.FormatFloat(every.Seconds(), 'f', -1, 64), metaID: live.ID,
		metaPart: strconv.FormatInt(b.Settings().PartSize, 10),
	}
	if live.Recording != "" {
		metadata[metaName], metadata[metaNumber] = live.Recording, strconv.Itoa(live.Part)
	}
	return b.PutOnce(ctx, liveKey(key, uploadID), "application/json", metadata, data)
}

// endLive deletes the live object, for a while also when the store does not answer.
// Without the permission to delete it stays behind, and is harmless: its upload is
// gone.
func endLive(ctx context.Context, b Bucket, key, uploadID string, log *slog.Logger) {
	var err error
	for began, n := time.Now(), 0; ; n++ {
		err = b.Delete(ctx, liveKey(key, uploadID))
		if !failedWith(err, s3.KindRetry) || time.Since(began) > abandonLimit || s3.Sleep(ctx, s3.Jitter(b.Settings().BackoffBase, b.Settings().BackoffCap, n)) != nil {
			break
		}
	}
	if err != nil && ctx.Err() == nil {
		log.Warn("the live object could not be deleted", "key", liveKey(key, uploadID), "error", err, "hint", missingAction("s3:DeleteObject", err))
	}
}

// missingAction names the permission to allow when err is a refusal.
func missingAction(action string, err error) string {
	if s3.Status(err) == http.StatusForbidden {
		return "allow " + action
	}
	return ""
}
