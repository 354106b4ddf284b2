package job

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// cronFields reads a schedule as a cluster's controller does: with five fields, and
// without names such as @daily or a time zone, which a CronJob has elsewhere.
var cronFields = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

// Sweep returns the CronJob that completes, in a bucket, the uploads whose
// recorders are gone, as YAML. args is all that follows the word recover, the
// bucket included; schedule is a line of cron with five fields.
func Sweep(bucket string, args []string, schedule string, o Options) ([]byte, error) {
	if o.Name == "" {
		o.Name = name(strings.TrimPrefix(bucket, "s3://"), append([]string{"recover"}, args...))
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	split := strings.Fields(schedule)
	if len(split) != 5 || strings.ContainsAny(schedule, "\n\r") {
		return nil, fmt.Errorf("--schedule is %q; it has to be five fields, such as %q", schedule, "*/15 * * * *")
	}
	if _, err := cronFields.Parse(strings.Join(split, " ")); err != nil {
		return nil, fmt.Errorf("--schedule is %q: %w", schedule, err)
	}
	// Nothing is recorded and nothing decoded: parts are counted and completed.
	const millicores, memory = 250, 256 * mebi
	pod, err := o.pod("sweeper", append([]string{"recover"}, args...), millicores, memory)
	if err != nil {
		return nil, err
	}
	return o.render("CronJob", "sweeper", cronJobSpec{
		Schedule: text(strings.Join(split, " ")),
		// Two of them would do the same work.
		ConcurrencyPolicy: "Forbid", StartingDeadlineSeconds: 300,
		SuccessfulJobsHistoryLimit: 1, FailedJobsHistoryLimit: 3,
		JobTemplate: jobTemplate{
			Metadata: metadata{Labels: o.labels("sweeper")},
			Spec: jobSpec{
				ActiveDeadlineSeconds:   int64(time.Hour.Seconds()),
				TTLSecondsAfterFinished: int64(o.TTL.Seconds()),
				Template:                podTemplate{Metadata: metadata{Labels: o.labels("sweeper")}, Spec: pod},
			},
		},
	}), nil
}
