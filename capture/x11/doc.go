// Package x11 runs one private X server, Xvfb, for a recording, and grabs the
// pictures of its screen.
//
// Only who holds the recording's own cookie can connect to the server. The
// Grabber is told of each paint by the server and fetches what was painted
// through shared memory; it never polls. What a picture is worth, where it goes
// and which are dropped is for others to say.
package x11
