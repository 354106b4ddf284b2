package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"beam/cmd/beam/github"
)

// The values of --ci.
const (
	ciAuto   = "auto"
	ciGitHub = "github"
	ciNone   = "none"
)

// ciFlag adds the flag that says which pipeline is told of a recording.
func ciFlag(f *pflag.FlagSet, ci *string) {
	f.StringVar(ci, "ci", ciAuto, "whom to tell beside the exit code: github (annotations, and a job summary in the file that GITHUB_STEP_SUMMARY names), none, or auto: github in a workflow of GitHub")
}

// workflow tells a workflow of GitHub of one recording. From the moment it is made,
// nothing that is printed is a workflow command: pages write into the output too.
type workflow struct {
	console *console
	token   string
	summary string // file that the job summary is appended to; "" for none
	run     github.Run
}

// workflowOf returns the workflow to tell, nil for none.
func workflowOf(ci string, lookup func(string) (string, bool), c *console) (*workflow, error) {
	switch ci {
	case ciAuto:
		if running, _ := lookup("GITHUB_ACTIONS"); running != "true" {
			return nil, nil
		}
	case ciGitHub:
	case ciNone:
		return nil, nil
	default:
		return nil, usagef("--ci %s: choose %s", ci, strings.Join([]string{ciAuto, ciGitHub, ciNone}, ", "))
	}
	w := &workflow{console: c, token: rand.Text()}
	w.summary, _ = lookup("GITHUB_STEP_SUMMARY")
	c.print(github.Stop(w.token))
	return w, nil
}

// end tells the workflow, after all else has been printed.
func (w *workflow) end() {
	if w == nil {
		return
	}
	var annotations strings.Builder
	err := github.Annotations(&annotations, w.run)
	if w.summary != "" {
		err = errors.Join(err, w.summarize())
	}
	if err != nil {
		w.console.warn("the workflow could not be told: %v", err)
	}
	w.console.print(github.Resume(w.token) + annotations.String())
}

// summarize appends to the file of the job summary.
func (w *workflow) summarize() error {
	f, err := os.OpenFile(w.summary, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("open the job summary: %w", err)
	}
	return errors.Join(github.Summary(f, w.run), f.Close())
}
