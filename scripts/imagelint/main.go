// Command imagelint checks the Dockerfile by BuildKit's own rules, those of
// "docker build --check", and the compose file by the Compose specification. It
// needs no engine and no registry.
//
//	imagelint DOCKERFILE COMPOSE_FILE
//
// It is a module of its own, because BuildKit is a large one.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "imagelint: a Dockerfile and a compose file")
		os.Exit(2)
	}
	ctx := context.Background()
	// Both builds there are, and with them all stages.
	err := errors.Join(
		dockerfile(ctx, os.Args[1], map[string]string{"LIVEKIT": "on"}),
		dockerfile(ctx, os.Args[1], map[string]string{"LIVEKIT": "off"}),
		compose(ctx, os.Args[2]))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("%s, %s: nothing to complain of\n", os.Args[1], os.Args[2])
}

// dockerfile returns an error with all that BuildKit warns of.
func dockerfile(ctx context.Context, path string, args map[string]string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	source := llb.NewSourceMap(nil, path, "Dockerfile", data)
	source.Definition = &llb.Definition{}
	platform := ocispecs.Platform{OS: "linux", Architecture: "amd64"}
	results, err := dockerfile2llb.DockerfileLint(ctx, data, dockerfile2llb.ConvertOpt{
		Config:         dockerui.Config{BuildArgs: args, BuildPlatforms: []ocispecs.Platform{platform}},
		SourceMap:      source,
		TargetPlatform: &platform,
		MetaResolver:   bases{},
	})
	if err != nil {
		return err
	}
	var all []error
	if results.Error != nil {
		all = append(all, fmt.Errorf("%s: %s", path, results.Error.Message))
	}
	for _, w := range results.Warnings {
		line := int32(0)
		if len(w.Location.GetRanges()) > 0 {
			line = w.Location.Ranges[0].Start.Line
		}
		all = append(all, fmt.Errorf("%s:%d: %s: %s (%s)", path, line, w.RuleName, w.Detail, w.URL))
	}
	return errors.Join(all...)
}

// bases answers for every base image, so that no registry is asked.
type bases struct{}

// ResolveImageConfig implements llb.ImageMetaResolver.
func (bases) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	const config = `{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/usr/local/bin:/usr/bin:/bin"]}}`
	return ref, digest.FromString(config), []byte(config), nil
}

// compose returns what the Compose specification has against a file.
func compose(ctx context.Context, path string) error {
	options, err := cli.NewProjectOptions([]string{path}, cli.WithName("beam"), cli.WithInterpolation(true))
	if err != nil {
		return err
	}
	_, err = options.LoadProject(ctx)
	return err
}
