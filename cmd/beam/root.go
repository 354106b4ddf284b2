package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"beam/beam/report"
)

// command returns the command line of Beam.
func (a *app) command() *cobra.Command {
	var log logOptions
	var config string
	root := &cobra.Command{
		Use:   "beam",
		Short: "Record a web meeting into one MP4",
		Long: "Beam joins a web meeting in a real Chrome, as one more participant that nobody\n" +
			"sees or hears, and records what that participant sees and hears into one MP4.\n\n" +
			"Each flag has an environment variable, and a key of the same name in the YAML file\n" +
			"of --config: the command line counts first, then the environment, then the file.\n\n" + exitHelp(),
		Example: `  beam record https://room.example/abc -o meeting.mp4
  beam record demo --duration 15s -o demo.mp4
  beam doctor`,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			a.parsed = true
			a.stderr.hide = report.NewSecrets(secretsOfEnvironment(os.Environ())...).Hide
			if err := fromEnvironment(cmd.Flags(), os.LookupEnv); err != nil {
				return err
			}
			if config != "" {
				if err := fromConfig(cmd, config); err != nil {
					return err
				}
			}
			return a.startLog(log)
		},
	}
	root.SetFlagErrorFunc(flagError)
	root.SetUsageFunc(usage)
	root.PersistentFlags().StringVar(&config, "config", "", "YAML `FILE` with values for flags: resolution: 1080p")
	logFlags(root.PersistentFlags(), &log)
	completeLogFlags(root)
	root.AddGroup(commandGroups()...)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
		}
		root.AddCommand(commands...)
	}
	add(groupRecord, a.recordCommand(), a.layoutsCommand(), a.demoCommand())
	add(groupRunning, a.controlCommands()...)
	add(groupFiles, a.inspectCommand(), a.renditionsCommand(), a.recoverCommand(), a.validateCommand())
	add(groupMachine, a.doctorCommand(), a.jobCommand())
	add("", a.manCommand(), a.versionCommand())
	return root
}

// flagError is the error of a command line that can't be parsed; it names the
// flag that an unknown one is like.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || unknown.GetSpecifiedName() == "" {
		return usageError{err}
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := nearest(unknown.GetSpecifiedName(), names); near != "" {
		return usagef("%w; did you mean --%s?", err, near)
	}
	return usagef("%w; see %s --help", err, cmd.CommandPath())
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
