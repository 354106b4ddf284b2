package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
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

// Write writes the report to the path, whole or not at all.
func (r *Report) Write(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".beam-report-*")
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	defer os.Remove(temp.Name()) // fails when it was renamed
	_, err = temp.Write(append(text, '\n'))
	if err == nil {
		err = temp.Chmod(0o644)
	}
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
