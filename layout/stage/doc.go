// Package stage is the code that Beam runs in a room's page: it finds out who is
// there and when there is something to record, draws the layouts over the page,
// and keeps people who are not asked for out of picture and sound.
//
// It owns the JavaScript and the style sheet in this directory and composes them
// into one script. It drives no browser, knows no platform (a platform's script
// is given to it as text) and must not import beam, capture or its siblings.
//
// # How the script is made
//
// Script joins the files of js in a fixed order inside one function and calls it.
// They hold declarations only; main.js begins the work. geometry.js, seats.js,
// speech.js, filter.js, roster.js and director.js decide and touch no document;
// ready.js tells when there is something to record; tap.js, gate.js,
// withhold.js and levels.js deal with media; videos.js and stats.js count for
// StatsExpression, which asks them through __beamDo; tile.js, cover.js and stage.js
// draw; hub.js brings them together. plainstats.js is no part of it: it is what is
// counted in a page without the script. Nothing of it is seen by the page but
// window.beam, and two hidden properties: __beamDo for Beam and __beamHome for the
// frames below.
//
// # Frames
//
// The script runs in every frame. Media in frames of the page's own origin are
// drawn as if they were the page's. Media in a frame of another origin can't be
// handed over: that frame only counts for readiness, and with a filter all its
// media are withheld. Its videos and audio are in no statistics.
//
// # Behind the stage
//
// The page stays laid out at full size, because rooms send less to what they think
// is not seen. It is made transparent, which leaves sizes, intersections and
// document.visibilityState as they were, but takes it out of the picture.
package stage
