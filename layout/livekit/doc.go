// Package livekit holds the page with which Beam joins a LiveKit room: a plain
// client, made of livekit-client and of little more, that plays everybody's
// sound and draws everybody in a grid.
//
// It owns the page and its bundle, which scripts/setup-livekit makes with npm and
// esbuild and which is no part of the repository. A program that was built
// without it has no such page, and Site says so. The page takes neither address
// nor token from its URL: the script of package platform has them and asks the
// page to open the room. This package knows nothing of tokens or roles.
package livekit
