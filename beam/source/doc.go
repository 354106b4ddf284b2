// Package source is what a recording is captured from: the sound server, the
// display, the browser and its page. It opens them, joins the room, hands out
// frames and samples, notices what is lost or hangs, replaces it, and joins the
// room again. Its Keeper owns all goroutines that watch the page.
//
// It must not know what becomes of frames and samples, who is in the room, or what
// a message of the page means for the recording: it passes them on.
package source
