package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"beam/beam/control"
	"beam/layout"
)

// controlCommands are those that act on a running recording.
func (a *app) controlCommands() []*cobra.Command {
	return []*cobra.Command{
		a.control("stop", "End a running recording in order",
			"Stop ends a recording as Ctrl-C does: what is on its way is written, the file is finished and\nuploaded. It returns at once; --wait waits for the end.",
			(*control.Client).Stop),
		a.control("pause", "Leave out what happens until resume",
			"Pause leaves what happens from now on out of the recording: the file goes on, without a gap,\nwhere beam resume is called. The recorder stays in the room.",
			(*control.Client).Pause),
		a.control("resume", "End a pause", "Resume goes on with a recording that was paused.", (*control.Client).Resume),
		a.statusCommand(), a.layoutCommand(), a.markCommand(),
		a.peopleCommand("exclude", "Leave people out of a running recording", "Exclude leaves people out from now on: neither seen nor heard.", (*control.Client).Exclude),
		a.peopleCommand("include", "Record people again who were left out", "Include records people again who were left out, or too where only some are recorded.", (*control.Client).Include),
	}
}

const idHelp = "\n\nThe ID is the one that --id gave or that beam record printed; where one recording runs, it can be left out."

// control is a command that takes nothing but an id.
func (a *app) control(name, short, long string, do func(*control.Client, context.Context) error) *cobra.Command {
	var wait bool
	cmd := &cobra.Command{
		Use: name + " [ID]", Short: short, Long: long + idHelp,
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: completeID,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := openRecording(cmd.Context(), args)
			if err != nil {
				return err
			}
			if err := do(c, cmd.Context()); err != nil {
				return controlError(err)
			}
			if wait {
				return awaitEnd(cmd.Context(), c)
			}
			return nil
		},
	}
	if name == "stop" {
		cmd.Flags().BoolVar(&wait, "wait", false, "return when the recording has ended")
	}
	return cmd
}

func (a *app) statusCommand() *cobra.Command {
	var asJSON, health bool
	cmd := &cobra.Command{
		Use: "status [ID]", Short: "Tell how the running recordings stand",
		Long: "Status prints a line for each running recording of this user, or for the one with the ID. With\n" +
			"--health it prints nothing and ends with 1 unless one is running and all of them are well: that is what a\ncontainer's health check asks.",
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: completeID,
		RunE: func(cmd *cobra.Command, args []string) error {
			all, err := statuses(cmd.Context(), args)
			if err != nil {
				return err
			}
			if health {
				return healthOf(all)
			}
			if asJSON {
				for _, s := range all {
					if err := json.NewEncoder(a.stdout).Encode(s); err != nil {
						return err
					}
				}
				return nil
			}
			if len(all) == 0 {
				a.stderr.say("nothing is being recorded")
			}
			for _, s := range all {
				fmt.Fprintln(a.stdout, statusText(s))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	cmd.Flags().BoolVar(&health, "health", false, "print nothing; the exit code tells")
	return cmd
}

func (a *app) layoutCommand() *cobra.Command {
	return &cobra.Command{
		Use: "layout [ID] NAME", Short: "Change the layout of a running recording",
		Long:    "Layout changes what is on the screen of a running recording to one of: " + strings.Join(layout.Names(), ", ") + "." + idHelp,
		Example: "  beam layout speaker\n  beam layout standup grid",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := openRecording(cmd.Context(), args[:len(args)-1])
			if err != nil {
				return err
			}
			return controlError(c.SetLayout(cmd.Context(), args[len(args)-1]))
		},
	}
}

// peopleCommand changes who is recorded.
func (a *app) peopleCommand(name, short, long string, do func(*control.Client, context.Context, []string) error) *cobra.Command {
	return &cobra.Command{
		Use: name + " ID NAME...", Short: short,
		Long: long + " A name is compared as with --exclude-participant:\nwhole, in any case, * and ? standing for anything; it can be an id too." +
			"\n\nThe ID is the one that --id gave or that beam record printed.",
		Example: "  beam " + name + " standup 'Doe, Jane'",
		Args:    cobra.MinimumNArgs(2), ValidArgsFunction: completeID,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := openRecording(cmd.Context(), args[:1])
			if err != nil {
				return err
			}
			return controlError(do(c, cmd.Context(), args[1:]))
		},
	}
}

func (a *app) markCommand() *cobra.Command {
	return &cobra.Command{
		Use: "mark [ID] TEXT", Short: "Add a chapter to a running recording",
		Long: "Mark adds a chapter that begins now. Players show it; the report lists it." + idHelp,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := openRecording(cmd.Context(), args[:len(args)-1])
			if err != nil {
				return err
			}
			return controlError(c.Mark(cmd.Context(), args[len(args)-1]))
		},
	}
}

// controlError is the error of a wish that was not fulfilled: the command was
// wrong, or came at the wrong time.
func controlError(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// openRecording returns the recording with the id in args, or the only one.
func openRecording(ctx context.Context, args []string) (*control.Client, error) {
	if len(args) == 1 {
		c, err := control.Open(args[0])
		return c, controlError(err)
	}
	all, err := statuses(ctx, nil)
	if err != nil {
		return nil, err
	}
	switch len(all) {
	case 0:
		return nil, usagef("nothing is being recorded by this user on this machine")
	case 1:
		c, err := control.Open(all[0].ID)
		return c, controlError(err)
	}
	ids := make([]string, len(all))
	for i, s := range all {
		ids[i] = s.ID
	}
	return nil, usagef("more than one recording is running; say which: %s", strings.Join(ids, ", "))
}

// statuses returns how the recording with the id in args, or all, stand.
func statuses(ctx context.Context, args []string) ([]control.Status, error) {
	ids := args
	if len(args) == 0 {
		var err error
		if ids, err = control.IDs(); err != nil {
			return nil, err
		}
	}
	all := []control.Status{}
	for _, id := range ids {
		c, err := control.Open(id)
		if err == nil {
			var s control.Status
			if s, err = c.Status(ctx); err == nil {
				all = append(all, s)
				continue
			}
		}
		if len(args) == 1 || !errors.Is(err, control.ErrGone) {
			return nil, controlError(err)
		}
	}
	return all, nil
}

// healthOf is nil when something is recorded and all of it is well.
func healthOf(all []control.Status) error {
	if len(all) == 0 {
		return errors.New("nothing is being recorded")
	}
	for _, s := range all {
		if !s.Healthy {
			return fmt.Errorf("the recording %s does not get on (%s)", s.ID, s.State)
		}
	}
	return nil
}

// awaitEnd waits until a recording is gone.
func awaitEnd(ctx context.Context, c *control.Client) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if _, err := c.Status(ctx); errors.Is(err, control.ErrGone) {
			return nil
		}
	}
}

func statusText(s control.Status) string {
	length := time.Duration(s.RecordedSeconds * float64(time.Second)).Truncate(time.Second)
	text := fmt.Sprintf("%s  %s  %v  %s  %s  layout %s, %d of %d people", s.ID, s.State, length, size(s.Bytes), s.Room, s.Layout, s.Recorded, s.People)
	if s.Upload != "" {
		text += fmt.Sprintf("  upload %s, %s", s.Upload, size(s.UploadedBytes))
	}
	if !s.Healthy {
		text += "  DOES NOT GET ON"
	}
	return text
}

func completeID(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	ids, err := control.IDs()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
