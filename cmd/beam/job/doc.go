// Package job renders the Kubernetes manifests of a recording: a Job for one
// meeting, and a CronJob that completes what dead recorders left in a bucket.
//
// It decides sizes, deadlines and the rules of retrying, and quotes whatever the
// user gave so that neither YAML nor the kubelet's expansion of $(NAME) sees
// anything in it. It is pure: it talks to no cluster, and has no opinion about
// how many meetings there are; scheduling them is the cluster's work.
//
// The types in manifest.go are those parts of the API's batch/v1 and core/v1 that
// are used here. scripts/kubecheck holds them against the real ones.
package job
