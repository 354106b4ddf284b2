package platform_test

import (
	"log/slog"
	"testing"

	"beam/beam/demo"
	"beam/layout/platform"
)

// The demo room itself, joined as what it is and as any page.
func TestDemoRoom(t *testing.T) {
	b := launch(t)
	for _, name := range []string{"demo", "generic"} {
		t.Run(name, func(t *testing.T) {
			room, err := demo.Start(t.Context(), demo.Options{Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			defer room.Close()
			v := enter(t, b, name, platform.Request{URL: room.URL(), Name: "Beam", Layout: "grid"})
			v.want("heard.types().startsWith('joined people')", true)
			v.want("heard.person('ana').name + ' ' + heard.person('ana').role", "Ana host")
			v.want("heard.media('ana')", "camera video live, microphone audio live")
			v.want("heard.people().map((p) => p.role).slice(0, 3).join()", "host,guest,guest")
			v.want("heard.said.some((s) => s.type === 'people' && s.value.some((p) => p.id === 'ana' && p.speaking))", true)
			if name == "demo" {
				v.want("heard.person('dev').role", "viewer")
				v.want("heard.media('ben')", "camera video live, microphone audio live, screen video live")
			}
			room.EndRoom()
			v.want("heard.types()", "joined people ended")
		})
	}
	t.Run("lost", func(t *testing.T) {
		room, err := demo.Start(t.Context(), demo.Options{Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		defer room.Close()
		v := enter(t, b, "demo", platform.Request{URL: room.URL(), Name: "Beam", Layout: "grid"})
		v.want("heard.types()", "joined people")
		room.Close()
		v.want("heard.types()", "joined people reconnecting")
	})
}
