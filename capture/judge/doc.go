// Package judge tells from a recording's content alone how well its picture and
// sound keep time. It puts package inspect, which decodes, and package marks,
// which reads what was decoded, together, and adds no measure of its own.
package judge
