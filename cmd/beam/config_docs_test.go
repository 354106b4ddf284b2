package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The example on the page about configuration is a file that Beam reads, and
// every flag and variable on that page exists.
func TestConfigurationPage(t *testing.T) {
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(page)
	if example == nil {
		t.Fatal("no example")
	}
	names := flagsOfAll((&app{}).command())
	record := (&app{}).recordCommand().Flags()
	settings, err := parseConfig([]byte(example[1]), names)
	if err != nil {
		t.Fatal(err)
	}
	if err := apply(record, settings); err != nil {
		t.Error(err)
	}
	if got := record.Lookup("max-duration").Value.String(); got != "2h0m0s" || len(settings) < 8 {
		t.Errorf("--max-duration is %s after %d settings", got, len(settings))
	}
	known := map[string]bool{"config": true, "help": true}
	variables := map[string]bool{"BEAM_CONFIG": true, "BEAM_TOKEN": true, "BEAM_API_KEY": true, "BEAM_API_SECRET": true,
		"BEAM_CHROME": true, "BEAM_FFMPEG": true, "BEAM_FFPROBE": true, "BEAM_PULSEAUDIO": true, "BEAM_XVFB": true}
	for _, name := range names {
		known[name] = true
		variables[envName(name)] = true
	}
	for _, m := range regexp.MustCompile(`--([a-z][a-z0-9-]+)`).FindAllStringSubmatch(page, -1) {
		if !known[m[1]] {
			t.Errorf("there is no flag --%s", m[1])
		}
	}
	for _, name := range regexp.MustCompile(`BEAM_[A-Z_]+`).FindAllString(page, -1) {
		if !variables[name] {
			t.Errorf("there is no variable %s", strings.TrimSuffix(name, "_"))
		}
	}
}
