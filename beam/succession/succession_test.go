package succession

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"beam/beam/fault"
	"beam/beam/report"
	"beam/capture/encode"
	"beam/upload"
)

func TestJudge(t *testing.T) {
	whole := &report.Report{StopReason: "room ended"}
	killed := &report.Report{StopReason: report.ReasonCrash}
	failed := &report.Report{StopReason: report.ReasonFailure + ": INTERNAL_ERROR"}
	for name, c := range map[string]struct {
		f    facts
		want standing
	}{
		"nothing":                              {facts{}, free},
		"an empty file":                        {facts{file: true, empty: true}, free},
		"an empty file beside a report":        {facts{file: true, empty: true, report: whole}, finished},
		"an empty file with a journal":         {facts{file: true, empty: true, journal: true, ours: true}, left},
		"a journal alone":                      {facts{journal: true}, left},
		"unfinished":                           {facts{file: true, ours: true}, left},
		"unfinished, with a journal":           {facts{file: true, ours: true, journal: true}, left},
		"somebody else's, fragmented":          {facts{file: true}, finished},
		"finished":                             {facts{file: true, whole: true, ours: true, report: whole}, finished},
		"finished, killed while uploading":     {facts{file: true, whole: true, ours: true, journal: true, report: whole}, ended},
		"finished, killed before its report":   {facts{file: true, whole: true, ours: true, journal: true}, left},
		"failed, killed while uploading":       {facts{file: true, whole: true, ours: true, journal: true, report: failed}, left},
		"failed":                               {facts{file: true, whole: true, ours: true, report: failed}, cutShort},
		"recovered":                            {facts{file: true, whole: true, ours: true, report: killed}, cutShort},
		"recovered, and deleted when uploaded": {facts{report: killed}, cutShort},
		"deleted when uploaded":                {facts{report: whole}, finished},
		"another file of a recording":          {facts{beside: "x.chat.csv"}, finished},
	} {
		if got := c.f.judge(); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestChoose(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	parts := func(all ...standing) (found []part) {
		for i, s := range all {
			path := report.PartName("m.mp4", i+1)
			found = append(found, part{path: path, standing: s, found: path, until: now.Add(-time.Minute)})
		}
		return found
	}
	old := func(found []part) []part {
		for i := range found {
			found[i].until = now.Add(-5 * time.Hour)
		}
		return found
	}
	for name, c := range map[string]struct {
		found []part
		force bool
		want  Plan
		says  string
	}{
		"nothing":                           {want: Plan{Output: "m.mp4", Part: 1}},
		"left":                              {found: parts(left), want: Plan{Output: "m-2.mp4", Part: 2, Left: []string{"m.mp4"}, Before: "m.mp4"}},
		"left is never overwritten":         {found: parts(left), force: true, want: Plan{Output: "m-2.mp4", Part: 2, Left: []string{"m.mp4"}, Before: "m.mp4"}},
		"recovered meanwhile":               {found: parts(cutShort), want: Plan{Output: "m-2.mp4", Part: 2, Before: "m.mp4"}},
		"the successor was killed too":      {found: parts(cutShort, left), want: Plan{Output: "m-3.mp4", Part: 3, Left: []string{"m-2.mp4"}, Before: "m-2.mp4"}},
		"both are left":                     {found: parts(left, left), want: Plan{Output: "m-3.mp4", Part: 3, Left: []string{"m.mp4", "m-2.mp4"}, Before: "m-2.mp4"}},
		"finished":                          {found: parts(finished), says: "m.mp4 exists"},
		"finished, overwritten":             {found: parts(finished), force: true, want: Plan{Output: "m.mp4", Part: 1}},
		"the last part is finished":         {found: parts(cutShort, finished), says: "m-2.mp4 exists"},
		"the last part is finished, forced": {found: parts(cutShort, finished), force: true, want: Plan{Output: "m.mp4", Part: 1}},
		"forced, but one is left":           {found: parts(left, finished), force: true, says: "m-2.mp4 exists"},
		"only the upload is left":           {found: parts(ended), want: Plan{Left: []string{"m.mp4"}}},
		"another meeting's":                 {found: old(parts(left)), says: "another meeting"},
		"another meeting's, forced":         {found: old(parts(left)), force: true, says: "another meeting"},
		"recovered long ago":                {found: old(parts(cutShort)), says: "m.mp4 exists"},
		"recovered long ago, forced":        {found: old(parts(cutShort)), force: true, want: Plan{Output: "m.mp4", Part: 1}},
	} {
		got, err := choose("m.mp4", c.found, c.force, now, 4*time.Hour)
		if c.says != "" {
			if err == nil || fault.ClassOf(err) != fault.ClassUsage || fault.Hint(err) == "" || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v, want %q", name, err, c.says)
			}
			continue
		}
		if err != nil || got.Output != c.want.Output || got.Part != c.want.Part || got.Before != c.want.Before || !slices.Equal(got.Left, c.want.Left) {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, c.want)
		}
	}
}

