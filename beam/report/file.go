package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// Read reads the report beside a recording; false where there is none that
// can be read.
func Read(path string) (*Report, bool) {
	data, err := os.ReadFile(Path(path))
	if err != nil {
		return nil, false
	}
	var rep Report
	if json.Unmarshal(data, &rep) != nil || rep.Output == "" || rep.StopReason == "" {
		return nil, false
	}
	return &rep, true
}

// Write writes the report to the path, whole or not at all, also when the power fails.
func (r *Report) Write(path string) error {
	r.Secrets.HideIn(r)
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if err := WriteWhole(path, append(text, '\n'), r.Mode); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// OwnerOnly is the mode of the files of a recording unless another one is asked for:
// who is in a meeting is nobody else's business.
const OwnerOnly fs.FileMode = 0o600

// WriteWhole writes a file with the mode, 0 for OwnerOnly, whatever the umask, whole
// or not at all, also when the power fails.
func WriteWhole(path string, content []byte, mode fs.FileMode) (err error) {
	// Beside the file, not in the system's temporary directory, which renameio would try.
	// Not by its WriteFile, which keeps the mode of a file that is there.
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithStaticPermissions(cmp.Or(mode, OwnerOnly)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Cleanup()) }()
	if _, err := f.Write(content); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}
