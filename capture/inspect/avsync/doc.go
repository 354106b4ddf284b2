// Package avsync tells from a recording's content alone how well its video and
// audio keep time. It puts package inspect, which decodes, and package
// testpattern, which reads what was decoded, together, and adds no measure of
// its own.
package avsync
