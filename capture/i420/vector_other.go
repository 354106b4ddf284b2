//go:build !amd64

package i420

// vectorRows is nil where there is no assembly: all columns are plain Go's.
var vectorRows rowsFunc
