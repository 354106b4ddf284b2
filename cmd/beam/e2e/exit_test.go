//go:build e2e

package e2e

// The exit codes, as the help of beam record tells them. They are written down
// once more, because they are a promise to scripts: a change has to fail here.
const (
	exitComplete    = 0
	exitInternal    = 1
	exitUsage       = 2
	exitDegraded    = 3
	exitBroken      = 4
	exitEnvironment = 10
	exitRoom        = 11
	exitEmpty       = 12
	exitBrowser     = 20
	exitAudio       = 21
	exitEncoder     = 22
	exitUpload      = 30
)
