// Package machine tells what this process may use of the machine (Limits), how
// fast the machine is (Probe), and, second by second, what is left of it and
// what the programs of a recording get (Sampler). It decides nothing: no model
// of a recording's cost is here.
package machine
