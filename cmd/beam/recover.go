package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"beam/beam"
	"beam/upload"
)

func (a *app) recoverCommand() *cobra.Command {
	o := beam.RecoverOptions{Version: version}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "recover FILE | FOLDER | s3://BUCKET/PREFIX",
		Short: "Finish what a crash left",
		Long: `Recover finishes a recording whose recorder was killed, and goes on with its
upload from the journal beside the file, or begins one with --bucket. Of a folder it
takes all recordings. Of a bucket it completes, without any local file, the uploads
whose recorders are gone, and says which are alive.

It never touches what a living recorder writes, and can be repeated.`,
		Example: `  beam recover meeting.mp4
  beam recover meeting.mp4 --bucket s3://recordings/team-a
  beam recover /var/lib/beam
  beam recover s3://recordings/team-a`,
		Args: exactArgs(1, "file, folder or bucket"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.recover(cmd, args[0], o, asJSON)
		},
	}
	f := cmd.Flags()
	bucketFlags(f, &o.Storage)
	f.Lookup("bucket").Usage = "where a file goes that has no journal: s3://BUCKET/PREFIX"
	storeFlags(f, &o.Storage)
	f.BoolVar(&asJSON, "json", false, "print JSON lines, one for each recording")
	markSecret(f, "s3-endpoint")
	return cmd
}

func (a *app) recover(cmd *cobra.Command, what string, o beam.RecoverOptions, asJSON bool) error {
	encoder := json.NewEncoder(a.stdout)
	if strings.Contains(what, "://") {
		o.Storage.Bucket, o.Storage.DeleteLocal = what, false
		all, err := beam.RecoverBucket(cmd.Context(), o.Storage, a.log)
		for _, r := range all {
			if asJSON {
				err = firstError(err, encoder.Encode(bucketLine(r)))
				continue
			}
			fmt.Fprintln(a.stdout, bucketText(r))
		}
		if err == nil && len(all) == 0 {
			a.stderr.say("no unfinished upload below %s", what)
		}
		return err
	}
	info, err := os.Stat(what)
	if err == nil && info.IsDir() {
		return a.recoverFolder(cmd, what, o, asJSON)
	}
	o.Progress = a.uploadStatus
	r := beam.RecoverFile(cmd.Context(), what, o, a.log)
	a.stderr.end()
	if asJSON {
		return firstError(r.Err, encoder.Encode(r))
	}
	if r.Err == nil {
		fmt.Fprintln(a.stdout, recoveredText(r))
	}
	return r.Err
}

func (a *app) recoverFolder(cmd *cobra.Command, dir string, o beam.RecoverOptions, asJSON bool) error {
	encoder := json.NewEncoder(a.stdout)
	o.Progress = a.uploadStatus
	var failed error
	n := 0
	err := beam.RecoverFolder(cmd.Context(), dir, o, a.log, func(r beam.Recovered) {
		n++
		a.stderr.end()
		failed = firstError(failed, r.Err)
		if asJSON {
			failed = firstError(failed, encoder.Encode(r))
			return
		}
		fmt.Fprintln(a.stdout, recoveredText(r))
	})
	if err == nil && n == 0 {
		a.stderr.say("no recording of beam in %s", dir)
	}
	return firstError(err, failed)
}

func (a *app) uploadStatus(p beam.UploadProgress) { a.stderr.status(uploadLine(&p)) }

// bucketRecovery is the JSON of an upload that was found in a bucket.
type bucketRecovery struct {
	Key     string         `json:"key"`
	Outcome upload.Outcome `json:"outcome"`
	Parts   int            `json:"parts"`
	Bytes   int64          `json:"bytes"`
	Dropped int            `json:"dropped_parts"`
	Age     float64        `json:"age_seconds"` // since the last sign of its recorder
	Error   string         `json:"error,omitempty"`
}

func bucketLine(r upload.Recovered) bucketRecovery {
	line := bucketRecovery{Key: r.Key, Outcome: r.Outcome, Parts: r.Parts, Bytes: r.Size, Dropped: r.Dropped, Age: r.Age.Seconds()}
	if r.Err != nil {
		line.Error = r.Err.Error()
	}
	return line
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// recoveredText is the line about one file.
func recoveredText(r beam.Recovered) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: ", r.File)
	switch r.Outcome {
	case beam.OutcomeFinished:
		fmt.Fprintf(&b, "finished, %v, %s", seconds(r.Seconds), size(r.Bytes))
		if r.Cut > 0 {
			fmt.Fprintf(&b, ", %.1f kB of an unfinished fragment left out", float64(r.Cut)/1e3)
		}
	case beam.OutcomeWhole, beam.OutcomeUploaded:
		fmt.Fprintf(&b, "whole, %v, %s", seconds(r.Seconds), size(r.Bytes))
	case beam.OutcomeAlive:
		b.WriteString("alive: it is being recorded or uploaded")
	default:
		fmt.Fprintf(&b, "%s: %v", r.Outcome, r.Err)
	}
	if u := r.Upload; u != nil && r.Err == nil && u.Error == "" {
		if r.Outcome == beam.OutcomeWhole {
			fmt.Fprintf(&b, "; uploaded before to %s", u.URL)
		} else {
			fmt.Fprintf(&b, "; uploaded to %s", uploadedText(u))
		}
	}
	return b.String()
}

// bucketText is the line about one upload that was found in a bucket.
func bucketText(r upload.Recovered) string {
	line := fmt.Sprintf("%s: %s", r.Key, r.Outcome)
	switch r.Outcome {
	case upload.OutcomeCompleted:
		line += fmt.Sprintf(", %s from %d parts", size(r.Size), r.Parts)
		if r.Dropped > 0 {
			line += fmt.Sprintf(", %d parts after a gap left out", r.Dropped)
		}
	case upload.OutcomeAlive:
		line += fmt.Sprintf(": its recorder gave a sign of life %v ago", r.Age.Round(time.Second))
	case upload.OutcomeEmpty:
		line += ": no part had arrived; the upload was removed"
	case upload.OutcomeForeign:
		line += ": not one of beam's, left alone"
	case upload.OutcomeTaken:
		line += ": another object has this key; the upload is kept"
	case upload.OutcomeFailed:
		line += fmt.Sprintf(": %v", r.Err)
	}
	return line
}

func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(10 * time.Millisecond)
}
