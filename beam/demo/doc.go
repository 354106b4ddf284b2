// Package demo serves a WebRTC room of its own, with scripted participants, for
// first runs, for the tests, for measuring, and for trying Beam without a
// meeting. It is a real room: a small SFU on Pion, VP8 and Opus over SRTP, and a
// page that joins it.
//
// Beside the room it serves two pages that recordings are judged by: one paints
// a clock that a program can read and beeps on each second (the timing page),
// one shows a participant that flashes and beeps at the same instant (the
// lip-sync page).
//
// Signalling is JSON over one WebSocket for each visitor. The server sends
//
//	{"type":"offer","sdp":...}                    answered with {"type":"answer","sdp":...}
//	{"type":"roster","participants":[...]}        who is there, in order
//	{"type":"speaking","id":...}                  "" when nobody speaks
//	{"type":"ended"}                              the room is over
//
// A visitor gets everybody's sound and picture and publishes nothing; other
// visitors do not see it. The media stream's id is the participant's id, with
// "-screen" behind it for a shared screen.
//
// The server listens where it is told to, on loopback unless asked otherwise,
// and the media go over loopback only.
package demo
