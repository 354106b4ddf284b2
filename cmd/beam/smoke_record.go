package main

import (
	"errors"
	"io"
	"os"
	"time"

	"beam/beam"
	"beam/beam/expect"
	"beam/capture/inspect/contactsheet"
)

// into checks the options and puts them into the configuration.
func (o *smokeOptions) into(c *beam.Config) error {
	if err := o.check(c.Output, c.FPS, c.AudioOnly); err != nil {
		return err
	}
	access, steps, hidden, err := o.page(os.LookupEnv)
	if err != nil {
		return err
	}
	c.Access, c.Steps, c.Hidden = access, steps, append(c.Hidden, hidden...)
	c.Expect = o.want
	if o.pictures != (pictureFiles{}) {
		c.Finished = o.pictures.draw
	}
	return nil
}

// tell writes the JUnit report, also of a recording that failed.
func (o *smokeOptions) tell(s beam.Settings, r *beam.Report, began time.Time, failed error) error {
	if o.junit == "" {
		return failed
	}
	run := expect.Run{Page: beam.RedactURL(s.Room), Started: began, Took: time.Since(began), Err: failed,
		Properties: []expect.Property{{Name: "beam", Value: s.Version}, {Name: "recording", Value: s.Output}}}
	if r != nil {
		run.Outcomes = r.Expectations
		if r.Console != nil {
			run.Console = *r.Console
		}
	}
	return errors.Join(failed, contactsheet.Save(o.junit, s.FileMode, func(w io.Writer) error { return expect.WriteJUnit(w, run) }))
}
