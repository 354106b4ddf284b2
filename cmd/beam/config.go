package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// longestConfig is the most that a configuration file can hold, bytes.
const longestConfig = 1 << 20

// stepsKey is the one key of a configuration that is no flag: a list of steps
// before the recording, whose order counts.
const stepsKey = "steps"

// stepFlags are the flags that are steps.
var stepFlags = []string{"wait-for", "fill", "click"}

// setting is what a configuration file says of one flag.
type setting struct {
	flag  string
	value *yaml.Node
}

// fromConfig sets each flag that neither the command line nor the environment
// gave to what the file says. Keys are the flags of any command: those that this
// one does not have are passed over, as variables are, so that one file serves
// all commands.
func fromConfig(cmd *cobra.Command, path string) error {
	text, err := readSmall("--config", path, longestConfig)
	if err != nil {
		return err
	}
	settings, err := parseConfig(text, flagsOfAll(cmd.Root()))
	if err == nil {
		err = apply(cmd.Flags(), settings)
	}
	if err != nil {
		return usagef("%s: %w", path, err)
	}
	return nil
}

// flagsOfAll returns the names of the flags that a file can hold.
func flagsOfAll(root *cobra.Command) []string {
	var names []string
	add := func(f *pflag.Flag) {
		if hasVariable(f.Name) && f.Name != "config" && !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		c.Flags().VisitAll(add)
		c.PersistentFlags().VisitAll(add)
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
	return names
}

// parseConfig reads the settings of a file in their order. flags are the keys
// that it can hold.
func parseConfig(text []byte, flags []string) ([]setting, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF): // an empty file sets nothing
		return nil, nil
	case err != nil:
		return nil, err
	case !errors.Is(decoder.Decode(&yaml.Node{}), io.EOF):
		return nil, errors.New("more than one YAML document")
	}
	top := target(document.Content[0])
	if top.Kind == yaml.ScalarNode && top.Tag == "!!null" {
		return nil, nil
	}
	if top.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: not a list of keys and values, such as resolution: 720p", top.Line)
	}
	var settings []setting
	seen := map[string]bool{}
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := top.Content[i], target(top.Content[i+1])
		switch {
		case seen[key.Value]:
			return nil, fmt.Errorf("line %d: %s is there twice", key.Line, key.Value)
		case key.Value == stepsKey:
			steps, err := parseSteps(value)
			if err != nil {
				return nil, err
			}
			settings = append(settings, steps...)
		case !slices.Contains(flags, key.Value):
			return nil, fmt.Errorf("line %d: %w", key.Line, unknownKey(key.Value, flags))
		default:
			settings = append(settings, setting{key.Value, value})
		}
		seen[key.Value] = true
	}
	return settings, nil
}

// target returns what an alias stands for, and any other node itself.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func unknownKey(key string, flags []string) error {
	for _, secret := range []string{"token", "password", "api-key", "api-secret", "access-key"} {
		if strings.Contains(strings.ReplaceAll(strings.ToLower(key), "_", "-"), secret) {
			return fmt.Errorf("%s does not belong in a file: credentials come from the environment, such as BEAM_TOKEN", key)
		}
	}
	if near := nearest(key, append([]string{stepsKey}, flags...)); near != "" {
		return fmt.Errorf("%s is unknown; did you mean %s?", key, near)
	}
	return fmt.Errorf("%s is unknown; a key is a flag without its dashes, see beam record --help", key)
}

// parseSteps reads a list of steps, each a flag and its value.
func parseSteps(list *yaml.Node) ([]setting, error) {
	var steps []setting
	wanted := fmt.Errorf("line %d: %s is a list, and each item one of %s with its value", list.Line, stepsKey, strings.Join(stepFlags, ", "))
	if list.Kind != yaml.SequenceNode {
		return nil, wanted
	}
	for _, item := range list.Content {
		item = target(item)
		if item.Kind != yaml.MappingNode || len(item.Content) != 2 || !slices.Contains(stepFlags, item.Content[0].Value) {
			return nil, wanted
		}
		steps = append(steps, setting{item.Content[0].Value, target(item.Content[1])})
	}
	return steps, nil
}

// apply sets the flags that nothing has set yet.
func apply(flags *pflag.FlagSet, settings []setting) error {
	given := map[string]bool{}
	flags.Visit(func(f *pflag.Flag) { given[f.Name] = true })
	// The steps are one list, so one that is given takes the place of all.
	for _, name := range stepFlags {
		if given[name] {
			for _, other := range stepFlags {
				given[other] = true
			}
		}
	}
	for _, s := range settings {
		f := flags.Lookup(s.flag)
		if f == nil || given[s.flag] {
			continue
		}
		values, err := flagValues(f, s.value)
		for i := 0; err == nil && i < len(values); i++ {
			err = flags.Set(s.flag, values[i])
		}
		if err != nil {
			return fmt.Errorf("line %d: %s: %w", s.value.Line, s.flag, err)
		}
	}
	return nil
}

// flagValues returns a node as what the flag is set to: one text, or several for
// a flag that can be repeated.
func flagValues(f *pflag.Flag, n *yaml.Node) ([]string, error) {
	kind := f.Value.Type()
	var values []string
	switch n.Kind {
	case yaml.SequenceNode:
		if !canRepeat(kind) {
			return nil, errors.New("one value is wanted, not a list")
		}
		for _, item := range n.Content {
			text, err := scalar(target(item))
			if err != nil {
				return nil, err
			}
			if kind == "stringSlice" {
				text = quoteCSV(text)
			}
			values = append(values, text)
		}
		return values, nil
	case yaml.MappingNode:
		if kind != "stringToString" {
			return nil, errors.New("a value is wanted, not further keys")
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			text, err := scalar(target(n.Content[i+1]))
			if err != nil {
				return nil, err
			}
			pair := n.Content[i].Value + "=" + text
			if strings.Count(pair, "=") > 1 { // only then does pflag read it as CSV
				pair = quoteCSV(pair)
			}
			values = append(values, pair)
		}
		return values, nil
	}
	text, err := scalar(n)
	return []string{text}, err
}

// canRepeat tells whether a flag of the type takes more values when it is set
// again.
func canRepeat(kind string) bool {
	return kind == "stringSlice" || kind == "stringArray" || strings.HasPrefix(kind, "SELECTOR")
}

// quoteCSV quotes what would be two values: pflag reads these flags as CSV.
func quoteCSV(text string) string {
	if !strings.ContainsAny(text, ",\"\n") {
		return text
	}
	return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
}

// scalar returns the text of a value as it stands in the file: 30, 15m, true.
func scalar(n *yaml.Node) (string, error) {
	switch {
	case n.Kind != yaml.ScalarNode:
		return "", errors.New("a value is wanted, not a list or further keys")
	case n.Tag == "!!null":
		return "", errors.New("there is no value")
	}
	return n.Value, nil
}
