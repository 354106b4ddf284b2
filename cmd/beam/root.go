package main

import (
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// command returns the command line of Beam.
func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "beam",
		Short: "Record a web meeting into one MP4",
		Long: "Beam joins a web meeting in a real Chrome, as one more participant that nobody\n" +
			"sees or hears, and records what that participant sees and hears into one MP4.\n\n" + exitHelp(),
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		// A flag that was not given takes its value from the environment.
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			a.parsed = true
			return fromEnvironment(cmd.Flags(), os.LookupEnv)
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().Bool("verbose", false, "tell what Beam does, on standard error")
	root.AddCommand(a.recordCommand(), a.layoutsCommand(), a.demoCommand(), a.inspectCommand(), a.validateCommand(), a.recoverCommand())
	root.AddCommand(a.controlCommands()...)
	root.AddCommand(a.doctorCommand(), a.jobCommand(), a.versionCommand())
	return root
}

// envPrefix begins the name of every environment variable that stands for a
// flag: BEAM_READY_TIMEOUT for --ready-timeout.
const envPrefix = "BEAM_"

func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fromEnvironment sets each flag that was not given to what its environment
// variable says, if that is set and not empty.
func fromEnvironment(flags *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var first error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed || f.Name == "help" || f.Name == "version" {
			return
		}
		value, ok := lookup(envName(f.Name))
		if !ok || value == "" {
			return
		}
		if err := flags.Set(f.Name, value); err != nil && first == nil {
			first = usagef("%s=%q: %w", envName(f.Name), value, err)
		}
	})
	return first
}

// logger returns the log of a command: silent unless --verbose is set.
func (a *app) logger(cmd *cobra.Command) *slog.Logger {
	if verbose, _ := cmd.Flags().GetBool("verbose"); !verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(lineWriter{a.stderr}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// lineWriter prints the lines of the log above the live line.
type lineWriter struct{ c *console }

func (w lineWriter) Write(b []byte) (int, error) {
	w.c.print("%s", b)
	return len(b), nil
}

// exactArgs is cobra.ExactArgs with an error that says what is wanted.
func exactArgs(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < n:
			return usagef("no %s; see --help", what)
		case len(args) > n:
			return usagef("one %s only, not %s; see --help", what, fmt.Sprintf("%q too", args[n]))
		}
		return nil
	}
}
