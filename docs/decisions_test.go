// Package docs holds no code, only tests of what is written in this directory
// and beside it.
package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A record's form, as docs/decisions/README.md shows it.
var (
	recordName    = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})-[a-z0-9]+(-[a-z0-9]+)*\.md$`)
	recordHead    = regexp.MustCompile(`^# ([^\n]+)\n\nDate: (\d{4}-\d{2}-\d{2})\n\nStatus: ([^\n]+)\n\n`)
	recordParts   = []string{"Context", "Decision", "Measured", "Consequences"}
	superseded    = regexp.MustCompile(`^superseded by \[([^\]]+)\]\(([^)]+)\)$`)
	supersedes    = regexp.MustCompile(`^accepted; supersedes \[([^\]]+)\]\(([^)]+)\)$`)
	indexRow      = regexp.MustCompile(`(?m)^\| (\S+) \| \[([^\]]+)\]\(([^)]+)\) \| (\w+) \|$`)
	partOfARecord = regexp.MustCompile(`(?m)^## (.+)\n`)
)

// record is a decision record as it was read.
type record struct {
	file, title, date, status string
	parts                     []string // headings, in order
	empty                     []string // those of them with no text
}

// parseRecord reads the text of a record; ok is false when its head has another
// form.
func parseRecord(file, text string) (r record, ok bool) {
	head := recordHead.FindStringSubmatch(text)
	if head == nil {
		return record{}, false
	}
	r = record{file: file, title: head[1], date: head[2], status: head[3]}
	marks := partOfARecord.FindAllStringSubmatchIndex(text, -1)
	for i, m := range marks {
		name, end := text[m[2]:m[3]], len(text)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		r.parts = append(r.parts, name)
		if strings.TrimSpace(text[m[1]:end]) == "" {
			r.empty = append(r.empty, name)
		}
	}
	return r, true
}

func readRecords(t *testing.T) map[string]record {
	t.Helper()
	files, err := filepath.Glob("decisions/*.md")
	if err != nil {
		t.Fatal(err)
	}
	records := map[string]record{}
	for _, path := range files {
		file := filepath.Base(path)
		if file == "README.md" {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		r, ok := parseRecord(file, string(text))
		if !ok {
			t.Errorf("%s does not begin with a title, a date and a status", file)
			continue
		}
		records[file] = r
	}
	if len(records) < 10 {
		t.Fatalf("only %d records were found", len(records))
	}
	return records
}

// Every record has its parts, in order and with text, and the date of its name.
func TestRecordsHaveTheirParts(t *testing.T) {
	for file, r := range readRecords(t) {
		name := recordName.FindStringSubmatch(file)
		if name == nil || name[1] != r.date {
			t.Errorf("%s: the name is not made of the date %s and a title", file, r.date)
		}
		if !slices.Equal(r.parts, recordParts) {
			t.Errorf("%s has the parts %q, not %q", file, r.parts, recordParts)
		}
		if len(r.empty) > 0 {
			t.Errorf("%s says nothing under %q", file, r.empty)
		}
	}
}

// A record that supersedes another and the one that is superseded name each
// other.
func TestRecordsSupersede(t *testing.T) {
	records := readRecords(t)
	for file, r := range records {
		switch {
		case strings.HasPrefix(r.status, "superseded"):
			m := superseded.FindStringSubmatch(r.status)
			if m == nil {
				t.Errorf("%s: status %q", file, r.status)
			} else if by, ok := records[m[2]]; !ok || by.title != m[1] || by.date < r.date {
				t.Errorf("%s is superseded by %q in %s, which is no later record of that title", file, m[1], m[2])
			}
		case strings.HasPrefix(r.status, "accepted; supersedes"):
			m := supersedes.FindStringSubmatch(r.status)
			if m == nil {
				t.Errorf("%s: status %q", file, r.status)
			} else if old := records[m[2]]; !strings.Contains(old.status, "("+file+")") {
				t.Errorf("%s supersedes %s, which says %q", file, m[2], old.status)
			}
		case r.status != "accepted" && !strings.HasPrefix(r.status, "accepted; "):
			t.Errorf("%s: status %q", file, r.status)
		}
	}
}

// The index lists every record once, in order, with its date, title and status.
func TestRecordsAreInTheIndex(t *testing.T) {
	records := readRecords(t)
	text, err := os.ReadFile("decisions/README.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, row := range indexRow.FindAllStringSubmatch(string(text), -1) {
		date, title, file, status := row[1], row[2], row[3], row[4]
		listed = append(listed, file)
		r, ok := records[file]
		if !ok {
			t.Errorf("the index lists %s, which is no record", file)
			continue
		}
		if date != r.date || title != r.title || !regexp.MustCompile(`^`+status+`\b`).MatchString(r.status) {
			t.Errorf("the index says %q, %q, %q of %s; the record %q, %q, %q", date, title, status, file, r.date, r.title, r.status)
		}
	}
	if !slices.IsSorted(listed) || len(slices.Compact(slices.Clone(listed))) != len(listed) {
		t.Errorf("the index is not in the order of the dates, or lists one twice: %q", listed)
	}
	for file := range records {
		if !slices.Contains(listed, file) {
			t.Errorf("%s is not in the index", file)
		}
	}
}
