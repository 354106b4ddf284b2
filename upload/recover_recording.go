package upload

import (
	"context"
	"strconv"
	"time"
)

// Interrupted is an unfinished upload of a recording that its recorder gave a name.
type Interrupted struct {
	Key       string // of the object
	Part      int    // of the recording; 0 where it is not told
	id        string // of the upload
	initiated time.Time
}

// FindRecording returns the unfinished uploads under the store's prefix that were begun
// since a time and whose live objects say that they are of a recording of that name,
// whether their recorders live or not. The error is an *Error of ClassUpload; reading needs the rights that
// RecoverBucket needs.
func FindRecording(ctx context.Context, s *Store, name string, since time.Time) ([]Interrupted, error) {
	b := newBucketRecovery(s, s.Log())
	uploads, err := b.list(ctx)
	if err != nil {
		return nil, err
	}
	var found []Interrupted
	for _, u := range uploads {
		if u.Initiated.Before(since) {
			continue
		}
		live, has, err := b.readLive(ctx, u.Key, u.ID)
		if err != nil {
			return nil, &Error{Class: ClassUpload, Op: "look for uploads of " + name, Err: err, Hint: s.Diagnose(err).Hint}
		}
		if !has || live.Metadata[metaName] != name {
			continue
		}
		part, err := strconv.Atoi(live.Metadata[metaNumber])
		if err != nil || part < 0 {
			part = 0 // somebody else's word for it
		}
		found = append(found, Interrupted{Key: u.Key, Part: part, id: u.ID, initiated: u.Initiated})
	}
	return found, nil
}

// Recover completes an interrupted upload as RecoverBucket does, once its recorder
// counts as gone; until then the outcome is OutcomeAlive.
func (i Interrupted) Recover(ctx context.Context, s *Store) Recovered {
	return newBucketRecovery(s, s.Log()).recover(ctx, i.Key, i.id, i.initiated)
}
