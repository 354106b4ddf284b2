package chrome

import "testing"

func TestSpeaksOfDevices(t *testing.T) {
	for line, want := range map[string]bool{
		"NotAllowedError: Permission denied":                              true,
		"Uncaught (in promise) NotFoundError: Requested device not found": true,
		"joined the room": false,
		"Error: Permission denied to access property": false,
	} {
		if speaksOfDevices(line) != want {
			t.Errorf("%q: not %v", line, want)
		}
	}
}
