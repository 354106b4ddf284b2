// Package rooms records rooms whose clients others wrote, and judges the files by
// what is in them: LiveKit's React components before a real LiveKit server,
// 100ms's SDK before servers that pages/sfu.js stands in for, and EasyRTC's demo
// before its own server. Everybody in them has a colour and a tone.
//
// The tests have the build tag rooms; scripts/test-rooms installs what they need
// and runs them.
package rooms
