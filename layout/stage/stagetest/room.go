package stagetest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"image/color"
	"net/http"
	"net/http/httptest"
)

// Person is one of the people of the room. The page draws their picture as one
// colour, but for a small square that moves in a corner.
type Person struct {
	ID     string     `json:"id"` // also that of the media stream
	Name   string     `json:"name"`
	Role   string     `json:"role"` // host or guest
	Color  color.RGBA `json:"-"`
	ToneHz float64    `json:"toneHz"` // -14 dBFS while the person speaks
}

// most is how many people the room can have.
const most = 30

var names = []string{
	"Ana Lima", "Ben Okafor", "Chloé Martin", "Dev Patel", "Elif Yılmaz", "Finn Berg", "Grace Kim", "Hana Sato",
	"Ivan Petrov", "Jia Chen", "Kofi Mensah", "Lena Vogel", "Mateo Ruiz", "Noor Haddad", "Omar Farouk", "Priya Nair",
}

// People returns the first n people of the room, at most 30.
func People(n int) []Person {
	people := make([]Person, 0, n)
	for i := range min(n, most) {
		people = append(people, Person{
			ID: fmt.Sprintf("p%d", i+1), Name: names[i%len(names)], Role: []string{"host", "guest"}[min(i%3, 1)],
			Color: colours[i], ToneHz: 400 + 110*float64(i),
		})
	}
	return people
}

// ScreenColor is the colour of a shared screen. It is no mixture of white, or of
// the stage's ground, with the colour of one of the first people.
func ScreenColor() color.RGBA { return color.RGBA{100, 255, 190, 255} }

// colours differ by at least 50 in one channel, after the encoder too.
var colours = func() []color.RGBA {
	var all []color.RGBA
	levels := []uint8{30, 125, 220}
	// The first ones are far apart.
	for _, i := range []int{18, 6, 2, 24, 20, 8, 21, 7, 11, 5, 15, 19, 25, 17, 3, 1, 9, 10, 12, 14, 16, 22, 23, 4} {
		all = append(all, color.RGBA{levels[i/9], levels[i/3%3], levels[i%3], 255})
	}
	return append(all, []color.RGBA{{80, 80, 180, 255}, {180, 80, 80, 255}, {80, 180, 80, 255}, {170, 170, 80, 255}, {80, 170, 170, 255}, {170, 80, 170, 255}}...)
}()

//go:embed plainroom.html
var page string

// Handler serves the room at /. The query of its URL says what is in it:
//
//	people=4    who is there at first
//	speak=all   who speaks: all, none (default), or an id
//	fps=10      of the pictures
//	camera=0    nobody has a picture
//
// Tests drive it by window.plainRoom: join(id), leave(id), share(id), unshare(id),
// speak(id, on), camera(id, on), each a promise; people() tells who is there; stop(id,
// on) and black(id, on) switch a camera off without a word.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(page))
	})
	mux.HandleFunc("GET /people.json", func(w http.ResponseWriter, _ *http.Request) {
		type entry struct {
			Person
			Color string `json:"color"`
		}
		var all []entry
		for _, p := range People(most) {
			all = append(all, entry{p, css(p.Color)})
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"people": all, "screen": css(ScreenColor())})
	})
	return mux
}

func css(c color.RGBA) string { return fmt.Sprintf("rgb(%d %d %d)", c.R, c.G, c.B) }

// Serve serves the room on loopback; the caller closes the server.
func Serve() *httptest.Server { return httptest.NewServer(Handler()) }
