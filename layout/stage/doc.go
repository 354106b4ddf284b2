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
// speech.js, filter.js, roster.js and guess.js decide and touch nothing; tap.js,
// gate.js, withhold.js, exclude.js, players.js, content.js, levels.js and pulse.js deal with media; videos.js
// and stats.js count for StatsExpression; picture.js, tile.js, cover.js and stage.js
// draw; hub.js brings them together. plainstats.js is no part of it: it is what is
// counted in a page without the script.
//
// # Nothing of Beam on the page
//
// A page finds no variable of Beam's: the function that takes messages is taken off
// its window at once, and what Beam asks for comes through a constant whose name
// nobody can guess (key). Only a page that is made for Beam finds window.beam. What
// a page does to the browser's functions does not matter either: own.js takes all
// globals before the page's scripts run, and puts everything else back for as long as
// a function of Beam's runs. So each function that the browser or the page calls is
// made with own, every or listen. TestNothingOfThePageIsUsed breaks all that there is
// and looks who calls it.
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
