package pulse

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"beam/capture"
)

func TestZZLong(t *testing.T) {
	s := start(t, shortDir(t))
	ctx, cancel := context.WithCancel(t.Context())
	pcmIn := make(chan capture.Samples, 1000)
	var p *capture.PCM
	done := make(chan error)
	var maxJump time.Duration
	go func() { done <- s.Record(ctx, func(x capture.Samples) { pcmIn <- x }); close(pcmIn) }()
	if len(os.Getenv("LOAD")) > 0 {
		for range 4 {
			c := exec.CommandContext(ctx, "sh", "-c", "while :; do :; done")
			c.Start()
			go c.Wait()
		}
	}
	stop := time.After(60 * time.Second)
	var next capture.Time
	go func() { <-stop; cancel() }()
	n := 0
	for x := range pcmIn {
		if p == nil {
			p = capture.NewPCM(x.At, func(capture.Samples) {})
		} else if n > 50 {
			if d := absolute(x.At.Sub(next)); d > maxJump {
				maxJump = d
			}
		}
		n++
		next = x.At + capture.Time(float64(x.Len())*nominal)
		p.Push(x)
	}
	t.Log(<-done)
	cpu, _ := os.ReadFile("/proc/" + itoa(s.PID()) + "/stat")
	t.Logf("%+v\n%+v\nmax step between packets %v\n%s", s.Stats(), p.Stats(), maxJump, cpu)
}
func itoa(n int) string { b := []byte{}; for n > 0 { b = append([]byte{byte('0' + n%10)}, b...); n /= 10 }; return string(b) }
