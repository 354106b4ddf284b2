//go:build e2e

package e2e

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// process is one process of a recording, as /proc shows it.
type process struct {
	pid     int
	command string // arguments, separated by spaces
	environ []string
}

// processes returns the processes that carry the mark of the recording, its
// TMPDIR, in their arguments or environment; zombies carry none.
func (r *recording) processes() []process {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		r.t.Fatal(err)
	}
	var found []process
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		// Either can fail: the process may have ended by now.
		command, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		environ, _ := os.ReadFile("/proc/" + e.Name() + "/environ")
		if !strings.Contains(string(command), r.tmp) && !strings.Contains(string(environ), r.tmp) {
			continue
		}
		found = append(found, process{
			pid:     pid,
			command: strings.ReplaceAll(strings.TrimRight(string(command), "\x00"), "\x00", " "),
			environ: strings.Split(string(environ), "\x00"),
		})
	}
	return found
}

// variable returns the value of an environment variable of the process.
func (p process) variable(name string) string {
	for _, v := range p.environ {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// is tells whether the process runs the program of that name.
func (p process) is(name string) bool {
	path, _, _ := strings.Cut(p.command, " ")
	return path[strings.LastIndex(path, "/")+1:] == name
}

// isChrome tells whether it is the browser itself, none of its children.
func (p process) isChrome() bool {
	return strings.Contains(p.command, "--user-data-dir=") && !strings.Contains(p.command, "--type=")
}

func isFFmpeg(p process) bool     { return p.is("ffmpeg") }
func isPulseAudio(p process) bool { return p.is("pulseaudio") }
func isXvfb(p process) bool       { return p.is("Xvfb") }

// kill kills the one process of the recording that which tells.
func (r *recording) kill(what string, which func(process) bool) {
	r.t.Helper()
	r.send(syscall.SIGKILL, what, which)
}

// stop stops it, so that it neither does anything nor ends.
func (r *recording) stop(what string, which func(process) bool) {
	r.t.Helper()
	r.send(syscall.SIGSTOP, what, which)
}

func (r *recording) send(signal syscall.Signal, what string, which func(process) bool) {
	r.t.Helper()
	var pids []int
	for _, p := range r.processes() {
		if which(p) {
			pids = append(pids, p.pid)
		}
	}
	if len(pids) != 1 {
		r.t.Fatalf("processes of %s: %v, want one", what, pids)
	}
	if err := syscall.Kill(pids[0], signal); err != nil {
		r.t.Fatal(err)
	}
}
