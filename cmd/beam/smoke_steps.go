package main

import (
	"slices"
	"strings"

	"beam/capture/chrome"
)

// What begins a value that stands elsewhere: in a variable of the environment, or in
// a file, as a cluster mounts a Secret.
const (
	fromVariable = "env:"
	fromFile     = "file:"
)

// longestSecretFile is the most that a file with a secret can hold, bytes.
const longestSecretFile = 64 << 10

// elsewhere tells whether a value only names where it stands.
func elsewhere(value string) bool {
	return strings.HasPrefix(value, fromVariable) || strings.HasPrefix(value, fromFile)
}

// variables reads values that may stand in the environment, and remembers those
// as secrets.
type variables struct {
	lookup  func(string) (string, bool)
	secrets []string
}

// value returns the text, or what stands in the variable or the file that it names.
func (v *variables) value(flag, text string) (chrome.Secret, error) {
	held := text
	if name, ok := strings.CutPrefix(text, fromVariable); ok {
		if held, ok = v.lookup(name); !ok || held == "" {
			return "", usagef("%s: the environment variable %s is not set", flag, name)
		}
	} else if path, ok := strings.CutPrefix(text, fromFile); ok {
		content, err := readSmall(flag, path, longestSecretFile)
		if err != nil {
			return "", err
		}
		// An editor ends a file with a line feed.
		if held = strings.TrimRight(string(content), "\r\n"); held == "" {
			return "", usagef("%s: %s is empty", flag, path)
		}
	}
	// What stands on the command line need not stand in a report too.
	v.secrets = append(v.secrets, held)
	v.secrets = append(v.secrets, partsOf(held)...)
	return chrome.Secret(held), nil
}

// shortestPart is the length of the shortest part of a value that is looked for by
// itself, bytes.
const shortestPart = 3

// partsOf returns what can be told apart in a value: the token behind "Bearer", the
// values of a Cookie header.
func partsOf(value string) (parts []string) {
	if words := strings.Fields(value); len(words) == 2 {
		parts = append(parts, words[1])
	}
	for field := range strings.SplitSeq(value, ";") {
		if _, held, found := strings.Cut(field, "="); found {
			parts = append(parts, strings.TrimSpace(held))
		}
	}
	return slices.DeleteFunc(parts, func(part string) bool { return len(part) < shortestPart })
}

// literals returns the values that stand on the command line, before it is known
// whether they make sense.
func (o *smokeOptions) literals() (all []string) {
	add := func(text, separator string) {
		if _, value, found := strings.Cut(text, separator); found {
			value = strings.TrimSpace(value)
			all = append(append(all, value), partsOf(value)...)
		}
	}
	for _, h := range o.headers {
		add(h, ":")
	}
	for _, c := range o.cookies {
		add(c, "=")
	}
	for _, s := range o.steps {
		if _, value, ok := cutFill(s.text); ok && s.kind == chrome.StepFill {
			all = append(all, value)
		}
	}
	if !elsewhere(o.basicAuth) {
		all = append(all, o.basicAuth)
		add(o.basicAuth, ":")
	}
	return slices.DeleteFunc(all, elsewhere)
}

// page returns what the flags ask for: the access, the steps, and the secrets
// among them, which no output may repeat. No value is in an error.
func (o *smokeOptions) page(lookup func(string) (string, bool)) (chrome.Access, []chrome.Step, []string, error) {
	v := &variables{lookup: lookup}
	a, err := o.access(v)
	if err != nil {
		return a, nil, nil, err
	}
	steps, err := o.todo(v)
	return a, steps, v.secrets, err
}

func (o *smokeOptions) access(v *variables) (chrome.Access, error) {
	var a chrome.Access
	for _, h := range o.headers {
		name, text, ok := strings.Cut(h, ":")
		if !ok {
			return a, usagef("--header wants 'NAME: VALUE'")
		}
		text = strings.TrimSpace(text)
		// "Bearer env:TOKEN": the last word alone can stand elsewhere.
		head := ""
		if at := strings.LastIndexByte(text, ' '); at >= 0 && elsewhere(text[at+1:]) {
			head, text = text[:at+1], text[at+1:]
		}
		value, err := v.value("--header "+name, text)
		if err != nil {
			return a, err
		}
		a.Headers = append(a.Headers, chrome.Field{Name: strings.TrimSpace(name), Value: chrome.Secret(head) + value})
	}
	for _, c := range o.cookies {
		name, text, ok := strings.Cut(c, "=")
		if !ok {
			return a, usagef("--cookie wants NAME=VALUE")
		}
		value, err := v.value("--cookie "+name, text)
		if err != nil {
			return a, err
		}
		a.Cookies = append(a.Cookies, chrome.Field{Name: strings.TrimSpace(name), Value: value})
	}
	if o.basicAuth != "" {
		// Not on the command line, where every process of the machine sees it.
		if !elsewhere(o.basicAuth) {
			return a, usagef("--basic-auth wants env:VAR or file:PATH, the variable or file that holds USER:PASSWORD; a password does not belong on a command line")
		}
		login, err := v.value("--basic-auth", o.basicAuth)
		if err != nil {
			return a, err
		}
		user, password, ok := strings.Cut(string(login), ":")
		if !ok {
			return a, usagef("--basic-auth: %s does not hold USER:PASSWORD", o.basicAuth)
		}
		a.User, a.Password, a.HasLogin = user, chrome.Secret(password), true
		v.secrets = append(v.secrets, password)
	}
	if err := a.Check(); err != nil {
		return a, usageError{err}
	}
	return a, nil
}

// todo returns the steps.
func (o *smokeOptions) todo(v *variables) ([]chrome.Step, error) {
	var steps []chrome.Step
	for _, raw := range o.steps {
		s := chrome.Step{Kind: raw.kind, Selector: raw.text}
		if s.Kind == chrome.StepFill {
			selector, text, ok := cutFill(raw.text)
			if !ok {
				return nil, usagef("--fill wants SELECTOR=VALUE")
			}
			value, err := v.value("--fill "+selector, text)
			if err != nil {
				return nil, err
			}
			s.Selector, s.Value = selector, value
		}
		if strings.TrimSpace(strings.TrimPrefix(s.Selector, chrome.TextPrefix)) == "" {
			return nil, usagef("--%s has no selector", s.Kind)
		}
		steps = append(steps, s)
	}
	return steps, nil
}

// cutFill cuts SELECTOR=VALUE at the first equals sign that is not within the
// selector's brackets, parentheses or quotes: input[name=user]=Ada.
func cutFill(text string) (selector, value string, ok bool) {
	depth := 0
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[' || c == '(':
			depth++
		case c == ']' || c == ')':
			depth--
		case c == '=' && depth <= 0:
			return strings.TrimSpace(text[:i]), text[i+1:], true
		}
	}
	return "", "", false
}
