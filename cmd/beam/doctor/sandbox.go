package doctor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"beam/capture/chrome"
)

// confinement is what Chrome's sandbox depends on. Chrome makes its renderers
// harmless with user namespaces, or where it may not make any, with a helper
// that is set-user-id root.
type confinement struct {
	Root   bool // Chrome refuses to sandbox itself, so Beam starts it without
	Forced bool // given up with chrome.NoSandboxVariable
	// Namespace is why a user namespace can't be made; nil when it can.
	Namespace error
	// AppArmor tells that namespaces come without rights for programs that have
	// no profile (kernel.apparmor_restrict_unprivileged_userns).
	AppArmor bool
	// Clone is false where kernel.unprivileged_userns_clone is 0, MaxNamespaces
	// is 0 where user.max_user_namespaces is; -1 stands for an unknown limit.
	Clone         bool
	MaxNamespaces int
	Helper        string // path of the helper, "" for none
	Started       bool   // Chrome was started as a recording starts it
	Failed        bool   // and did not
}

func lookAtSandbox(b browser) confinement {
	c := confinement{
		Root: os.Geteuid() == 0, Namespace: tryNamespace(),
		AppArmor:      number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 0) == 1,
		Clone:         number("/proc/sys/kernel/unprivileged_userns_clone", 1) != 0,
		MaxNamespaces: number("/proc/sys/user/max_user_namespaces", -1),
		Started:       b.works(), Failed: b.StartErr != nil,
	}
	if v := os.Getenv(chrome.NoSandboxVariable); v != "" && v != "0" {
		c.Forced = true
	}
	if b.FindErr == nil {
		c.Helper = sandboxHelper(b.Path)
	}
	return c
}

// number reads a file with one number in it.
func number(path string, instead int) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return instead
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return instead
	}
	return n
}

// nowhere can't be executed, on any machine: its parent is no folder.
const nowhere = "/dev/null/none"

// tryNamespace returns why a process in a new user namespace can't be made, nil
// when it can. The process never comes to run: there is no such program, and
// that being the error shows that the namespace, which comes first, was made.
func tryNamespace() error {
	p, err := os.StartProcess(nowhere, []string{nowhere}, &os.ProcAttr{
		Sys: &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER},
	})
	switch {
	case err == nil: // not to be thought of
		_ = p.Kill()
		_, err = p.Wait()
		return err
	case errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.ENOENT):
		return nil
	}
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// sandboxHelper returns the path of the helper beside the browser, or where
// Debian's wrapper script has it.
func sandboxHelper(browser string) string {
	folders := []string{"/usr/lib/chromium", "/usr/lib/chromium-browser", "/opt/google/chrome"}
	if resolved, err := filepath.EvalSymlinks(browser); err == nil {
		folders = append([]string{filepath.Dir(resolved)}, folders...)
	}
	for _, folder := range folders {
		path := filepath.Join(folder, "chrome-sandbox")
		var st unix.Stat_t
		if unix.Stat(path, &st) == nil && st.Uid == 0 && st.Mode&unix.S_ISUID != 0 {
			return path
		}
	}
	return ""
}

// cost is what doing without the sandbox means.
const cost = "a page that breaks out of its renderer then has Beam's own rights and credentials"

func judgeSandbox(c confinement) Finding {
	f := Finding{ID: Sandbox, Title: "Chrome's sandbox", Status: OK, Data: map[string]any{
		"root": c.Root, "given_up": c.Forced, "user_namespaces": c.Namespace == nil, "apparmor_restricts": c.AppArmor, "helper": c.Helper,
	}}
	why := c.whyNot()
	off := why != "" && c.Helper == ""
	switch {
	case c.Root:
		f.Status, f.Found = Warning, "off, because Beam runs as root: "+cost
		f.Fix = "run Beam as an ordinary user; it needs no right of root's"
	case c.Forced:
		f.Status, f.Found = Warning, "off, because "+chrome.NoSandboxVariable+" is set: "+cost
		f.Fix = "unset it: user namespaces work here"
		if c.Helper == "" && (why != "" || c.AppArmor) {
			f.Fix = "unset it, and let the sandbox work: " + remedy(c)
		}
	case c.Started && off:
		// Chrome is right: it would not have started.
		f.Found = "on: Chrome started with it (though " + why + ")"
	case c.Started && why != "":
		f.Found = "on, by the helper " + c.Helper
	case c.Started:
		f.Found = "on, by user namespaces"
	case off:
		f.Status, f.Found, f.Fix = Problem, "can't work: "+why+", and there is no set-user-id helper", remedy(c)+without
	case c.Failed && c.AppArmor && c.Helper == "":
		f.Status, f.Found, f.Fix = Problem, "can't work: AppArmor keeps rights from user namespaces, and there is no set-user-id helper", remedy(c)+without
	case c.Helper != "":
		f.Found = "can work, by the helper " + c.Helper + "; not tried"
	default:
		f.Found = "can work, by user namespaces; not tried"
	}
	return f
}

// whyNot returns why user namespaces can't be made, "" where they can.
func (c confinement) whyNot() string {
	switch {
	case c.Namespace == nil:
		return ""
	case c.MaxNamespaces == 0:
		return "user.max_user_namespaces is 0"
	case !c.Clone:
		return "kernel.unprivileged_userns_clone is 0"
	case errors.Is(c.Namespace, unix.EPERM):
		return "user namespaces are not permitted, as by the seccomp profile of a container"
	}
	return fmt.Sprintf("no user namespace can be made (%v)", c.Namespace)
}

// without is the other way out.
const without = "; or do without the sandbox: " + chrome.NoSandboxVariable + "=1"

// remedy returns how to let the sandbox work.
func remedy(c confinement) string {
	const helper = "install the helper (Debian: apt-get install chromium-sandbox), or as root: sysctl -w "
	switch {
	case c.Namespace != nil && c.MaxNamespaces == 0:
		return helper + "user.max_user_namespaces=15000"
	case c.Namespace != nil && !c.Clone:
		return helper + "kernel.unprivileged_userns_clone=1"
	case c.AppArmor:
		return helper + "kernel.apparmor_restrict_unprivileged_userns=0"
	}
	return "run the container with --security-opt seccomp=docker/seccomp.json"
}
