package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// The groups of commands in the help of beam.
const (
	groupRecord  = "record"
	groupRunning = "running"
	groupFiles   = "files"
	groupMachine = "machine"
)

// commandGroups are the groups in the order of the help.
func commandGroups() []*cobra.Group {
	return []*cobra.Group{
		{ID: groupRecord, Title: "To record:"},
		{ID: groupRunning, Title: "A running recording:"},
		{ID: groupFiles, Title: "Recordings and buckets:"},
		{ID: groupMachine, Title: "This machine, and others:"},
	}
}

// usage prints how a command is used: it takes the place of cobra's own, which
// knows no groups of flags and no environment variables.
func usage(cmd *cobra.Command) error {
	return writeUsage(cmd, cmd.LocalFlags(), "")
}

// writeUsage prints the usage with these flags of the command's own, and a last
// line, if there is one.
func writeUsage(cmd *cobra.Command, own *pflag.FlagSet, last string) error {
	var b strings.Builder
	b.WriteString("Usage:\n")
	if cmd.Runnable() {
		fmt.Fprintf(&b, "  %s\n", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s [command]\n", cmd.CommandPath())
	}
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", strings.TrimRight(cmd.Example, "\n"))
	}
	listCommands(&b, cmd)
	flags := pflag.NewFlagSet(cmd.Name(), pflag.ContinueOnError)
	flags.AddFlagSet(own)
	flags.AddFlagSet(cmd.InheritedFlags())
	for _, s := range sectionsOf(flags) {
		fmt.Fprintf(&b, "\n%s:\n%s", s.title, s.flags.FlagUsagesWrapped(columns()))
	}
	if last != "" {
		fmt.Fprintf(&b, "\n%s\n", last)
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n\"%s COMMAND --help\" tells more of a command.\n", cmd.CommandPath())
	}
	_, err := io.WriteString(cmd.OutOrStderr(), b.String())
	return err
}

// listCommands lists the commands below cmd: in groups where it has some.
func listCommands(b *strings.Builder, cmd *cobra.Command) {
	list := func(title, group string) {
		for _, sub := range cmd.Commands() {
			if sub.GroupID != group || !sub.IsAvailableCommand() && sub.Name() != "help" {
				continue
			}
			if title != "" {
				fmt.Fprintf(b, "\n%s\n", title)
				title = ""
			}
			fmt.Fprintf(b, "  %-*s  %s\n", sub.NamePadding(), sub.Name(), sub.Short)
		}
	}
	for _, g := range cmd.Groups() {
		list(g.Title, g.ID)
	}
	if len(cmd.Groups()) > 0 {
		list("Other commands:", "")
	} else {
		list("Commands:", "")
	}
}

// The columns that help is as wide as. Narrower than the least, a usage beside a
// long flag is a column of single words.
const (
	leastColumns = 80
	usualColumns = 100
	mostColumns  = 130
)

// columns returns how wide help is: as the terminal, or the usual where standard
// output is none.
func columns() int {
	wide, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return usualColumns
	}
	return min(max(wide, leastColumns), mostColumns)
}
