// Command livekit runs a real LiveKit server on loopback with a scripted room in
// it, for tests of Beam and for trying it out:
//
//	go run . serve --server PATH_OF_LIVEKIT_SERVER
//
// The room has people as Beam's demo room has them: each with a colour of their
// own as the picture (VP8 or H.264), a tone of their own as the voice (Opus) while
// it is their turn, and a role as the attribute "role". Standard output is JSON
// lines: the first one says how to get in and who there is, each further one
// answers a command of standard input:
//
//	join NAME | leave NAME         somebody comes or goes
//	mute NAME on|off               somebody turns their microphone off or on
//	share NAME on|off              somebody shares a screen
//	role NAME ROLE                 changes the attribute
//	say NAME TEXT                  a message of the chat
//	kick IDENTITY                  removes somebody; beam-* is any identity that begins with beam-
//	layout IDENTITY LAYOUT         sets {"layout": LAYOUT} as somebody's metadata
//	end                            closes the room
//
// The end of standard input, SIGTERM or SIGINT ends everything. The program is
// a module of its own, so that Beam does not depend on LiveKit's.
package main
