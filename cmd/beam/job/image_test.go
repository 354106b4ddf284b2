package job

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile("../../../" + path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestSeccompProfile: the profile has the shape that Docker and the kubelet both
// take, allows what Chrome's sandbox is made of, and nothing that a page which
// broke out of it could use to go on.
func TestSeccompProfile(t *testing.T) {
	var profile struct {
		DefaultAction string
		Architectures []string
		Syscalls      []struct {
			Names  []string
			Action string
			Args   []struct {
				Index           int
				Value, ValueTwo uint64
				Op              string
			}
		}
	}
	text := []byte(read(t, "docker/seccomp.json"))
	var raw map[string]any
	if err := json.Unmarshal(text, &raw); err != nil {
		t.Fatal(err)
	}
	// archMap, for example, is Docker's alone.
	for key := range raw {
		if !slices.Contains([]string{"defaultAction", "defaultErrnoRet", "architectures", "syscalls"}, key) {
			t.Errorf("%s is not known to every runtime", key)
		}
	}
	if err := json.Unmarshal(text, &profile); err != nil {
		t.Fatal(err)
	}
	if profile.DefaultAction != "SCMP_ACT_ERRNO" {
		t.Errorf("what is not named is %s", profile.DefaultAction)
	}
	allowed := map[string]bool{}
	for _, s := range profile.Syscalls {
		for _, n := range s.Names {
			if s.Action != "SCMP_ACT_ALLOW" {
				t.Errorf("%s: %s", n, s.Action)
			}
			if allowed[n] && len(s.Args) == 0 {
				t.Errorf("%s is there twice", n)
			}
			allowed[n] = true
		}
	}
	for _, n := range []string{"clone", "clone3", "unshare", "chroot", "execve", "futex", "memfd_create"} {
		if !allowed[n] {
			t.Errorf("%s is not allowed", n)
		}
	}
	for _, n := range []string{"setns", "mount", "umount2", "move_mount", "fsopen", "pivot_root", "ptrace", "process_vm_writev", "bpf", "perf_event_open", "userfaultfd",
		"io_uring_setup", "keyctl", "add_key", "request_key", "init_module", "finit_module", "kexec_load", "open_by_handle_at", "reboot", "swapon", "settimeofday", "acct"} {
		if allowed[n] {
			t.Errorf("%s is allowed", n)
		}
	}
}

// TestPackages: each line of the list is a pin, and there is one day for all.
func TestPackages(t *testing.T) {
	days, pins := 0, 0
	for n, line := range strings.Split(strings.TrimSpace(read(t, "docker/packages.txt")), "\n") {
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case regexp.MustCompile(`^snapshot \d{8}T\d{6}Z$`).MatchString(line):
			days++
		case regexp.MustCompile(`^[a-z0-9][a-z0-9.+-]+=[0-9][A-Za-z0-9.+:~-]*$`).MatchString(line):
			pins++
		default:
			t.Errorf("line %d: %q", n+1, line)
		}
	}
	if days != 1 || pins < 10 {
		t.Errorf("%d days and %d packages", days, pins)
	}
}

// TestProbe: the image's health check and the Job's probe are the same command,
// and both run what is recorded under a PID 1 that reaps.
func TestProbe(t *testing.T) {
	dockerfile := read(t, "Dockerfile")
	for _, want := range []string{`CMD ["beam", "status", "--health"]`, `ENTRYPOINT ["/usr/bin/tini", "--", "beam"]`, "\nUSER 10001:0\n", "\nSTOPSIGNAL SIGTERM\n", "\nWORKDIR /spool\n"} {
		if !strings.Contains(dockerfile, want) {
			t.Errorf("no %q in the Dockerfile", want)
		}
	}
	if job := read(t, "cmd/beam/job/testdata/meeting.yaml"); !strings.Contains(job, "command: [beam, status, --health]") {
		t.Error("the Job's probe is another one")
	}
}
