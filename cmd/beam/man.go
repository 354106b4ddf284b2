package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"
)

func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man FOLDER",
		Short: "Write the manual pages",
		Long: `Man writes a manual page for each command into a folder, which it makes: beam.1,
beam-record.1 and so on. SOURCE_DATE_EPOCH, if it is set, is their date.`,
		Example: `  beam man /usr/local/share/man/man1`,
		Args:    exactArgs(1, "folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return writeManual(cmd.Root(), args[0])
		},
	}
}

// writeManual writes the pages of a command and of those below it.
func writeManual(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return usageError{err}
	}
	root.DisableAutoGenTag = true // it would put the day into each page
	root.InitDefaultCompletionCmd()
	prepareManual(root)
	header := &doc.GenManHeader{Section: "1", Source: "beam " + version, Manual: "Beam"}
	if err := doc.GenManTree(root, header, dir); err != nil {
		return usageError{err}
	}
	return nil
}

// prepareManual makes the texts of a command what they have to be for a page:
// flags name their variables, as in help, and nothing is Markdown by accident.
func prepareManual(cmd *cobra.Command) {
	prepare := func(f *pflag.Flag) {
		f.Usage = markdownText.Replace(withVariable(f).Usage)
	}
	cmd.LocalNonPersistentFlags().VisitAll(prepare)
	cmd.PersistentFlags().VisitAll(prepare)
	for _, sub := range cmd.Commands() {
		prepareManual(sub)
	}
}

// markdownText keeps the characters that Markdown would read as marks.
var markdownText = strings.NewReplacer("*", `\*`, "_", `\_`, "<", `\<`, "`", "\\`", "[", `\[`, "]", `\]`)
