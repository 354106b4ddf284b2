package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"beam/beam"
)

func (a *app) validateCommand() *cobra.Command {
	var (
		storage beam.Storage
		asJSON  bool
	)
	cmd := &cobra.Command{
		Use:   "validate s3://BUCKET/PREFIX",
		Short: "Check that a bucket can take recordings",
		Long: `Validate does in the bucket what a recording does, on a small object that it
removes again: credentials, region, permissions, checksums, clock. Each line says
what works, or what to change. beam record does the same before it joins.

It ends with 0 when recordings will work, 2 when something has to be put right,
and 30 when the store can't be reached.`,
		Example: `  beam validate s3://recordings/team-a
  beam validate s3://recordings --s3-endpoint https://minio.example.com:9000 --s3-path-style`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				storage.Bucket = args[0]
			}
			if storage.Bucket == "" {
				return usagef("no bucket; for example: beam validate s3://recordings/team-a")
			}
			return a.validate(cmd, storage, asJSON)
		},
	}
	f := cmd.Flags()
	f.StringVar(&storage.Bucket, "bucket", "", "the bucket, where none is given")
	f.StringVar(&storage.BackupBucket, "backup-bucket", "", "a second one to check: s3://BUCKET/PREFIX")
	storeFlags(f, &storage)
	f.BoolVar(&asJSON, "json", false, "print JSON, one object for each bucket")
	return cmd
}

func (a *app) validate(cmd *cobra.Command, storage beam.Storage, asJSON bool) error {
	all, err := beam.ValidateStorage(cmd.Context(), storage, a.log)
	encoder := json.NewEncoder(a.stdout)
	encoder.SetIndent("", "  ")
	for _, v := range all {
		if asJSON {
			if err := encoder.Encode(v); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintln(a.stdout, v.URL)
		for _, c := range v.Checks {
			fmt.Fprintln(a.stdout, c)
		}
	}
	return err
}
