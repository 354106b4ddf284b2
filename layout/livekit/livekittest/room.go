// Package livekittest drives the real LiveKit server and the scripted people of
// scripts/livekit, for tests with the build tag livekit. scripts/test-livekit
// builds both programs and names them in the environment. It has no other use,
// and no dependency on LiveKit.
package livekittest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"image/color"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The variables with the paths of the programs.
const (
	RoomVariable   = "BEAM_LIVEKIT_ROOM"   // scripts/livekit, built
	ServerVariable = "BEAM_LIVEKIT_SERVER" // livekit-server
	ClipsVariable  = "BEAM_LIVEKIT_CLIPS"  // folder that keeps the clips; need not be set
)

// limit bounds each answer of the programs, on a busy machine.
const limit = 2 * time.Minute

// Person is one of the scripted people.
type Person struct {
	Identity string  `json:"identity"`
	Name     string  `json:"name"`
	Role     string  `json:"role"`
	Color    string  `json:"color"`
	ToneHz   float64 `json:"toneHz"`
}

// RGBA returns the colour of a person's picture.
func (p Person) RGBA() color.RGBA {
	c := color.RGBA{A: 255}
	if _, err := fmt.Sscanf(p.Color, "#%02x%02x%02x", &c.R, &c.G, &c.B); err != nil {
		panic(fmt.Sprintf("colour %q", p.Color))
	}
	return c
}

// Room is a room of a running server.
type Room struct {
	URL         string   `json:"url"`
	Name        string   `json:"room"`
	APIKey      string   `json:"apiKey"`
	APISecret   string   `json:"apiSecret"`
	People      []Person `json:"people"` // also those who have not joined
	ScreenColor string   `json:"screenColor"`

	t       *testing.T
	in      io.Writer
	answers chan string
}

// Start starts a server with a room and the named people in it. It ends with the
// test.
func Start(t *testing.T, people ...string) *Room {
	t.Helper()
	program, server := os.Getenv(RoomVariable), os.Getenv(ServerVariable)
	if program == "" || server == "" {
		t.Fatalf("%s and %s are not set: run scripts/test-livekit", RoomVariable, ServerVariable)
	}
	// The program ends when its standard input does, also when this process dies.
	cmd := exec.Command(program, "serve", "--server", server, "--people", strings.Join(people, ","), "--clips", os.Getenv(ClipsVariable))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := &Room{t: t, in: in, answers: make(chan string, 100)}
	go func() {
		defer close(r.answers)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			r.answers <- lines.Text()
		}
	}()
	t.Cleanup(func() {
		_ = in.Close()
		for range r.answers { // until it has closed its output
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the LiveKit room: %v", err)
		}
	})
	if err := json.Unmarshal([]byte(r.answer()), r); err != nil {
		t.Fatalf("what the LiveKit room says: %v", err)
	}
	return r
}

// Do carries out commands of scripts/livekit, one after the other.
func (r *Room) Do(commands ...string) {
	r.t.Helper()
	for _, command := range commands {
		if _, err := fmt.Fprintln(r.in, command); err != nil {
			r.t.Fatal(err)
		}
		var answer struct{ Did, Error string }
		if err := json.Unmarshal([]byte(r.answer()), &answer); err != nil || answer.Did != command || answer.Error != "" {
			r.t.Fatalf("%s: did %q: %s %v", command, answer.Did, answer.Error, err)
		}
	}
}

func (r *Room) answer() string {
	r.t.Helper()
	select {
	case line, more := <-r.answers:
		if !more {
			r.t.Fatal("the LiveKit room has ended")
		}
		return line
	case <-time.After(limit):
		r.t.Fatalf("the LiveKit room did not answer within %v", limit)
	}
	return ""
}
