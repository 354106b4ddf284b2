package main

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The formats of the log.
const (
	logText = "text"
	logJSON = "json"
)

// logOff is the level at which nothing is logged: what people need to know is
// printed anyway.
const logOff = "off"

var (
	logLevels  = []string{logOff, "error", "warn", "info", "debug"}
	logFormats = []string{logText, logJSON}
)

// logOptions say what is logged, and how.
type logOptions struct {
	verbose       bool
	level, format string
}

func logFlags(f *pflag.FlagSet, o *logOptions) {
	f.BoolVar(&o.verbose, "verbose", false, "tell what Beam does, on standard error: --log-level debug")
	f.StringVar(&o.level, "log-level", logOff, "log from this level on: "+strings.Join(logLevels, ", "))
	f.StringVar(&o.format, "log-format", logText, "text; json makes all of standard error JSON lines")
}

// completeLogFlags completes the values of the flags.
func completeLogFlags(cmd *cobra.Command) {
	for flag, values := range map[string][]string{"log-level": logLevels, "log-format": logFormats} {
		// It fails only for a flag that does not exist, which a test would see.
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
}

func (o logOptions) check() error {
	if !slices.Contains(logLevels, o.level) {
		return usagef("--log-level is %q; it can be %s", o.level, strings.Join(logLevels, ", "))
	}
	if !slices.Contains(logFormats, o.format) {
		return usagef("--log-format is %q; it can be %s", o.format, strings.Join(logFormats, ", "))
	}
	return nil
}

// startLog opens the log, and makes the messages for people part of it where
// JSON is wanted. It is silent unless --verbose or a level is given.
func (a *app) startLog(o logOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.format == logJSON {
		a.stderr.asJSON()
	}
	level := slog.LevelDebug
	if !o.verbose {
		if o.level == logOff {
			a.log = slog.New(slog.DiscardHandler)
			return nil
		}
		if err := level.UnmarshalText([]byte(o.level)); err != nil {
			return fmt.Errorf("log level: %w", err)
		}
	}
	a.log = slog.New(handler(o.format, lineWriter{a.stderr}, level))
	return nil
}

// handler returns a handler that writes lines of the format.
func handler(format string, w lineWriter, level slog.Level) slog.Handler {
	options := &slog.HandlerOptions{Level: level}
	if format == logJSON {
		return slog.NewJSONHandler(w, options)
	}
	return slog.NewTextHandler(w, options)
}

// lineWriter prints the lines of the log above the live line.
type lineWriter struct{ c *console }

func (w lineWriter) Write(b []byte) (int, error) {
	w.c.print(string(b))
	return len(b), nil
}
