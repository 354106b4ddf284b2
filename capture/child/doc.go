// Package child starts, watches and ends programs, in one way for all of them:
//
//   - Each is the leader of a process group of its own, so that a Ctrl-C in the
//     terminal does not reach it and everything that it starts can be killed with
//     it.
//   - The kernel ends it when Beam dies, however Beam dies.
//   - It is killed before it is reaped, so that no signal can reach a stranger
//     that got its number.
//   - What it leaves behind (a descendant that holds a pipe open) delays nobody
//     for longer than a few seconds.
//   - It gets the variables that its kind needs and no others (see Kind).
//   - The end of what it said is kept, for the error that tells of its end.
//
// It knows no program: what is started, with which arguments, and what its words
// mean is known by the packages that use it. It must not import one of them.
package child
