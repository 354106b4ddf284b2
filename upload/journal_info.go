package upload

import (
	"fmt"
	"io"
	"os"
)

// JournalInfo is what a journal says of an interrupted upload.
type JournalInfo struct {
	ID      string // of the recording
	Target  Target
	Key     string
	Options Options
	Begun   bool // something may be in the bucket already
}

// ReadJournal reads the journal beside a recording without touching it, also
// while an Uploader writes it. The error is os.ErrNotExist's when there is none.
func ReadJournal(file string) (JournalInfo, error) {
	f, err := os.Open(JournalPath(file))
	if err != nil {
		return JournalInfo{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return JournalInfo{}, err
	}
	st, err := parseJournal(data)
	if err != nil {
		return JournalInfo{}, fmt.Errorf("journal %s: %w", JournalPath(file), err)
	}
	return JournalInfo{ID: st.ID, Target: st.Target, Key: st.Key, Options: st.Options, Begun: st.Upload != ""}, nil
}
