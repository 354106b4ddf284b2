//go:build rooms

package rooms

import (
	"testing"
	"time"
)

const (
	// after is when what happened in a room has to be seen and heard in the recording.
	after = time.Second
	// negotiated is how long the clients may talk about a new stream before it comes, on a
	// busy machine.
	negotiated = 5 * time.Second
)

func TestLiveKitMeet(t *testing.T) { layouts(t, liveKit) }

func TestHMS(t *testing.T) { layouts(t, hms) }

func TestEasyRTC(t *testing.T) { layouts(t, easyRTC) }

func layouts(t *testing.T, open func(*testing.T) room) {
	// One engine each.
	for layout, engine := range map[string]string{"grid": "screencast", "speaker": "x11"} {
		t.Run(layout, func(t *testing.T) { meeting(t, open(t), layout, engine) })
	}
}

// meeting records three people, of whom first one and then another is the loudest;
// then somebody leaves, somebody else comes, and one shares a screen.
func meeting(t *testing.T, of room, layout, engine string) {
	r := record(t, of, "--layout", layout, "--capture", engine)
	of.cast.settled()
	settled := time.Now()
	r.goOn(4 * time.Second)
	_, turned := of.cast.do("loud", 1)
	r.goOn(6 * time.Second)
	leaves, _ := of.cast.do("leave", 2)
	r.goOn(3 * time.Second)
	joins, joined := of.cast.do("join", 3)
	of.cast.do("loud", 1)
	r.goOn(negotiated)
	shares, shared := of.cast.do("share", 1)
	r.goOn(negotiated + 2*time.Second)
	report := r.end()
	f := look(t, r.path)
	when := func(at time.Time) time.Duration { return at.Sub(report.StartedAt) }
	end := time.Duration(report.Seconds * float64(time.Second))
	t.Logf("Ben is loud from %v, Chloe leaves at %v, Dev joins from %v to %v, Ben shares from %v to %v, end at %v",
		when(turned), when(leaves), when(joins), when(joined), when(shares), when(shared), end)
	f.tell(t)

	begin := max(when(settled), 0) + after
	f.between(begin, when(leaves)).shows(t, 0, 1, 2)
	f.between(begin, when(turned)).nothingElse(t)
	// Who speaks stays for two seconds, and another has to be louder for a while; the
	// tiles then move.
	turn := f.between(when(turned)+4*time.Second, when(leaves))
	turn.nothingElse(t)
	two := f.between(when(leaves)+after, when(joins))
	two.shows(t, 0, 1)
	two.nothingElse(t)
	// The page plays the sound itself: from then on it has what it needs of Dev.
	there := f.heard(3, when(joins))
	if there > when(joined)+negotiated-after {
		t.Fatalf("Dev, who joined at %v, is heard from %v on", when(joined), there)
	}
	late := f.between(there+after, when(shares))
	late.shows(t, 0, 1, 3)
	late.nothingElse(t)
	if layout == "speaker" {
		f.between(begin+2*time.Second, when(turned)).large(t, 0)
		turn.large(t, 1)
	}
	screen := f.between(when(shared)+negotiated, end)
	screen.shows(t, 0, 1, 3)
	screen.screen(t)
}

// TestHMSRole records the host alone: nobody else is seen or heard at any time,
// also not who comes later, nor what they share.
func TestHMSRole(t *testing.T) {
	of := hms(t)
	r := record(t, of, "--layout", "grid", "--role", "host", "--capture", "x11")
	r.goOn(3 * time.Second)
	of.cast.do("join", 3)
	of.cast.do("share", 1)
	r.goOn(3 * time.Second)
	r.end()
	f := look(t, r.path)
	f.between(0, time.Hour).nobodyBut(t, 0)
	f = f.between(after, time.Hour)
	f.shows(t, 0)
	f.nothingElse(t)
}
