// Package beam makes one recording: it checks the configuration, starts the
// sound server, the browser and the encoder, joins the room, passes pictures
// and sound to the encoder, decides when to stop, and leaves a finished MP4
// with a report beside it. It owns every goroutine of a recording.
//
// It must not parse command lines, print, or end the process: cmd does that.
package beam
