// Package stagetest serves a WebRTC room for tests: a page that knows nothing of
// Beam, like any team's own web app. Its people are made in the page itself, of
// solid colours and steady tones, and reach it over a real pair of peer
// connections on loopback.
//
// It owns that page and the list of its people, is imported by tests only, and
// must not import anything of Beam.
package stagetest
