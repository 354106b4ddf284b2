package doctor

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/prometheus/procfs"
)

const (
	encoders = "Encoders:\n V..... = Video\n A..... = Audio\n ------\n V....D libx264              libx264 H.264 (codec h264)\n A..... aac                  AAC (Advanced Audio Coding)\n"
	demuxers = "File formats:\n D. = Demuxing supported\n .E = Muxing supported\n --\n D  matroska,webm   Matroska / WebM\n  E mp4             MP4 (MPEG-4 Part 14)\n DE alsa            ALSA audio output\n"
	devices  = "Devices:\n D.. = Demuxing supported\n ..d = Is a device\n ---\n D d x11grab         X11 screen capture, using XCB\n"
	filters  = "Filters:\n  T.. = Timeline support\n ... abench            A->A       Benchmark part of a filtergraph.\n .S. scale             V->V       Scale the input video size.\n"
)

func TestListed(t *testing.T) {
	for text, want := range map[string][]string{
		encoders: {"libx264", "aac"},
		demuxers: {"matroska", "webm", "mp4", "alsa"},
		devices:  {"x11grab"},
		filters:  {"abench", "scale"},
		"":       nil,
	} {
		got := slices.DeleteFunc(listed(text), func(s string) bool { return s == "..d" })
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v, of\n%s", got, want, text)
		}
	}
}

func FuzzListed(f *testing.F) {
	for _, seed := range []string{encoders, demuxers, devices, filters, " D", "d d d", "..."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range listed(text) {
			if strings.ContainsAny(name, " \t\n,") {
				t.Errorf("name %q", name)
			}
		}
	})
}

func FuzzParseFonts(f *testing.F) {
	f.Add("en|de\n\nar")
	f.Add("|||\n")
	f.Fuzz(func(t *testing.T, text string) {
		l := parseFonts(text)
		if l.Langs[""] || l.Fonts > strings.Count(text, "\n")+1 {
			t.Errorf("%+v", l)
		}
		judgeFonts(l)
	})
}

// Waiting, and what other machines take, is not busy; nor do guests count twice,
// whose time is part of user and nice.
func TestBusySeconds(t *testing.T) {
	all := procfs.CPUStat{User: 1, Nice: 0.25, System: 0.5, Idle: 90, Iowait: 5, IRQ: 0.125, SoftIRQ: 0.0625, Steal: 7, Guest: 0.5, GuestNice: 0.1}
	if got := busySeconds(all); got != 1.9375 {
		t.Errorf("%v seconds", got)
	}
}

func TestProcessorSeconds(t *testing.T) {
	if s, ok := processorSeconds(); !ok || s <= 0 {
		t.Errorf("%v seconds, %v", s, ok)
	}
}

func TestOneLine(t *testing.T) {
	if got := oneLine(" a\n\n  b \n"); got != "a | b" {
		t.Errorf("%q", got)
	}
	long := oneLine(strings.Repeat("é", longestText))
	if len(long) > longestText+8 || !utf8.ValidString(long) {
		t.Errorf("%d bytes: %q", len(long), long)
	}
}

func TestChromeMajor(t *testing.T) {
	for text, want := range map[string]int{"Chrome 156.0.8078.79": 156, "Chromium 99.1.2": 99, "Edge": 0, "": 0} {
		if got, ok := chromeMajor(text); got != want || ok != (want != 0) {
			t.Errorf("%q: %d, %v", text, got, ok)
		}
	}
}
