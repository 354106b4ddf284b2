package main

import (
	"fmt"

	"github.com/spf13/pflag"
)

// flagGroup is a section of flags in the help of a command.
type flagGroup struct {
	title string
	names []string // in the order of the help
}

// flagGroups order the flags of all commands in help: what people need first
// comes first. Every flag is in one of them; a test sees to it.
var flagGroups = []flagGroup{
	{"What people need first", []string{
		"output", "duration", "resolution", "layout", "bucket", "quick", "sync", "image", "secret", "schedule", "people", "addr"}},
	{"Video and audio", []string{
		"orientation", "portrait", "share", "fps", "fps-mode", "capture", "audio-only", "tracks", "tracks-only", "tracks-format", "audio-offset"}},
	{"Video on demand", []string{"sizes", "dir", "vod", "vod-zip", "presign", "renditions"}},
	{"The room, and who is recorded", []string{
		"url", "platform", "room", "name", "role", "exclude-role", "participant", "exclude-participant"}},
	{"When to give up and when to end", []string{
		"max-duration", "ready-timeout", "idle-timeout", "silence-timeout", "reconnect-grace", "max-memory", "wait"}},
	{"Look of the layouts", []string{"background", "accent", "logo", "css"}},
	{"Storage", []string{
		"key", "delete-local", "upload-timeout", "backup-bucket", "backup-region", "backup-endpoint", "backup-path-style",
		"backup-ca-file", "backup-profile", "backup-kms-key", "s3-region", "s3-endpoint", "s3-path-style", "s3-ca-file",
		"s3-sse", "s3-kms-key", "s3-storage-class", "s3-tag", "s3-heartbeat", "s3-refusal-time", "s3-no-live-object", "s3-part-size", "s3-profile"}},
	{"Login and steps before a recording", []string{"devices", "ca-file", "ignore-https-errors", "allow-host", "header", "cookie", "basic-auth", "wait-for", "fill", "click"}},
	{"What is expected, for a pipeline", []string{
		"expect-audio", "expect-motion", "min-fps", "max-freeze", "expect-text", "expect-no-console-errors", "junit", "ci"}},
	{"Files and output", []string{
		"contact-sheet", "thumbnail", "chapters", "force", "file-mode", "id", "temp-dir", "json", "health"}},
	{"The job", []string{
		"job-name", "namespace", "secret-key", "secret-files", "service-account", "env", "cpu", "memory", "spool-size", "spool-claim", "seccomp-profile", "retries", "ttl"}},
	{everyCommand, []string{"config", "verbose", "log-level", "log-format", "help", "version"}},
}

// everyCommand is the title of the flags that all commands have.
const everyCommand = "Flags of every command"

// fewFlags is how many flags of its own a command can have whose help needs no
// groups.
const fewFlags = 8

// flagSection is a group as a command shows it.
type flagSection struct {
	title string
	flags *pflag.FlagSet
}

// sectionsOf returns the flags in their groups, as copies whose usage names the
// environment variable. A command with few flags has them in one section.
func sectionsOf(flags *pflag.FlagSet) []flagSection {
	var all []flagSection
	few := newSection("Flags")
	own := 0
	for _, g := range flagGroups {
		s := newSection(g.title)
		for _, name := range g.names {
			if f := flags.Lookup(name); f != nil && !f.Hidden {
				s.flags.AddFlag(withVariable(f))
			}
		}
		switch {
		case !s.flags.HasFlags():
			continue
		case g.title == everyCommand && own > 0 && own <= fewFlags:
			return []flagSection{few, s}
		case g.title != everyCommand:
			few.flags.AddFlagSet(s.flags)
			s.flags.VisitAll(func(*pflag.Flag) { own++ })
		}
		all = append(all, s)
	}
	return all
}

func newSection(title string) flagSection {
	set := pflag.NewFlagSet(title, pflag.ContinueOnError)
	set.SortFlags = false // the order of the group
	return flagSection{title, set}
}

// withVariable returns a copy of the flag whose usage names its environment
// variable.
func withVariable(f *pflag.Flag) *pflag.Flag {
	c := *f
	if hasVariable(f.Name) {
		c.Usage = fmt.Sprintf("%s [%s]", f.Usage, envName(f.Name))
	}
	return &c
}
