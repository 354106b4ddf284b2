package upload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"beam/upload/s3"
)

// JournalPath returns the path of the journal that belongs to a recording.
func JournalPath(file string) string { return file + ".journal" }

// entry is one line of the journal: JSON, ended by a line feed, on disk before
// the next request goes out. It holds no secret.
type entry struct {
	Kind string `json:"kind"` // target, upload, part or final

	// target: where the file goes; upload: a multipart upload that was begun.
	Version  int               `json:"v,omitempty"`
	ID       string            `json:"id,omitempty"` // of the recording
	Bucket   string            `json:"bucket,omitempty"`
	Prefix   string            `json:"prefix,omitempty"`
	Key      string            `json:"key,omitempty"`
	Options  *Options          `json:"options,omitempty"`
	Metadata map[string]string `json:"metadata,omitempty"`
	Upload   string            `json:"upload,omitempty"`
	Plan     *Plan             `json:"plan,omitempty"`
	Checksum string            `json:"checksum,omitempty"`

	// part: one that the store has; final: the finished file.
	Part int32  `json:"part,omitempty"`
	Size int64  `json:"size,omitempty"`
	ETag string `json:"etag,omitempty"`
	CRC  string `json:"crc32c,omitempty"`
}

const (
	journalVersion = 1
	maxJournalLine = 64 << 10
)

// journalState is what a journal says in the end.
type journalState struct {
	ID       string
	Target   Target
	Key      string
	Options  Options
	Metadata map[string]string
	Upload   string // "" when none was begun
	Plan     Plan
	Checksum string
	Parts    map[int32]partSum
	Final    int64   // size of the finished file, 0 if it was not finished
	Left     []begun // uploads that others took the place of, as far as the bucket may still have them

	length int64 // of the whole lines, in bytes
}

// begun is an upload that was begun, or may have been: then Upload is "".
type begun struct {
	Target  Target
	Options Options
	Key     string
	Upload  string
}

// leave notes that another upload takes the place of the present one.
func (st *journalState) leave() {
	if b := (begun{st.Target, st.Options, st.Key, st.Upload}); b.Key != "" {
		st.Left = append(st.Left, b)
	}
}

// left returns the uploads that were left and not taken up again.
func (st *journalState) left() []begun {
	return slices.DeleteFunc(slices.Clone(st.Left), func(b begun) bool { return b.Upload == st.Upload && b.Target == st.Target })
}

// parseJournal reads a journal. A last line without its line feed was torn by
// the crash and doesn't count, nor does any that can't be read and is no target
// and no upload. An error means that it is no journal, or of a newer version, or
// damaged otherwise.
func parseJournal(data []byte) (journalState, error) {
	st := journalState{Parts: map[int32]partSum{}}
	for number := 1; len(data) > 0; number++ {
		line, rest, whole := bytes.Cut(data, []byte("\n"))
		if !whole {
			break
		}
		data = rest
		var e entry
		err := json.Unmarshal(line, &e)
		if err != nil && len(data) == 0 {
			break // a power cut can leave the length of a line without its bytes
		}
		if len(line) > maxJournalLine {
			err = errors.New("it is too long")
		}
		if err == nil {
			err = st.apply(e, number == 1)
		}
		if err != nil && (number == 1 || e.Kind == "target" || e.Kind == "upload") {
			return st, fmt.Errorf("line %d: %w", number, err)
		}
		// Any other line that a full disk tore stands for a part, which is sent again.
		st.length += int64(len(line)) + 1
	}
	if st.length == 0 {
		return st, errors.New("it is empty")
	}
	return st, nil
}

