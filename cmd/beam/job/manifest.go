package job

import "go.yaml.in/yaml/v3"

// text is a string that comes from the user. It is always printed in double
// quotes, so that none of YAML's versions takes it for something else.
type text string

// MarshalYAML implements yaml.Marshaler.
func (t text) MarshalYAML() (any, error) {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: string(t)}, nil
}

func texts(list []string) []text {
	all := make([]text, len(list))
	for i, s := range list {
		all[i] = text(s)
	}
	return all
}

type object struct {
	APIVersion string   `yaml:"apiVersion"`
	Kind       string   `yaml:"kind"`
	Metadata   metadata `yaml:"metadata"`
	Spec       any      `yaml:"spec"`
}

type metadata struct {
	Name        string            `yaml:"name,omitempty"`
	Namespace   string            `yaml:"namespace,omitempty"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

type jobSpec struct {
	Completions             int               `yaml:"completions,omitempty"`
	Parallelism             int               `yaml:"parallelism,omitempty"`
	BackoffLimit            int               `yaml:"backoffLimit"`
	ActiveDeadlineSeconds   int64             `yaml:"activeDeadlineSeconds"`
	TTLSecondsAfterFinished int64             `yaml:"ttlSecondsAfterFinished"`
	PodReplacementPolicy    string            `yaml:"podReplacementPolicy,omitempty"`
	PodFailurePolicy        *podFailurePolicy `yaml:"podFailurePolicy,omitempty"`
	Template                podTemplate       `yaml:"template"`
}

type podFailurePolicy struct {
	Rules []podFailureRule `yaml:"rules"`
}

type podFailureRule struct {
	Action          string         `yaml:"action"`
	OnExitCodes     *onExitCodes   `yaml:"onExitCodes,omitempty"`
	OnPodConditions []podCondition `yaml:"onPodConditions,omitempty"`
}

type onExitCodes struct {
	ContainerName string `yaml:"containerName"`
	Operator      string `yaml:"operator"`
	Values        []int  `yaml:"values,flow"`
}

type podCondition struct {
	Type   string `yaml:"type"`
	Status string `yaml:"status"`
}

type cronJobSpec struct {
	Schedule                   text        `yaml:"schedule"`
	ConcurrencyPolicy          string      `yaml:"concurrencyPolicy"`
	StartingDeadlineSeconds    int64       `yaml:"startingDeadlineSeconds"`
	SuccessfulJobsHistoryLimit int         `yaml:"successfulJobsHistoryLimit"`
	FailedJobsHistoryLimit     int         `yaml:"failedJobsHistoryLimit"`
	JobTemplate                jobTemplate `yaml:"jobTemplate"`
}

type jobTemplate struct {
	Metadata metadata `yaml:"metadata"`
	Spec     jobSpec  `yaml:"spec"`
}

type podTemplate struct {
	Metadata metadata `yaml:"metadata"`
	Spec     podSpec  `yaml:"spec"`
}

type podSpec struct {
	RestartPolicy                 string          `yaml:"restartPolicy"`
	TerminationGracePeriodSeconds int64           `yaml:"terminationGracePeriodSeconds"`
	ServiceAccountName            string          `yaml:"serviceAccountName,omitempty"`
	AutomountServiceAccountToken  bool            `yaml:"automountServiceAccountToken"`
	EnableServiceLinks            bool            `yaml:"enableServiceLinks"`
	SecurityContext               securityContext `yaml:"securityContext"`
	Containers                    []container     `yaml:"containers"`
	Volumes                       []volume        `yaml:"volumes"`
}

// securityContext is that of a pod or of a container; each has fields that the
// other has not.
type securityContext struct {
	RunAsNonRoot             bool           `yaml:"runAsNonRoot"`
	FSGroup                  int64          `yaml:"fsGroup,omitempty"`
	FSGroupChangePolicy      string         `yaml:"fsGroupChangePolicy,omitempty"`
	SeccompProfile           seccompProfile `yaml:"seccompProfile"`
	AllowPrivilegeEscalation *bool          `yaml:"allowPrivilegeEscalation,omitempty"`
	ReadOnlyRootFilesystem   bool           `yaml:"readOnlyRootFilesystem,omitempty"`
	Capabilities             *capabilities  `yaml:"capabilities,omitempty"`
}

type seccompProfile struct {
	Type             string `yaml:"type"`
	LocalhostProfile text   `yaml:"localhostProfile,omitempty"`
}

type capabilities struct {
	Drop []string `yaml:"drop,flow"`
}

type container struct {
	Name            string          `yaml:"name"`
	Image           text            `yaml:"image"`
	Args            []text          `yaml:"args"`
	Env             []envVar        `yaml:"env,omitempty"`
	EnvFrom         []envFrom       `yaml:"envFrom,omitempty"`
	Resources       resources       `yaml:"resources"`
	ReadinessProbe  *probe          `yaml:"readinessProbe,omitempty"`
	SecurityContext securityContext `yaml:"securityContext"`
	VolumeMounts    []volumeMount   `yaml:"volumeMounts"`
}

type envVar struct {
	Name      string     `yaml:"name"`
	Value     *text      `yaml:"value,omitempty"`
	ValueFrom *valueFrom `yaml:"valueFrom,omitempty"`
}

type valueFrom struct {
	SecretKeyRef keyRef `yaml:"secretKeyRef"`
}

type keyRef struct {
	Name string `yaml:"name"`
	Key  string `yaml:"key"`
}

type envFrom struct {
	SecretRef namedRef `yaml:"secretRef"`
}

type namedRef struct {
	Name string `yaml:"name"`
}

type resources struct {
	Requests map[string]string `yaml:"requests"`
	Limits   map[string]string `yaml:"limits"`
}

type probe struct {
	Exec             execAction `yaml:"exec"`
	PeriodSeconds    int        `yaml:"periodSeconds"`
	TimeoutSeconds   int        `yaml:"timeoutSeconds"`
	FailureThreshold int        `yaml:"failureThreshold"`
}

type execAction struct {
	Command []string `yaml:"command,flow"`
}

type volumeMount struct {
	Name      string `yaml:"name"`
	MountPath string `yaml:"mountPath"`
	ReadOnly  bool   `yaml:"readOnly,omitempty"`
}

type volume struct {
	Name     string        `yaml:"name"`
	EmptyDir *emptyDir     `yaml:"emptyDir,omitempty"`
	Claim    *claim        `yaml:"persistentVolumeClaim,omitempty"`
	Secret   *secretVolume `yaml:"secret,omitempty"`
}

type secretVolume struct {
	SecretName  string `yaml:"secretName"`
	DefaultMode int    `yaml:"defaultMode"`
}

type emptyDir struct {
	Medium    string `yaml:"medium,omitempty"`
	SizeLimit string `yaml:"sizeLimit"`
}

type claim struct {
	ClaimName string `yaml:"claimName"`
}
