package main

import (
	"github.com/spf13/pflag"

	"beam/beam/expect"
	"beam/capture/chrome"
)

// smokeOptions are what a recording is made with that tests a page: what is
// expected of it, what is done before it, and what is written for a pipeline.
type smokeOptions struct {
	want     expect.Wanted
	junit    string // file; "" for none
	ci       string // whom to tell
	pictures pictureFiles

	// As they were given. What is wrong with them is told by access and
	// todo: the errors of flags repeat their values, which may be secret.
	headers, cookies []string
	basicAuth        string
	steps            []rawStep
}

// rawStep is a step as it was given.
type rawStep struct {
	kind chrome.StepKind
	text string
}

// smokeFlags adds the flags.
func smokeFlags(f *pflag.FlagSet, o *smokeOptions) {
	w := &o.want
	f.BoolVar(&w.Audio, "expect-audio", false, "fail unless audio is heard: louder than -50 dBFS for a twentieth of the time")
	f.BoolVar(&w.Motion, "expect-motion", false, "fail unless the video changes in each quarter of the recording")
	f.Float64Var(&w.MinFPS, "min-fps", 0, "fail below this many distinct frames a second")
	f.DurationVar(&w.MaxFreeze, "max-freeze", 0, "fail if the video stands still for longer")
	f.StringArrayVar(&w.Texts, "expect-text", nil, "fail unless the page shows this text at some time; can be repeated")
	f.BoolVar(&w.NoConsoleErrors, "expect-no-console-errors", false, "fail if the page writes an error to its console or leaves an exception uncaught")
	f.StringVar(&o.junit, "junit", "", "XML file for a JUnit report: one case for each expectation")
	ciFlag(f, &o.ci)
	pictureFlags(f, &o.pictures)

	f.StringArrayVar(&o.headers, "header", nil, "header for the page's origin, 'NAME: VALUE'; env:VAR or file:PATH as its last word is read from there; can be repeated")
	f.StringArrayVar(&o.cookies, "cookie", nil, "cookie for the page's origin, NAME=VALUE, NAME=env:VAR or NAME=file:PATH; can be repeated")
	f.StringVar(&o.basicAuth, "basic-auth", "", "HTTP login for the page's origin: env:VAR or file:PATH, which holds USER:PASSWORD")
	f.Var(stepFlag{chrome.StepClick, "SELECTOR", &o.steps}, "click", "click this before recording: a CSS selector, or text=TEXT; steps go in the order given")
	f.Var(stepFlag{chrome.StepFill, "SELECTOR=VALUE", &o.steps}, "fill", "fill this field before recording: SELECTOR=VALUE, SELECTOR=env:VAR or SELECTOR=file:PATH")
	f.Var(stepFlag{chrome.StepWaitFor, "SELECTOR", &o.steps}, "wait-for", "wait until this can be seen before recording: a CSS selector, or text=TEXT")
}

// stepFlag appends to the one list that all kinds of steps share, so that they
// keep the order of the command line.
type stepFlag struct {
	kind  chrome.StepKind
	what  string
	steps *[]rawStep
}

func (f stepFlag) Set(text string) error {
	*f.steps = append(*f.steps, rawStep{f.kind, text})
	return nil
}

func (f stepFlag) Type() string { return f.what }
func (stepFlag) String() string { return "" }

// check tells what can't work, without leaving anything behind.
func (o *smokeOptions) check(output string, fps int, audioOnly bool) error {
	if err := o.want.Check(fps, audioOnly); err != nil {
		return usageError{err}
	}
	if audioOnly && o.pictures.thumbnail != "" {
		return usagef("--thumbnail needs video, and --audio-only records none")
	}
	if err := checkFile("--junit", o.junit, output, ".xml"); err != nil {
		return err
	}
	return o.pictures.check(output)
}
