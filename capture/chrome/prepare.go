package chrome

import (
	"errors"
	"os"

	"beam/capture"
)

// prepared is what a browser starts with.
type prepared struct {
	folders folders
	trust   trust
	env     []string
	proxies proxies
}

// prepare makes the folders of a browser and what it finds in them. Errors are
// *capture.Fault.
func prepare(o Options) (prepared, error) {
	const op = "start chrome"
	var p prepared
	var odd []error
	var err error
	if p.trust, odd, err = findTrust(o.CAFile, os.Getenv); err != nil {
		return p, err
	}
	for _, err := range odd {
		o.Log.Warn("certificate authorities were left out", "error", err)
	}
	if p.folders, err = makeFolders(o.Dir); err == nil {
		err = p.folders.fill(o, p.trust)
	}
	if err != nil {
		if p.folders.root != "" {
			err = errors.Join(err, p.folders.remove())
		}
		return p, &capture.Fault{Class: capture.ClassEnvironment, Op: op, Err: err,
			Hint: "set TMPDIR to a short path that can be written to"}
	}
	p.env, p.proxies = splitProxies(environment(o, p.folders))
	return p, nil
}

// fill writes what the browser finds in its folders.
func (f folders) fill(o Options, t trust) error {
	if err := f.writeProfile(t.authorities); err != nil {
		return err
	}
	if err := f.writePrograms(); err != nil {
		return err
	}
	if o.SilentDevices {
		return f.writeDevices()
	}
	return nil
}
