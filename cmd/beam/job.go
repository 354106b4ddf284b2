package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"beam/beam"
	"beam/cmd/beam/job"
	"beam/layout"
	"beam/upload"
)

func (a *app) jobCommand() *cobra.Command {
	record := a.recordCommand()
	given := follow(record.Flags())
	o := job.Options{Version: version}
	own := jobFlags(&o)
	own.StringVar(&o.Spool, "spool-size", "", "disk for the recording (default by its longest duration and bit rate)")
	own.StringVar(&o.Claim, "spool-claim", "", "PersistentVolumeClaim to record to, instead of a volume that goes with the pod")
	own.StringVar(&o.Seccomp, "seccomp-profile", "", "profile on the nodes, for Chrome's sandbox: docker/seccomp.json under this name (default no sandbox)")
	own.IntVar(&o.Retries, "retries", 2, "how often a recording that could not begin, or was lost, is tried again")
	cmd := &cobra.Command{
		Use:   "job ROOM_URL",
		Short: "Print a Kubernetes Job that records one meeting",
		Long: `Job prints a Kubernetes Job for one recording. It takes every flag of beam record
and hands it on; cpu, memory, disk and deadlines follow from them. Nothing in the
pod is privileged. It talks to no cluster:

  beam job https://room.example/abc --bucket s3://recordings/team-a \
      --resolution 1080p --image registry.example/beam --secret beam-s3 | kubectl create -f -

The URL and the flags can be read by whoever can read the Job, so what is secret in
them is refused: it belongs into a Secret, whose keys become environment variables
(--secret, --secret-key) or files (--secret-files). docs/deploy.md tells more.`,
		Example: `  beam job https://room.example/abc --bucket s3://recordings --image registry.example/beam --secret beam-s3
  beam job sweeper s3://recordings --image registry.example/beam --secret beam-s3`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			room := cmd.Flags().Lookup("url").Value.String()
			if len(args) == 1 {
				room = args[0]
			}
			if room == "" && len(o.Secrets)+len(o.SecretKeys) == 0 {
				return usagef("no room URL; give one, or --secret with a Secret whose key BEAM_URL holds it, or --secret-key BEAM_URL=SECRET/KEY")
			}
			r, err := recordingOf(cmd.Flags(), room)
			if err != nil {
				return err
			}
			if !r.Bucket && o.Claim == "" {
				return usagef("no --bucket: the recording would go with its pod; give one, or a volume with --spool-claim")
			}
			if r.Args = given.without("url"); room != "" {
				r.Args = append(r.Args, room)
			}
			if what := literalSecret(record.Flags(), r.Args, o.Env); what != "" {
				return usagef("%s holds a secret, which whoever can read the Job would read: put it into a Secret, give that with --secret or --secret-key, and write env:NAME in its place (the room's URL as BEAM_URL), or with --secret-files and file:/secrets/SECRET/KEY", what)
			}
			if o.Seccomp == "" {
				a.stderr.warn("chrome will run without its sandbox: a cluster's usual profile allows no user namespaces; --seccomp-profile names one that does")
			}
			return a.printJob(job.Record(r, o))
		},
	}
	cmd.Flags().AddFlagSet(record.Flags())
	cmd.Flags().AddFlagSet(own)
	usageOf(cmd, own, "beam record")
	cmd.AddCommand(a.sweeperCommand())
	return cmd
}

func (a *app) sweeperCommand() *cobra.Command {
	recovery := a.recoverCommand()
	given := follow(recovery.Flags())
	o := job.Options{Version: version}
	own := jobFlags(&o)
	schedule := own.String("schedule", "*/15 * * * *", "when it runs, as cron has it")
	cmd := &cobra.Command{
		Use:   "sweeper s3://BUCKET/PREFIX",
		Short: "Print a CronJob that completes what dead recorders left",
		Long: `Sweeper prints a Kubernetes CronJob that runs beam recover on a bucket: it completes
the uploads of recorders whose node or pod is gone, and leaves the living alone. It
takes every flag of beam recover and hands it on.`,
		Example: `  beam job sweeper s3://recordings/team-a --image registry.example/beam --secret beam-s3-operator | kubectl apply -f -`,
		Args:    exactArgs(1, "bucket"),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := upload.Parse(args[0]); err != nil {
				return err
			}
			if what := literalSecret(recovery.Flags(), given.args(), o.Env); what != "" {
				return usagef("%s holds a secret, which whoever can read the CronJob would read: put it into a Secret, and give that with --secret", what)
			}
			return a.printJob(job.Sweep(args[0], append(given.args(), args[0]), *schedule, o))
		},
	}
	cmd.Flags().AddFlagSet(recovery.Flags())
	cmd.Flags().AddFlagSet(own)
	usageOf(cmd, own, "beam recover")
	return cmd
}

