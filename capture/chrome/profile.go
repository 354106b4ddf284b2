package chrome

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
)

// preferences returns the preferences of a new profile: what Chrome would show
// over the page, or ask somebody, is switched off, and the authorities (DER
// certificates) are trusted beside Chrome's own. Chrome reads neither
// SSL_CERT_FILE nor the machine's store, but it takes authorities from where its
// policy CACertificates puts them.
func preferences(authorities [][]byte) map[string]any {
	certificates := make([]string, len(authorities))
	for i, der := range authorities {
		certificates[i] = base64.StdEncoding.EncodeToString(der)
	}
	off := map[string]any{"enabled": false}
	return map[string]any{
		"printing":                      off,   // window.print() does nothing
		"credentials_enable_service":    false, // "Save password?"
		"credentials_enable_autosignin": false,
		"profile": map[string]any{
			"password_manager_leak_detection": false,
			"default_content_setting_values":  choosers(),
		},
		"autofill":     map[string]any{"profile_enabled": false, "credit_card_enabled": false},
		"translate":    off,
		"hardware":     map[string]any{"screen_capture_enabled": false}, // "Choose what to share"
		"certificates": map[string]any{"ca_certificates": certificates},
	}
}

// choosers are the content settings of what a page may ask to choose from, all
// blocked (2), as a permission is.
func choosers() map[string]int {
	out := map[string]int{}
	for _, name := range []string{"bluetooth_guard", "hid_guard", "serial_guard", "usb_guard", "file_system_read_guard", "file_system_write_guard"} {
		out[name] = 2
	}
	return out
}

// writeProfile writes the preferences where Chrome finds them when it starts
// with the profile for the first time.
func (f folders) writeProfile(authorities [][]byte) error {
	raw, err := json.Marshal(preferences(authorities))
	if err != nil {
		return err
	}
	dir := filepath.Join(f.profile, "Default")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "Preferences"), raw, 0o600)
}

// programs are those that Chrome runs when a page leads to an address of a
// scheme that is another program's, such as zoommtg: or mailto:. It asks the
// first which program that is, and where the answer is Chrome itself it does
// nothing; otherwise it would ask in a window over the page. The second would
// open the program.
var programs = map[string]string{
	"xdg-settings": "#!/bin/sh\necho yes\n",
	"xdg-open":     "#!/bin/sh\n",
	"xdg-mime":     "#!/bin/sh\n",
}

// writePrograms puts the programs into a folder of their own, for PATH.
func (f folders) writePrograms() error {
	if err := os.Mkdir(f.bin(), 0o700); err != nil {
		return err
	}
	for name, script := range programs {
		if err := os.WriteFile(filepath.Join(f.bin(), name), []byte(script), 0o700); err != nil {
			return err
		}
	}
	return nil
}

// bin is a folder that comes first in the browser's PATH.
func (f folders) bin() string { return filepath.Join(f.root, "b") }
