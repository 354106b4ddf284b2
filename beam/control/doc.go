// Package control lets other processes of the same user control a running
// recording: HTTP with JSON over a Unix socket whose directory and file only that
// user can enter. It carries requests to a Recording and knows nothing of how they
// are fulfilled.
//
//	GET  /status                      Status
//	POST /stop  /pause  /resume       {}
//	POST /layout                      {"layout": "speaker"}
//	POST /mark                        {"text": "..."}
//
// A request that can't be fulfilled is answered by 409 and {"error": "..."}.
package control
