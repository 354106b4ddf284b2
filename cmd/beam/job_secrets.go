package main

import (
	"net/url"
	"regexp"
	"strings"
)

// A Job is kept by the cluster, and whoever may read it reads what is in it: its
// secrets have to come from a Secret.

// secretName is how names look that stand before a secret: of a header, a cookie, a
// form's field, a variable or a part of a query.
var secretName = regexp.MustCompile(`(?i)(auth|cookie|token|jwt|secret|passw|pwd|credential|session|api[-_]?key|signature)`)

// literalSecret returns the first of a job's arguments that holds a secret as it is,
// without its value, "" for none. args are flags of beam record, --NAME=VALUE, then
// perhaps the room.
func literalSecret(args []string, env []string) string {
	for _, arg := range args {
		name, value, isFlag := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		switch {
		case !strings.HasPrefix(arg, "--"):
			if secretInURL(arg) {
				return "the room's URL"
			}
		case !isFlag || strings.Contains(value, fromVariable):
		case name == "header":
			if head, _, _ := strings.Cut(value, ":"); secretName.MatchString(head) {
				return "--header " + head
			}
		case name == "cookie":
			head, _, _ := strings.Cut(value, "=")
			return "--cookie " + head
		case name == "fill":
			if at := strings.LastIndex(value, "="); at > 0 && secretName.MatchString(value[:at]) {
				return "--fill " + value[:at]
			}
		}
	}
	for _, e := range env {
		if name, value, _ := strings.Cut(e, "="); value != "" && secretName.MatchString(name) {
			return "--env " + name
		}
	}
	return ""
}

// secretInURL tells whether an address has a password, or a value in its query whose
// name says that it is a secret.
func secretInURL(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	if _, has := u.User.Password(); has {
		return true
	}
	for name, values := range u.Query() {
		if secretName.MatchString(name) && strings.Join(values, "") != "" {
			return true
		}
	}
	return false
}
