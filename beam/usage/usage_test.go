package usage_test

import (
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"beam/beam/usage"
)

// A busy child is counted as the child's, and not as this process's, its parent.
func TestMeter(t *testing.T) {
	child := exec.Command("sh", "-c", "while :; do :; done & wait")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = exec.Command("pkill", "-P", strconv.Itoa(child.Process.Pid)).Run()
		_ = child.Process.Kill()
		_ = child.Wait()
	}()
	m := usage.New()
	m.Follow("child", func() int { return child.Process.Pid })
	m.Follow("self", os.Getpid)
	m.Follow("absent", func() int { return 0 })
	m.Sample(true)
	m.Reset()
	for range 40 {
		time.Sleep(50 * time.Millisecond)
		m.Sample(true)
		got := map[string]usage.Program{}
		for _, p := range m.Programs() {
			got[p.Name] = p
		}
		if got["absent"].CPUSeconds != 0 {
			t.Fatalf("a program that does not run used %+v", got["absent"])
		}
		if got["child"].CPUSeconds >= 0.2 {
			if got["self"].CPUSeconds > got["child"].CPUSeconds/2 {
				t.Errorf("the child's time is counted twice: %+v", got)
			}
			if got["self"].PeakMB < 1 || got["child"].PeakMB <= 0 {
				t.Errorf("no memory: %+v", got)
			}
			return
		}
	}
	t.Error("a busy child used no processor time in two seconds")
}
