// Package demo serves a meeting room of its own, for first runs, for tests and
// for measuring: a real WebRTC room with a small SFU on Pion, scripted
// participants who send VP8 and Opus, and a page that joins it. Two pages
// beside it show what recordings are judged by: the timing page and the
// lip-sync page.
//
// It owns the script, the clips and their cache, the SFU and the pages. It
// knows nothing of recording, and must not: what it serves is a room like any
// other. It listens on loopback only, and the media stay there too.
//
// # Time
//
// A room's script begins when its first viewer joins and begins anew when a
// viewer joins the room after it was empty. Everything is paced by the clock
// from that instant: packet n of a clip is sent at its own time, however late
// the packets before it were. RTP timestamps and sender reports are both
// computed from the same clock, so the reports are exact and the source is in
// sync by construction.
//
// # Signalling
//
// A viewer opens a WebSocket at /join?room=calm, busy, crowd or lipsync; name= and
// role= are only logged. It publishes nothing and no other viewer sees it. The
// messages are JSON objects with a "type".
//
// From the server:
//
//	{"type":"roster","participants":[{"id","name","role","sharing","speaking"}]}
//	    who is there, in order; sent first, and again at each change
//	{"type":"offer","sdp":"..."}
//	    at the first join, and when media come or go; the ICE candidates are in it
//	{"type":"ended"}
//	    the meeting is over; the server closes the socket
//
// From the viewer, to each offer:
//
//	{"type":"answer","sdp":"..."}
//
// A participant's sound and picture are tracks of the media stream whose id is
// the participant's; a shared screen is a stream of its own, with "-screen"
// behind the id.
package demo
