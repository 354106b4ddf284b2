package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Another process of the same user, who is not root, can read neither the environment
// nor the memory of Beam. Beam waits meanwhile for a store that does not answer.
func TestProcessIsPrivate(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "beam") // the tests' program is beam under this name
	copyProgram(t, self, program)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	cmd := exec.Command(program, "validate", "s3://bucket", "--s3-endpoint", "http://"+silent.Addr().String(), "--s3-path-style")
	cmd.Env = []string{"AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=h1dden", "AWS_EC2_METADATA_DISABLED=true", "HOME=" + dir, "TMPDIR=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: somebody(t, dir)}
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	}()
	conn, err := silent.Accept() // now it waits for the answer
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	proc := "/proc/" + strconv.Itoa(cmd.Process.Pid)
	for _, name := range []string{"environ", "mem", "maps", "fd/0"} {
		look := exec.Command("head", "-c", "1", proc+"/"+name)
		look.SysProcAttr = cmd.SysProcAttr
		if out, err := look.CombinedOutput(); err == nil || !strings.Contains(string(out), "ermission denied") {
			t.Errorf("%s can be read: %v: %s; beam: %s", name, err, out, &output)
		}
	}
	// What tells nothing stays as it is.
	look := exec.Command("head", "-c", "1", proc+"/stat")
	look.SysProcAttr = cmd.SysProcAttr
	if out, err := look.CombinedOutput(); err != nil {
		t.Errorf("stat can't be read: %v: %s", err, out)
	}
}

// somebody returns a user who is not root and can use the directory; nil, which is
// whoever runs the test, where that is not root.
func somebody(t *testing.T, dir string) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	const nobody = 65534
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: nobody, Gid: nobody}
}

func copyProgram(t *testing.T, from, to string) {
	t.Helper()
	source, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(target, source); err != nil {
		t.Fatal(err)
	}
	if err := target.Close(); err != nil {
		t.Fatal(err)
	}
}
