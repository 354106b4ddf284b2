package child

import (
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"

	"beam/capture"
)

// Program is a program that has to be installed.
type Program struct {
	Name     string   // what people call it
	Commands []string // the names under which it is installed, the first choice first
	Package  string   // Debian's
	Variable string   // the variable in which a user names another path
	Instead  string   // how to do without it, as an end of the hint: "record with ..."; may be empty
}

// Find returns the path of the program: path itself when it can be executed (a
// name without a slash is searched in PATH), or with "" the first of its names
// that is in PATH. When there is none, the error is a *capture.Fault of
// capture.ClassEnvironment that wraps exec.LookPath's.
func (p Program) Find(path string) (string, error) {
	if path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return "", p.fault(p.hintFor(path, err), err)
		}
		return found, nil
	}
	for _, name := range p.Commands {
		if found, err := exec.LookPath(name); err == nil {
			return found, nil
		}
	}
	if len(p.Commands) == 1 {
		return "", p.fault(p.Hint(), &exec.Error{Name: p.Commands[0], Err: exec.ErrNotFound})
	}
	return "", p.fault(p.Hint(), fmt.Errorf("none of %s: %w", strings.Join(p.Commands, ", "), exec.ErrNotFound))
}

func (p Program) fault(hint string, err error) error {
	return &capture.Fault{Class: capture.ClassEnvironment, Op: "find " + p.Name, Hint: hint, Err: err}
}

// Hint tells what to do about a program that is missing.
func (p Program) Hint() string {
	if p.Instead == "" {
		return fmt.Sprintf("install it (Debian: apt-get install %s), or name it in %s", p.Package, p.Variable)
	}
	return fmt.Sprintf("install it (Debian: apt-get install %s), name it in %s, or %s", p.Package, p.Variable, p.Instead)
}

// hintFor tells what to do about a path that was named.
func (p Program) hintFor(path string, err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Sprintf("make %s executable (chmod +x), or name another program in %s", path, p.Variable)
	}
	return p.Hint()
}
