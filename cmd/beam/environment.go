package main

import (
	"strings"

	"github.com/spf13/pflag"
)

// envPrefix begins the name of every environment variable that stands for a
// flag: BEAM_READY_TIMEOUT for --ready-timeout.
const envPrefix = "BEAM_"

func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// hasVariable tells whether a flag can be set by the environment and by a file:
// all can but those that ask for a text instead of a command's work.
func hasVariable(flag string) bool { return flag != "help" && flag != "version" }

// valuesOf returns the values in a variable of a flag: one in each line where the
// flag can be repeated and takes each value whole.
func valuesOf(f *pflag.Flag, value string) []string {
	if f.Value.Type() != "stringArray" {
		return []string{value}
	}
	var values []string
	for line := range strings.Lines(value) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			values = append(values, line)
		}
	}
	return values
}

// fromEnvironment sets each flag that was not given to what its environment
// variable says, if that is set and not empty.
func fromEnvironment(flags *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var first error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed || !hasVariable(f.Name) {
			return
		}
		value, ok := lookup(envName(f.Name))
		if !ok || value == "" {
			return
		}
		for _, one := range valuesOf(f, value) {
			if err := flags.Set(f.Name, one); err != nil && first == nil {
				first = usagef("%s=%q: %w", envName(f.Name), one, err)
			}
		}
	})
	return first
}
