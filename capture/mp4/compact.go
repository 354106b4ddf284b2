package mp4

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// compactSuffix names the file that Compact writes before it takes its place.
// It is always the same one, so that what a crash left is found.
const compactSuffix = ".compact"

// Compact writes the recording that src holds as an ordinary MP4 with nothing
// in it but the index and the media, in that order, and puts it at path: on the
// disk first, under a name beside it, then renamed over whatever is there. src
// may be that file. It costs a copy of the file, so it is for short recordings
// of which nothing has been uploaded. A Writer's file that it replaces is not the
// one at path any more: close it, and use the Writer no further. m replaces the recording's metadata
// unless it is the zero Metadata.
func (ix *Index) Compact(ctx context.Context, src io.ReaderAt, path string, m Metadata) (Result, error) {
	if ix.finished {
		return Result{}, fault("write a compact recording", fmt.Errorf("%w: finished already", ErrUnsupported))
	}
	if m.blank() {
		m = ix.settings.Metadata
	}
	plan, err := ix.compact(m)
	if err != nil {
		return Result{}, fault("write a compact recording", err)
	}
	temp := path + compactSuffix
	err = plan.write(ctx, src, temp, mode(path))
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return Result{}, fault("write a compact recording", errors.Join(err, removeIfThere(temp)))
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return Result{}, fault("write a compact recording", err)
	}
	return Result{Size: plan.size, Duration: plan.duration, Head: plan.size}, nil
}

// copyPlan is a compact file: its head, and what to copy behind it.
type copyPlan struct {
	head     []byte
	media    []Range // of the source, in the order of the target
	size     int64   // of the target
	duration time.Duration
}

// compact decides where every chunk goes: in the order in which they were
// recorded, which interleaves the tracks by time.
func (ix *Index) compact(m Metadata) (p copyPlan, err error) {
	type piece struct {
		track, chunk int
		Range
	}
	tracks := ix.used()
	var pieces []piece
	offsets := make([][]int64, len(tracks))
	var total int64
	for i, t := range tracks {
		offsets[i] = make([]int64, len(t.chunks))
		n := 0
		for k, c := range t.chunks {
			r := Range{Offset: c.offset}
			for _, size := range t.sizes[n : n+int(c.count)] {
				r.Size += int64(size)
			}
			n += int(c.count)
			total += r.Size
			pieces = append(pieces, piece{i, k, r})
		}
	}
	slices.SortStableFunc(pieces, func(a, b piece) int { return cmp.Compare(a.Offset, b.Offset) })
	header := mediaHeader(longHeader + total)
	if total+shortHeader <= math.MaxUint32 {
		header = binary.BigEndian.AppendUint32(nil, uint32(total+shortHeader))
		header = append(header, "mdat"...)
	}
	// The index's size depends on the offsets, but only on whether they need
	// 64 bits, so that it settles at once or with the second attempt.
	var moov []byte
	for start := int64(-1); ; {
		next := int64(len(ix.head.ftyp)+len(moov)) + int64(len(header))
		if next == start {
			break
		}
		start = next
		at := start
		for _, c := range pieces {
			offsets[c.track][c.chunk] = at
			at += c.Size
		}
		if moov, p.duration, err = ix.build(m, offsets); err != nil {
			return p, err
		}
	}
	p.head = slices.Concat(ix.head.ftyp, moov, header)
	p.size = int64(len(p.head)) + total
	for _, c := range pieces {
		if n := len(p.media) - 1; n >= 0 && p.media[n].Offset+p.media[n].Size == c.Offset {
			p.media[n].Size += c.Size
			continue
		}
		p.media = append(p.media, c.Range)
	}
	return p, nil
}

// write makes the file at path and brings it to the disk.
func (p copyPlan) write(ctx context.Context, src io.ReaderAt, path string, mode fs.FileMode) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_ = f.Chmod(mode) // whatever the umask takes away; where modes can't be changed it is a file all the same
	if _, err := f.Write(p.head); err != nil {
		return err
	}
	for _, r := range p.media {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.Copy(f, io.NewSectionReader(src, r.Offset, r.Size))
		if err != nil {
			return err
		}
		if n != r.Size {
			return fmt.Errorf("media at byte %d: %w", r.Offset+n, io.ErrUnexpectedEOF)
		}
	}
	return f.Sync()
}

// mode returns the permissions of the file at path; without one, those for its owner
// alone.
func mode(path string) fs.FileMode {
	if st, err := os.Stat(path); err == nil {
		return st.Mode().Perm()
	}
	return 0o600
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncDir brings a rename to the disk.
func syncDir(dir string) (err error) {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Sync()
}
