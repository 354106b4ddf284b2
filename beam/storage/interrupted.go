package storage

import (
	"context"
	"slices"
	"time"

	"beam/upload"
)

// Interrupted is an unfinished upload of a recording, as the bucket tells of it.
type Interrupted struct {
	URL   string // of the object that it becomes
	Part  int    // of the recording; 0 where that is not told
	found upload.Interrupted
	store *upload.Store
}

// Interrupted finds the unfinished uploads of a recording of that name that were begun
// since a time, but for those whose keys are known. A nil Storage has none.
func (o *Storage) Interrupted(ctx context.Context, name string, known []string, since time.Time) ([]Interrupted, error) {
	if o == nil {
		return nil, nil
	}
	var all []Interrupted
	for _, store := range o.stores {
		found, err := upload.FindRecording(ctx, store, name, since)
		if err != nil {
			return all, err
		}
		for _, f := range found {
			if !slices.Contains(known, f.Key) {
				all = append(all, Interrupted{URL: "s3://" + store.Target.Bucket + "/" + f.Key, Part: f.Part, found: f, store: store})
			}
		}
	}
	return all, nil
}

// Recover completes the upload, once its recorder counts as gone; until then it is
// alive.
func (i Interrupted) Recover(ctx context.Context) upload.Recovered {
	return i.found.Recover(ctx, i.store)
}
