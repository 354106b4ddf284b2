// Package vod makes the playlists with which a recording is played as video on
// demand: which files there are, what they are called, and what they name.
//
// It must not know where they are put, how a recording is made, or what a playlist
// looks like; the last is package hls's.
package vod
