package job

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Options are the cluster's side of a job. Empty fields take the default.
type Options struct {
	Image     string
	Name      string // of the object; default made of the room and of what is done
	Namespace string // default the one that kubectl has
	Version   string // of Beam

	Secrets        []string // Secrets whose keys become environment variables
	SecretKeys     []string // VARIABLE=SECRET/KEY
	SecretFiles    []string // Secrets whose keys become files in /secrets/SECRET
	ServiceAccount string
	Env            []string // NAME=VALUE

	CPU, Memory, Spool string // quantities, instead of those that follow from the recording
	Claim              string // PersistentVolumeClaim that holds the recordings, instead of a volume that goes with the pod

	// Seccomp is a profile on the node, relative to the kubelet's folder of
	// profiles, that allows user namespaces: docker/seccomp.json. Without it the
	// runtime's own profile is used, under which Chrome has no sandbox.
	Seccomp string

	Retries int           // of a recording that could not begin, or was lost
	TTL     time.Duration // how long a finished job stays
}

// Exit codes after which another pod helps and records nothing twice: nothing was
// recorded, or what was is kept and the meeting goes on.
const (
	exitEnvironment = 10
	exitRoom        = 11
	exitBrowser     = 20
	exitAudio       = 21
	exitEncoder     = 22
	exitKilled      = 137 // by SIGKILL, as the kernel does for want of memory
)