// leave makes what a recorder leaves that is killed before its first fragment is
// whole: the file has its head, and the journal is there.
func leave(t *testing.T, output string) {
	t.Helper()
	head := "\x00\x00\x00\x10ftypisom\x00\x00\x00\x00"
	for path, text := range map[string]string{output: head, upload.JournalPath(output): ""} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Of many successors one records; the others are told who does.
func TestOneSuccessor(t *testing.T) {
	for name, before := range map[string]func(t *testing.T, output string){
		"a first part": func(*testing.T, string) {}, "a next part": leave,
	} {
		t.Run(name, func(t *testing.T) {
			output := filepath.Join(t.TempDir(), "m.mp4")
			before(t, output)
			var won, refused atomic.Int32
			var all sync.WaitGroup
			claims := make(chan *encode.Claim, 20)
			for range cap(claims) {
				all.Go(func() {
					_, claim, err := Claim(output, false, time.Now(), time.Hour)
					switch {
					case err == nil:
						won.Add(1)
						claims <- claim
					case errors.Is(err, encode.ErrLocked) && fault.ClassOf(err) == fault.ClassUsage:
						refused.Add(1)
					default:
						t.Error(err)
					}
				})
			}
			all.Wait()
			if won.Load() != 1 || int(refused.Load()) != cap(claims)-1 {
				t.Fatalf("%d of them record, %d are refused", won.Load(), refused.Load())
			}
			plan, err := Check(output, false, time.Now(), time.Hour)
			if err != nil || len(plan.Left) > 0 != (name == "a next part") {
				t.Errorf("plan of the next one: %+v, %v", plan, err)
			}
			if err := (<-claims).Release(); err != nil {
				t.Error(err)
			}
			// Nothing was recorded: the name is free again.
			_, claim, err := Claim(output, false, time.Now(), time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			if err := claim.Release(); err != nil {
				t.Error(err)
			}
			if files, err := os.ReadDir(filepath.Dir(output)); err != nil || len(files) != map[string]int{"a first part": 0, "a next part": 2}[name] {
				t.Errorf("left: %v, %v", files, err)
			}
		})
	}
}

// A recorder that uploads, whose file is whole and no longer locked, lives too.
func TestUploadingIsAlive(t *testing.T) {
	output := filepath.Join(t.TempDir(), "m.mp4")
	leave(t, output)
	journal, err := os.Open(upload.JournalPath(output))
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	if err := encode.Lock(journal); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Claim(output, true, time.Now(), time.Hour); !errors.Is(err, encode.ErrLocked) {
		t.Errorf("claimed: %v", err)
	}
}

// What is to be overwritten stays until the recording begins.
func TestClaimKeepsTheFile(t *testing.T) {
	output := filepath.Join(t.TempDir(), "m.mp4")
	if err := os.WriteFile(output, []byte("a film"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, claim, err := Claim(output, true, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if err := claim.Release(); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(output); err != nil || string(text) != "a film" {
		t.Errorf("the file holds %q, %v", text, err)
	}
}

func TestHolder(t *testing.T) {
	const table = `1: POSIX  ADVISORY  WRITE 41 08:01:99 0 EOF
2: FLOCK  ADVISORY  WRITE 0 08:01:77 0 EOF
3: FLOCK  ADVISORY  WRITE 42 08:01:99 0 EOF
3: -> FLOCK  ADVISORY  WRITE 43 08:01:98 0 EOF
`
	for id, want := range map[string]int{"08:01:99": 42, "08:01:77": 0, "08:01:98": 0, "08:02:99": 0} {
		if got := holderOf(strings.NewReader(table), id); got != want {
			t.Errorf("%s is held by %d, want %d", id, got, want)
		}
	}
}
