package main

import (
	"strings"

	"beam/capture/chrome"
)

// fromVariable begins a value that stands in a variable of the environment.
const fromVariable = "env:"

// variables reads values that may stand in the environment, and remembers those
// as secrets.
type variables struct {
	lookup  func(string) (string, bool)
	secrets []string
}

// value returns the text, or what the variable holds that it names.
func (v *variables) value(flag, text string) (chrome.Secret, error) {
	name, ok := strings.CutPrefix(text, fromVariable)
	if !ok {
		// It stands on the command line, but need not stand in a report too.
		v.secrets = append(v.secrets, text)
		return chrome.Secret(text), nil
	}
	held, ok := v.lookup(name)
	if !ok || held == "" {
		return "", usagef("%s: the environment variable %s is not set", flag, name)
	}
	v.secrets = append(v.secrets, held)
	return chrome.Secret(held), nil
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
		// "Bearer env:TOKEN": the last word alone can be a variable.
		head := ""
		if at := strings.LastIndexByte(text, ' '); at >= 0 && strings.HasPrefix(text[at+1:], fromVariable) {
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
		if !strings.HasPrefix(o.basicAuth, fromVariable) {
			return a, usagef("--basic-auth wants env:VAR, the variable that holds USER:PASSWORD; a password does not belong on a command line")
		}
		login, err := v.value("--basic-auth", o.basicAuth)
		if err != nil {
			return a, err
		}
		user, password, ok := strings.Cut(string(login), ":")
		if !ok {
			return a, usagef("--basic-auth: the variable %s does not hold USER:PASSWORD", strings.TrimPrefix(o.basicAuth, fromVariable))
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
