// Package storage brings a recording into its bucket: the settings and their check,
// the upload beside the recording and its end, the files beside the object, and the
// recovery of what a crash left.
//
// It must not know how a recording is made. How parts are sent is package upload's.
package storage
