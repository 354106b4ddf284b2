package machine

// AnyStopped tells whether a process, or one of its descendants, was stopped by
// a signal or a debugger; except with its own does not count.
func AnyStopped(pid, except int) bool {
	all, err := ReadProcesses()
	if err != nil {
		return false
	}
	for _, p := range all.Tree(pid, func(pid int) bool { return pid == except }) {
		if p.Stopped() {
			return true
		}
	}
	return false
}
