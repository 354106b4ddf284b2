package report

import (
	"encoding/json"
	"fmt"
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
	// Beside the file, not in the system's temporary directory, which renameio would try.
	beside := renameio.WithTempDir(filepath.Dir(path))
	if err := renameio.WriteFile(path, append(text, '\n'), 0o644, beside, renameio.WithStaticPermissions(0o644)); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