// Record returns the Job that makes one recording, as YAML.
//
// It never records a meeting over: only a recorder that could not begin is
// started again, and one that was lost, with its node or without, in the middle:
// the next one records the rest of the meeting under a key of its own.
func Record(r Recording, o Options) ([]byte, error) {
	if o.Name == "" {
		o.Name = name(r.Room, r.Args)
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	args := append([]string{"record"}, r.Args...)
	if !slices.ContainsFunc(r.Args, func(a string) bool { return strings.HasPrefix(a, "--id=") }) {
		args = slices.Insert(args, 1, "--id="+id(o.Name))
	}
	pod, err := o.pod("recorder", args, r.millicores(), r.memory())
	if err != nil {
		return nil, err
	}
	if o.Retries < 0 || o.Retries > 100 {
		return nil, fmt.Errorf("--retries is %d; it can be from 0 to 100", o.Retries)
	}
	o.addSpool(&pod, r)
	o.addSandbox(&pod)
	pod.TerminationGracePeriodSeconds = int64(r.grace().Seconds())
	main := &pod.Containers[0]
	// Shared memory where Chrome looks for it; without it, it uses files.
	main.VolumeMounts = append(main.VolumeMounts, volumeMount{Name: "shm", MountPath: "/dev/shm"})
	pod.Volumes = append(pod.Volumes, volume{Name: "shm", EmptyDir: &emptyDir{Medium: "Memory", SizeLimit: "1Gi"}})
	// Not a liveness probe: that one kills, and a recording is not helped by it.
	main.ReadinessProbe = &probe{Exec: execAction{Command: []string{"beam", "status", "--health"}},
		PeriodSeconds: 15, TimeoutSeconds: 10, FailureThreshold: 3}

	return o.render("Job", "recorder", jobSpec{
		Completions: 1, Parallelism: 1,
		BackoffLimit:            o.Retries,
		ActiveDeadlineSeconds:   int64(r.deadline(o.Retries).Seconds()),
		TTLSecondsAfterFinished: int64(o.TTL.Seconds()),
		// Two recorders are never in the room at the same time.
		PodReplacementPolicy: "Failed",
		PodFailurePolicy: &podFailurePolicy{Rules: []podFailureRule{
			{Action: "Ignore", OnPodConditions: []podCondition{{Type: "DisruptionTarget", Status: "True"}}},
			{Action: "FailJob", OnExitCodes: &onExitCodes{ContainerName: "beam", Operator: "NotIn",
				Values: []int{exitEnvironment, exitRoom, exitBrowser, exitAudio, exitEncoder, exitKilled}}},
		}},
		Template: podTemplate{
			Metadata: metadata{Labels: o.labels("recorder"), Annotations: map[string]string{
				// A node that is only badly used is not worth half a meeting.
				"cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
				"karpenter.sh/do-not-disrupt":                    "true",
			}},
			Spec: pod,
		},
	}), nil
}

// addSpool gives the pod its disk for the recording.
func (o Options) addSpool(pod *podSpec, r Recording) {
	main := &pod.Containers[0]
	main.VolumeMounts = append(main.VolumeMounts, volumeMount{Name: "spool", MountPath: "/spool"})
	if o.Claim != "" {
		pod.Volumes = append(pod.Volumes, volume{Name: "spool", Claim: &claim{ClaimName: o.Claim}})
		// A volume belongs to root; this lets the pod's group write to it.
		pod.SecurityContext.FSGroup, pod.SecurityContext.FSGroupChangePolicy = 10001, "OnRootMismatch"
		return
	}
	spool := r.spool()
	limit := bytesQuantity(spool)
	if o.Spool != "" {
		limit = o.Spool
	} else {
		// So that the pod comes to a node with that much disk.
		main.Resources.Requests["ephemeral-storage"] = bytesQuantity(spool + tmpSize)
		main.Resources.Limits["ephemeral-storage"] = bytesQuantity(spool + tmpSize)
	}
	pod.Volumes = append(pod.Volumes, volume{Name: "spool", EmptyDir: &emptyDir{SizeLimit: limit}})
}

// addSandbox gives Chrome what its sandbox needs, or says that there is none.
func (o Options) addSandbox(pod *podSpec) {
	main := &pod.Containers[0]
	if o.Seccomp == "" {
		on := text("1")
		main.Env = append(main.Env, envVar{Name: "BEAM_CHROME_NO_SANDBOX", Value: &on})
		return
	}
	profile := seccompProfile{Type: "Localhost", LocalhostProfile: text(o.Seccomp)}
	pod.SecurityContext.SeccompProfile, main.SecurityContext.SeccompProfile = profile, profile
}

// tmpSize is the disk for private folders: Chrome's profile and cache.
const tmpSize = gibi

// pod returns what the pods of all jobs have in common.
func (o Options) pod(component string, args []string, millicores int, memory int64) (podSpec, error) {
	for i, a := range args {
		if err := checkText("an argument", a); err != nil {
			return podSpec{}, err
		}
		args[i] = literal(a)
	}
	env, err := o.env()
	if err != nil {
		return podSpec{}, err
	}
	size := map[string]string{"cpu": fmt.Sprintf("%dm", millicores), "memory": bytesQuantity(memory)}
	if o.CPU != "" {
		size["cpu"] = o.CPU
	}
	if o.Memory != "" {
		size["memory"] = o.Memory
	}
	no := false
	c := container{
		Name: "beam", Image: text(o.Image), Args: texts(args), Env: env,
		Resources: resources{Requests: size, Limits: clone(size)},
		SecurityContext: securityContext{
			RunAsNonRoot: true, AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: true,
			Capabilities:   &capabilities{Drop: []string{"ALL"}},
			SeccompProfile: seccompProfile{Type: "RuntimeDefault"},
		},
		VolumeMounts: []volumeMount{{Name: "tmp", MountPath: "/tmp"}},
	}
	for _, s := range o.Secrets {
		c.EnvFrom = append(c.EnvFrom, envFrom{SecretRef: namedRef{Name: s}})
	}
	volumes := []volume{{Name: "tmp", EmptyDir: &emptyDir{SizeLimit: bytesQuantity(tmpSize)}}}
	for i, s := range o.SecretFiles {
		name := fmt.Sprintf("secret-%d", i)
		c.VolumeMounts = append(c.VolumeMounts, volumeMount{Name: name, MountPath: SecretFolder + "/" + s, ReadOnly: true})
		volumes = append(volumes, volume{Name: name, Secret: &secretVolume{SecretName: s, DefaultMode: secretMode}})
	}
	return podSpec{
		RestartPolicy: "Never", TerminationGracePeriodSeconds: 60,
		ServiceAccountName: o.ServiceAccount,
		// No uid is set: the image has one, and OpenShift gives its own.
		SecurityContext: securityContext{RunAsNonRoot: true, SeccompProfile: seccompProfile{Type: "RuntimeDefault"}},
		Containers:      []container{c},
		Volumes:         volumes,
		// enableServiceLinks false: a Service of the name beam would set
		// BEAM_* variables, which Beam takes for its flags.
	}, nil
}

// SecretFolder is where Secrets are mounted.
const SecretFolder = "/secrets"

// secretMode is the mode of their files: for the user and the group of the image,
// 0, which an arbitrary uid has as well.
const secretMode = 0o440

// secretKey reads VARIABLE=SECRET/KEY.
func secretKey(text string) (envVar, error) {
	name, ref, _ := strings.Cut(text, "=")
	secret, key, found := strings.Cut(ref, "/")
	if !found || !variable.MatchString(name) || !secretKeyName.MatchString(key) {
		return envVar{}, fmt.Errorf("--secret-key is %q; it has to be VARIABLE=SECRET/KEY", text)
	}
	if err := checkSubdomain("--secret-key", secret); err != nil {
		return envVar{}, err
	}
	return envVar{Name: name, ValueFrom: &valueFrom{SecretKeyRef: keyRef{Name: secret, Key: key}}}, nil
}

// secretKeyName is what a key of a Secret can be (Kubernetes' IsConfigMapKey).
var secretKeyName = regexp.MustCompile(`^[-._a-zA-Z0-9]{1,253}$`)

func (o Options) env() ([]envVar, error) {
	var all []envVar
	for _, e := range o.Env {
		n, v, found := strings.Cut(e, "=")
		if !found || !variable.MatchString(n) {
			return nil, fmt.Errorf("--env is %q; it has to be NAME=VALUE", e)
		}
		if err := checkText("--env "+n, v); err != nil {
			return nil, err
		}
		value := text(literal(v))
		all = append(all, envVar{Name: n, Value: &value})
	}
	for _, ref := range o.SecretKeys {
		v, err := secretKey(ref)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// check checks what is not a Recording's.
func (o Options) check() error {
	if o.Image == "" || strings.ContainsFunc(o.Image, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\'' || r == '$' }) {
		return fmt.Errorf("--image is %q; it has to be an image such as registry.example/beam:1.2.3", o.Image)
	}
	if err := checkLabel("the job's name", o.Name, longestName); err != nil {
		return err
	}
	if o.Namespace != "" {
		if err := checkLabel("--namespace", o.Namespace, 63); err != nil {
			return err
		}
	}
	names := map[string][]string{"--secret": o.Secrets, "--secret-files": o.SecretFiles, "--service-account": nonEmpty(o.ServiceAccount), "--spool-claim": nonEmpty(o.Claim)}
	for _, flag := range []string{"--secret", "--secret-files", "--service-account", "--spool-claim"} {
		for _, n := range names[flag] {
			if err := checkSubdomain(flag, n); err != nil {
				return err
			}
		}
	}
	for _, q := range [][2]string{{"--cpu", o.CPU}, {"--memory", o.Memory}, {"--spool-size", o.Spool}} {
		if q[1] != "" && !quantity.MatchString(q[1]) {
			return fmt.Errorf("%s is %q; it has to be a quantity such as 1500m or 2Gi", q[0], q[1])
		}
	}
	if o.Seccomp != "" && (path.IsAbs(o.Seccomp) || slices.Contains(strings.Split(o.Seccomp, "/"), "..") || checkText("", o.Seccomp) != nil) {
		return fmt.Errorf("--seccomp-profile is %q; it has to be a path below the kubelet's folder of profiles, such as profiles/beam.json", o.Seccomp)
	}
	if o.TTL < 0 {
		return fmt.Errorf("--ttl is %v; it can't be negative", o.TTL)
	}
	return nil
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func clone(m map[string]string) map[string]string {
	c := make(map[string]string, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

// labels are those that Kubernetes recommends.
func (o Options) labels(component string) map[string]string {
	l := map[string]string{
		"app.kubernetes.io/name":       "beam",
		"app.kubernetes.io/instance":   o.Name,
		"app.kubernetes.io/component":  component,
		"app.kubernetes.io/managed-by": "beam-job",
	}
	if v := labelValue(o.Version); v != "" {
		l["app.kubernetes.io/version"] = v
	}
	return l
}

// render prints an object.
func (o Options) render(kind, component string, spec any) []byte {
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	// Types of our own into memory: neither can fail.
	_ = encoder.Encode(object{APIVersion: "batch/v1", Kind: kind,
		Metadata: metadata{Name: o.Name, Namespace: o.Namespace, Labels: o.labels(component)}, Spec: spec})
	_ = encoder.Close()
	return b.Bytes()
}
