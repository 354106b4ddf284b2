package main

import (
	"strings"

	"github.com/spf13/pflag"

	"beam/beam/report"
)

// A Job is kept by the cluster, and whoever may read it reads what is in it: its
// secrets have to come from a Secret.

// literalSecret returns the first of a job's arguments that holds a secret as it is,
// without its value, "" for none. args are flags of beam record, --NAME=VALUE, then
// perhaps the room; env are variables, NAME=VALUE.
func literalSecret(flags *pflag.FlagSet, args []string, env []string) string {
	for _, arg := range args {
		name, value, isFlag := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		switch {
		case !strings.HasPrefix(arg, "--"):
			if report.HasSecret(arg) {
				return "the room's URL"
			}
		case isFlag:
			if what := literalIn(flags.Lookup(name), value); what != "" {
				return what
			}
		}
	}
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		if value != "" && report.SecretName(name) || report.HasSecret(value) {
			return "--env " + name
		}
		if flag := flagOfVariable(flags, name); flag != nil && value != "" {
			for _, one := range valuesOf(flag, value) {
				if literalIn(flag, one) != "" {
					return "--env " + name
				}
			}
		}
	}
	return ""
}

// literalIn returns what of a flag's value is a secret as it is, "" for nothing.
func literalIn(f *pflag.Flag, value string) string {
	if f == nil || !isSecret(f) || value == "" {
		return ""
	}
	switch f.Name {
	case "header":
		name, text, _ := strings.Cut(value, ":")
		words := strings.Fields(text)
		named := len(words) > 0 && len(words) <= 2 && elsewhere(words[len(words)-1])
		if !named && (report.SecretName(name) || report.HasSecret(strings.TrimSpace(text))) {
			return "--header " + name
		}
	case "cookie":
		if name, text, _ := strings.Cut(value, "="); !elsewhere(text) {
			return "--cookie " + name
		}
	case "fill":
		if selector, text, ok := cutFill(value); ok && !elsewhere(text) && report.SecretName(selector) {
			return "--fill " + selector
		}
	case "url", "layout", "s3-endpoint", "backup-endpoint":
		if report.HasSecret(value) {
			return "--" + f.Name
		}
	default:
		if !elsewhere(value) {
			return "--" + f.Name
		}
	}
	return ""
}

// flagOfVariable returns the flag that a variable stands for, nil for none.
func flagOfVariable(flags *pflag.FlagSet, variable string) (found *pflag.Flag) {
	flags.VisitAll(func(f *pflag.Flag) {
		if hasVariable(f.Name) && envName(f.Name) == variable {
			found = f
		}
	})
	return found
}
