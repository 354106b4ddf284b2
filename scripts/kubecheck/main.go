// Command kubecheck holds manifests against Kubernetes itself: the types of its
// API, decoded strictly, the defaults and the validation that its API server runs
// when an object is created, the strictest of its Pod Security Standards, and the
// kubelet's expansion of $(NAME).
//
//	kubecheck FILE.yaml...
//	kubecheck -expand FILE.yaml    prints the container's args as the program gets them
//
// It is a module of its own, because Kubernetes is a large one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/batch"
	_ "k8s.io/kubernetes/pkg/apis/batch/install" // registers the types
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	"k8s.io/kubernetes/pkg/registry/batch/cronjob"
	"k8s.io/kubernetes/pkg/registry/batch/job"
	"k8s.io/kubernetes/third_party/forked/golang/expansion"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

func main() {
	expand := flag.Bool("expand", false, "print the args as the program gets them, one quoted word a line")
	flag.Parse()
	failed := false
	for _, path := range flag.Args() {
		pod, err := check(path)
		switch {
		case err != nil:
			failed = true
			fmt.Printf("%s: %v\n", path, err)
		case *expand:
			printArgs(pod)
		default:
			fmt.Printf("%s: valid\n", path)
		}
	}
	if failed || flag.NArg() == 0 {
		os.Exit(1)
	}
}

// check checks one file and returns its pod.
func check(path string) (*corev1.PodTemplateSpec, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var kind struct{ Kind string }
	if err := yaml.Unmarshal(data, &kind); err != nil {
		return nil, err
	}
	var pod *corev1.PodTemplateSpec
	var faults field.ErrorList
	switch kind.Kind {
	case "Job":
		var given batchv1.Job
		var object batch.Job
		if err := decode(data, &given, &object); err != nil {
			return nil, err
		}
		pod = &given.Spec.Template
		faults = create(job.Strategy, &object, "jobs")
	case "CronJob":
		var given batchv1.CronJob
		var object batch.CronJob
		if err := decode(data, &given, &object); err != nil {
			return nil, err
		}
		pod = &given.Spec.JobTemplate.Spec.Template
		faults = create(cronjob.Strategy, &object, "cronjobs")
	default:
		return nil, fmt.Errorf("kind %q", kind.Kind)
	}
	return pod, errors.Join(faults.ToAggregate(), restricted(pod))
}

// create does what the API server does when an object is created, up to storing it.
func create(strategy rest.RESTCreateStrategy, object interface {
	runtime.Object
	metav1.Object
}, resource string) field.ErrorList {
	if object.GetNamespace() == "" {
		object.SetNamespace(metav1.NamespaceDefault)
	}
	ctx := request.WithRequestInfo(request.WithNamespace(context.Background(), object.GetNamespace()),
		&request.RequestInfo{APIGroup: "batch", APIVersion: "v1", Resource: resource, Verb: "create"})
	object.SetUID("2d9c1c9e-7a35-4b58-9d0e-000000000000") // the server makes one
	strategy.PrepareForCreate(ctx, object)
	return strategy.Validate(ctx, object)
}

// decode decodes strictly, sets the server's defaults, and converts to the types
// that its validation is written for.
func decode(data []byte, versioned, internal runtime.Object) error {
	// Not the decoder of encoding/json, which takes runAsNonroot for runAsNonRoot.
	plain, err := yaml.YAMLToJSONStrict(data)
	if err != nil {
		return err
	}
	unknown, err := json.UnmarshalStrict(plain, versioned)
	if err := errors.Join(append(unknown, err)...); err != nil {
		return err
	}
	defaulted := versioned.DeepCopyObject()
	legacyscheme.Scheme.Default(defaulted)
	return legacyscheme.Scheme.Convert(defaulted, internal, nil)
}

// restricted applies the Pod Security Standard "restricted".
func restricted(pod *corev1.PodTemplateSpec) error {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	result := policy.AggregateCheckResults(evaluator.EvaluatePod(
		api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}, &pod.ObjectMeta, &pod.Spec))
	if !result.Allowed {
		return fmt.Errorf("not restricted: %s", result.ForbiddenDetail())
	}
	return nil
}

// printArgs expands as the kubelet does, with every variable of the container
// defined, and every other one too.
func printArgs(pod *corev1.PodTemplateSpec) {
	for _, a := range pod.Spec.Containers[0].Args {
		fmt.Printf("%q\n", expansion.Expand(a, func(string) string { return "EXPANDED" }))
	}
}
