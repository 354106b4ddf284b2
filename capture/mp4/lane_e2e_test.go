//go:build e2e

package mp4

const exhaustive = true