func (st *journalState) apply(e entry, first bool) error {
	if first && e.Kind != "target" {
		return errors.New("it does not begin with a target")
	}
	switch e.Kind {
	case "target":
		if e.Version != journalVersion {
			return fmt.Errorf("version %d is unknown", e.Version)
		}
		if e.Bucket == "" || e.Key == "" || e.Options == nil {
			return errors.New("the target is incomplete")
		}
		st.leave()
		*st = journalState{
			Left: st.Left,
			ID:   e.ID, Target: Target{Bucket: e.Bucket, Prefix: e.Prefix}, Key: e.Key, Options: *e.Options,
			Metadata: e.Metadata, Parts: map[int32]partSum{}, Final: st.Final, length: st.length,
		}
	case "upload":
		if e.Upload == "" || e.Key == "" || e.Plan == nil || e.Plan.Size < 0 || e.Plan.Size > s3.MaxPartSize {
			return errors.New("the upload is incomplete")
		}
		if st.Upload != "" && e.Upload != st.Upload {
			st.leave()
		}
		st.Upload, st.Key, st.Plan, st.Checksum, st.Parts = e.Upload, e.Key, *e.Plan, e.Checksum, map[int32]partSum{}
	case "part":
		crc, ok := s3.DecodeCRC(e.CRC)
		if !ok || e.Part < 1 || e.Part > s3.MaxParts || e.Size < 1 || e.Size > s3.MaxPartSize || st.Upload == "" {
			return errors.New("the part is not valid")
		}
		st.Parts[e.Part] = partSum{Number: e.Part, Size: e.Size, ETag: e.ETag, CRC: crc}
	case "final":
		if e.Size < 1 {
			return errors.New("the size is not valid")
		}
		st.Final = e.Size
	default:
		return fmt.Errorf("%q is unknown", e.Kind)
	}
	return nil
}

// journal is the journal on disk. Whoever has it open holds a lock on it, which
// the kernel drops when the process dies. It is used by one goroutine at a time.
type journal struct {
	path   string
	file   *os.File
	length int64 // of the whole lines, in bytes
	torn   bool  // behind them is what could not be cut off
}

// createJournal begins the journal of a new recording.
func createJournal(path string) (*journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, &Error{
			Class: ClassUsage, Err: fmt.Errorf("%s is left from a recording that was not uploaded to its end", path),
			Hint: "finish it with: beam recover FILE",
		}
	}
	if err != nil {
		return nil, &Error{Class: ClassUsage, Op: "create the upload journal", Err: err}
	}
	j := &journal{path: path, file: f}
	if err := lock(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	// The name has to survive a power cut too.
	if dir, err := os.Open(filepath.Dir(path)); err == nil {
		_ = dir.Sync()
		_ = dir.Close()
	}
	return j, nil
}

// openJournal opens the journal of an interrupted recording, and cuts off a
// torn last line. The error is os.ErrNotExist's when there is none.
func openJournal(path string) (*journal, journalState, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, journalState{}, err
	}
	fail := func(err error) (*journal, journalState, error) {
		return nil, journalState{}, errors.Join(err, f.Close())
	}
	if err := lock(f); err != nil {
		return fail(err)
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return fail(err)
	}
	st, err := parseJournal(data)
	if err != nil {
		return fail(fmt.Errorf("journal %s: %w", path, err))
	}
	if err := f.Truncate(st.length); err != nil {
		return fail(err)
	}
	return &journal{path: path, file: f, length: st.length}, st, nil
}

func lock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return &Error{
			Class: ClassUsage, Err: fmt.Errorf("%s is in use: the recording is still being uploaded", f.Name()),
			Hint: "wait for the process that uploads it, or end that process first",
		}
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return nil
}

// add writes one entry to the disk.
func (j *journal) add(e entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if j.torn {
		line = append([]byte("\n"), line...)
	}
	n, err := j.file.Write(line)
	if err != nil {
		// A full disk takes some of it, and the next line must not go on there.
		cut := j.file.Truncate(j.length)
		if n > 0 && cut != nil {
			j.torn = true
			j.length += int64(n)
		}
		return errors.Join(err, cut)
	}
	j.torn = false
	j.length += int64(n)
	return j.file.Sync()
}

// remove deletes the journal; close follows.
func (j *journal) remove() error { return os.Remove(j.path) }

func (j *journal) close() error { return j.file.Close() }
