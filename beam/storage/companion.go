package storage

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"

	"beam/beam/fault"
	"beam/beam/report"
	"beam/beam/vod"
	"beam/upload"
)

// Object is a recording in a bucket, beside which other files are put.
type Object struct {
	store    *upload.Store
	key      string
	settings Settings
	own      bool // the store is closed with the object
}

// OpenObject opens the object that settings and url, s3://BUCKET/KEY, name. Nothing
// is sent. The error is a fault of ClassUsage.
func OpenObject(ctx context.Context, url string, s Settings, log *slog.Logger) (*Object, error) {
	target, err := upload.Parse(url)
	if err != nil {
		return nil, refuse("", err)
	}
	if target.Prefix == "" || path.Ext(target.Prefix) == "" {
		return nil, fault.Refuse("for example: s3://recordings/team-a/meeting.mp4", "%s names no recording", url)
	}
	key := target.Prefix
	store, err := upload.Open(ctx, target, s.options(), log)
	if err != nil {
		return nil, refuse("", err)
	}
	return &Object{store: store, key: key, settings: s, own: true}, nil
}

// ObjectOf opens the object of the recording at file: where its report says that it
// is, if that is in the bucket of the settings; else where it would be put.
func ObjectOf(ctx context.Context, file string, s Settings, log *slog.Logger) (*Object, error) {
	store, err := openStore(ctx, s, log)
	if err != nil {
		return nil, err
	}
	o := &Object{store: store, settings: s, own: true}
	rep, ok := report.Read(file)
	if !ok {
		rep = &report.Report{}
	}
	if u := rep.Upload; u != nil && u.Error == "" {
		if key, ok := strings.CutPrefix(u.URL, store.Target.ObjectURL("")); ok {
			o.key = key
			return o, nil
		}
	}
	place, err := placeOf(store, s, file, rep)
	if err != nil {
		store.Close()
		return nil, err
	}
	o.key = place.Key
	return o, nil
}

// openStore opens the bucket of the settings. Nothing is sent. The error is a fault.
func openStore(ctx context.Context, s Settings, log *slog.Logger) (*upload.Store, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	targets, err := s.targets()
	if err != nil {
		return nil, err
	}
	store, err := upload.Open(ctx, targets[0], s.options(), log)
	if err != nil {
		return nil, refuse("", err)
	}
	return store, nil
}

// placeOf returns where a recording that has no object yet is put.
func placeOf(store *upload.Store, s Settings, file string, rep *report.Report) (upload.Place, error) {
	room, start := recordedAs(file, rep)
	places, err := (&Storage{Settings: s, stores: []*upload.Store{store}}).places(keyVars(room, file, upload.NewID(), start), max(1, rep.Part))
	if err != nil {
		return upload.Place{}, err
	}
	return places[0], nil
}

// Object returns the object that a finished upload has made, nil for an upload
// that has made none.
func (t *Transfer) Object() *Object {
	if t == nil || t.key == "" {
		return nil
	}
	return &Object{store: t.store, key: t.key, settings: t.storage.Settings}
}

// Close closes the object.
func (o *Object) Close() {
	if o != nil && o.own {
		o.store.Close()
	}
}

// Name returns the file name in the object's key.
func (o *Object) Name() string { return path.Base(o.key) }

// URL returns the address of a file beside the object, whose name is that of the
// object with the suffix instead of its extension; of the object itself with "".
func (o *Object) URL(suffix string) string {
	if suffix == "" {
		return o.store.Target.ObjectURL(o.key)
	}
	return o.store.Target.ObjectURL(report.Beside(o.key, suffix))
}

// Download brings the object into a file, which gets its name when it is whole. A
// file of that name and size is taken for it. progress is told the bytes that are
// there, and of how many. The error is a fault.
func (o *Object) Download(ctx context.Context, file string, progress func(done, all int64)) error {
	info, err := o.store.Head(ctx, o.key)
	if err != nil {
		return &fault.Fault{Class: fault.ClassUpload, Op: "read " + o.URL(""), Err: err, Hint: o.store.Diagnose(err).Hint}
	}
	if local, err := os.Stat(file); err == nil && local.Size() == info.Size {
		return nil
	}
	partial := file + ".partial"
	f, err := os.Create(partial)
	if err != nil {
		return &fault.Fault{Class: fault.ClassUsage, Op: "download " + o.URL(""), Err: err}
	}
	err = o.store.Download(ctx, o.key, info, &counted{file: f, all: info.Size, tell: progress})
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(partial, file)
	}
	if err != nil {
		_ = os.Remove(partial) // it is begun anew the next time in any case
		return &fault.Fault{Class: fault.ClassUpload, Op: "download " + o.URL(""), Err: err, Hint: fault.Hint(err)}
	}
	return nil
}

// counted tells how much has been written into a file.
type counted struct {
	file      *os.File
	done, all int64
	tell      func(done, all int64)
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.file.Write(b)
	c.done += int64(n)
	c.tell(c.done, c.all)
	return n, err
}

// PutFile puts a finished file beside the object; it is confirmed like a recording, and
// an interrupted upload goes on from its journal. One that is there already is left.
// It returns the object's address. The error is a fault.
func (o *Object) PutFile(ctx context.Context, suffix, file, mediaType, version string, log *slog.Logger) (string, error) {
	key := report.Beside(o.key, suffix)
	same, there, err := upload.Same(ctx, o.store, key, file)
	switch {
	case err != nil:
		return "", &fault.Fault{Class: fault.ClassUpload, Op: "upload " + filepath.Base(file), Err: err}
	case same:
		return o.URL(suffix), nil
	case there:
		// An upload never replaces an object, and this one is of another recording.
		if err := o.store.Delete(ctx, key); err != nil {
			return "", &fault.Fault{Class: fault.ClassUpload, Op: "replace " + o.URL(suffix), Err: err,
				Hint: "it is another file: allow s3:DeleteObject on it, or delete it"}
		}
	}
	result, err := upload.RecoverFile(ctx, file, upload.RecoverFileConfig{
		Place: &upload.Place{Store: o.store, Key: key}, ContentType: mediaType, Metadata: objectMetadata(version),
		GiveUpAfter: o.settings.Timeout, Log: log,
	})
	if err != nil {
		return "", err
	}
	return result.URL, nil
}

// PutPlaylists puts playlists beside the object, in order.
func (o *Object) PutPlaylists(ctx context.Context, files []vod.File) error {
	for _, f := range files {
		if err := o.store.Put(ctx, report.Beside(o.key, f.Suffix), vod.ContentType, f.Content); err != nil {
			return err
		}
	}
	return nil
}
