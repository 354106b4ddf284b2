// Package procstat tells what this process may use of the machine (Limits), how
// fast the machine is (Probe), and, while recording, what is left of it and what the
// programs get (Sampler) and use (Meter). All of it is read from /proc, from control
// groups and by short measurements.
//
// It must not decide anything: no model of a recording's cost is here.
package procstat