// jobFlags returns the flags that the Job and the CronJob have in common.
func jobFlags(o *job.Options) *pflag.FlagSet {
	f := pflag.NewFlagSet("job", pflag.ContinueOnError)
	f.StringVar(&o.Image, "image", "beam:"+imageTag(version), "image of Beam")
	f.StringVar(&o.Name, "job-name", "", "name of the object (default made of the room and of what is done)")
	f.StringVar(&o.Namespace, "namespace", "", "namespace (default the one that kubectl has)")
	f.StringArrayVar(&o.Secrets, "secret", nil, "Secret whose keys become environment variables, such as AWS_ACCESS_KEY_ID; can be repeated")
	f.StringArrayVar(&o.SecretKeys, "secret-key", nil, "environment variable from one key of a Secret, VARIABLE=SECRET/KEY; can be repeated")
	f.StringArrayVar(&o.SecretFiles, "secret-files", nil, "Secret whose keys become files in /secrets/SECRET; can be repeated")
	f.StringVar(&o.ServiceAccount, "service-account", "", "service account of the pod, for a role that it has")
	f.StringArrayVar(&o.Env, "env", nil, "environment variable, NAME=VALUE; not for secrets; can be repeated")
	f.StringVar(&o.CPU, "cpu", "", "cores, such as 1500m (default by what is done)")
	f.StringVar(&o.Memory, "memory", "", "memory, such as 2Gi (default by what is done)")
	f.DurationVar(&o.TTL, "ttl", 24*time.Hour, "how long a finished job stays")
	return f
}

// imageTag is the tag that an image of this version has.
func imageTag(version string) string {
	return strings.TrimPrefix(strings.NewReplacer("+", "-", "/", "-").Replace(version), "v")
}

// recordingOf reads from the flags of beam record what a job is sized by, and
// checks what can be checked far from where it will run.
func recordingOf(f *pflag.FlagSet, room string) (job.Recording, error) {
	livekit := strings.HasPrefix(room, "wss://") || strings.HasPrefix(room, "ws://")
	if room != "" && room != beam.DemoRoom && !livekit {
		if err := layout.CheckURL(room); err != nil {
			return job.Recording{}, usageError{err}
		}
	}
	if f.Changed("temp-dir") {
		return job.Recording{}, usagef("--temp-dir names something of this machine, and the job runs on another")
	}
	if o := f.Lookup("output").Value.String(); strings.Contains(o, "/") && !strings.HasPrefix(o, "/spool/") {
		return job.Recording{}, usagef("--output is %s; in the job only /spool can be written to", o)
	}
	var errs []error
	number := func(name string) int { v, err := f.GetInt(name); errs = append(errs, err); return v }
	length := func(name string) time.Duration { v, err := f.GetDuration(name); errs = append(errs, err); return v }
	r := job.Recording{
		Room: room, FPS: number("fps"), Engine: f.Lookup("capture").Value.String(),
		AudioOnly: f.Lookup("audio-only").Value.String() == "true",
		Bucket:    f.Lookup("bucket").Value.String() != "",
		Longest:   length("duration"), ReadyTimeout: length("ready-timeout"), UploadTimeout: length("upload-timeout"),
	}
	most := length("max-duration")
	if err := errors.Join(errs...); err != nil {
		return r, fmt.Errorf("flags of record: %w", err)
	}
	var err error
	if r.Size, err = beam.FrameSize(f.Lookup("resolution").Value.String(), f.Lookup("orientation").Value.String()); err != nil {
		return r, err
	}
	switch {
	case r.Engine != beam.EngineAuto && r.Engine != beam.EngineScreencast && r.Engine != beam.EngineX11:
		return r, usagef("--capture is %q; it can be auto, screencast, x11", r.Engine)
	case r.FPS < 1 || r.FPS > 60:
		return r, usagef("--fps is %d; it can be from 1 to 60 frames a second", r.FPS)
	case r.Longest < 0 || most <= 0 || r.Longest > most:
		return r, usagef("--duration is %v and --max-duration %v; the first can't be more than the second", r.Longest, most)
	}
	if r.Longest == 0 {
		r.Longest = most
	}
	if b := f.Lookup("bucket").Value.String(); r.Bucket {
		if _, err := upload.Parse(b); err != nil {
			return r, err
		}
	}
	return r, nil
}

// printJob prints what was rendered.
func (a *app) printJob(manifest []byte, err error) error {
	if err != nil {
		return usageError{err}
	}
	_, err = a.stdout.Write(manifest)
	return err
}

// followed remembers the flags that were set, by the command line, the
// environment or a file, in the order in which they were: some of beam record's are steps,
// whose order counts.
type followed struct{ set []string }

func (f *followed) args() []string { return slices.Clone(f.set) }

// without returns the arguments but those of one flag.
func (f *followed) without(flag string) []string {
	return slices.DeleteFunc(f.args(), func(arg string) bool { return strings.HasPrefix(arg, "--"+flag+"=") })
}

// follow makes every flag of f tell when it is set.
func follow(f *pflag.FlagSet) *followed {
	given := &followed{}
	f.VisitAll(func(flag *pflag.Flag) { flag.Value = &followedValue{flag.Value, flag.Name, given} })
	return given
}

type followedValue struct {
	pflag.Value
	name  string
	given *followed
}

// Set implements pflag.Value.
func (v *followedValue) Set(s string) error {
	err := v.Value.Set(s)
	if err == nil {
		v.given.set = append(v.given.set, "--"+v.name+"="+s)
	}
	return err
}

// usageOf makes the usage of a command list its own flags, and name the command
// whose flags it hands on.
func usageOf(cmd *cobra.Command, own *pflag.FlagSet, handsOn string) {
	cmd.SetUsageFunc(func(c *cobra.Command) error {
		return writeUsage(c, own, "Every flag of "+handsOn+" can be given too, and goes into the job.")
	})
}
