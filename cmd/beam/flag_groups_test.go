package main

import (
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// eachCommand calls do for a command and all below it.
func eachCommand(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, sub := range cmd.Commands() {
		eachCommand(sub, do)
	}
}

// Every flag of every command is in one group, and help shows it: no flag can be
// added that people do not find.
func TestFlagGroups(t *testing.T) {
	inGroups := map[string]int{}
	for _, g := range flagGroups {
		for _, name := range g.names {
			inGroups[name]++
			if inGroups[name] > 1 {
				t.Errorf("--%s is in two groups", name)
			}
		}
	}
	used := map[string]bool{"help": true, "version": true} // which cobra adds
	eachCommand((&app{}).command(), func(cmd *cobra.Command) {
		shown := map[string]bool{}
		all := pflag.NewFlagSet(cmd.Name(), pflag.ContinueOnError)
		all.AddFlagSet(cmd.LocalFlags())
		all.AddFlagSet(cmd.InheritedFlags())
		for _, s := range sectionsOf(all) {
			s.flags.VisitAll(func(f *pflag.Flag) {
				if shown[f.Name] {
					t.Errorf("%s: help shows --%s twice", cmd.CommandPath(), f.Name)
				}
				shown[f.Name] = true
			})
		}
		all.VisitAll(func(f *pflag.Flag) {
			used[f.Name] = true
			if !shown[f.Name] && !f.Hidden {
				t.Errorf("%s: help does not show --%s", cmd.CommandPath(), f.Name)
			}
		})
	})
	for name := range inGroups {
		if !used[name] {
			t.Errorf("no command has the flag --%s of the groups", name)
		}
	}
}

// Each flag has its own variable, and no command's flag is a name that means
// something else to Beam.
func TestVariables(t *testing.T) {
	taken := map[string]string{}
	for _, name := range []string{"TOKEN", "API_KEY", "API_SECRET", "CHROME", "CHROME_NO_SANDBOX", "FFMPEG", "FFPROBE", "PULSEAUDIO", "XVFB"} {
		taken[envPrefix+name] = "a variable without a flag"
	}
	eachCommand((&app{}).command(), func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if by, ok := taken[envName(f.Name)]; ok && by != f.Name {
				t.Errorf("%s: --%s and %s have the variable %s", cmd.CommandPath(), f.Name, by, envName(f.Name))
			}
			taken[envName(f.Name)] = f.Name
		})
	})
	if len(taken) < 60 {
		t.Errorf("only %d variables found", len(taken))
	}
}
