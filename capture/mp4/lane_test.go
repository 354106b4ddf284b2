//go:build !e2e

package mp4

// exhaustive runs every variant; without it the ones that differ most stand for
// the others.
const exhaustive = false
