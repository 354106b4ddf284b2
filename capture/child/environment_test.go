package child

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// planted stands in the environment under each of the names that no program may
// see.
const planted = "hunter2"

var secrets = []string{
	"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE", "BEAM_ROOM_TOKEN", "BEAM_S3_ENDPOINT", "BEAM_CHROME",
	"LIVEKIT_API_SECRET", "LIVEKIT_TOKEN", "GITHUB_TOKEN", "SOMETHING_NEW", "LC_SECRET", "XDG_SECRET", "FONTCONFIG_SECRET",
	"PATH_SECRET", "path", "PULSE_COOKIE", "SSH_AUTH_SOCK",
}

// A child of each kind is started, and the kernel is asked what it was given.
func TestNoSecretReachesAChild(t *testing.T) {
	for _, name := range secrets {
		t.Setenv(name, planted)
	}
	t.Setenv("LC_ALL", "C.UTF-8")
	t.Setenv("HOME", "/home/somebody")
	t.Setenv("https_proxy", "http://proxy.example:3128")
	for name, c := range map[string]struct {
		env       []string
		want, not []string
	}{
		"server":  {Server.Environment("HOME=/private"), []string{"PATH=" + os.Getenv("PATH"), "HOME=/private"}, []string{"LC_ALL", "https_proxy"}},
		"tool":    {Tool.Environment(), []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "HOME=/home/somebody"}, []string{"https_proxy"}},
		"browser": {Browser.Environment("HOME=/private", "DISPLAY=:7"), []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "https_proxy=http://proxy.example:3128", "HOME=/private", "DISPLAY=:7"}, nil},
		"nothing": {nil, nil, []string{"PATH", "HOME", "LC_ALL", "https_proxy"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, t.Context(), Command{Path: "sleep", Args: []string{"600"}, Env: c.env})
			proc := "/proc/" + strconv.Itoa(p.PID())
			// The kernel notes the environment after the exec that Start waits for.
			await(t, "the sleep", func() bool {
				args, _ := os.ReadFile(proc + "/cmdline")
				return len(args) > 0 && state(t, p.PID()) == "S"
			})
			raw, err := os.ReadFile(proc + "/environ")
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(raw), planted) {
				t.Errorf("a secret got through: %q", raw)
			}
			given := strings.Split(strings.TrimSuffix(string(raw), "\x00"), "\x00")
			for _, kv := range c.want {
				if !slices.Contains(given, kv) {
					t.Errorf("no %q in %q", kv, given)
				}
			}
			for _, name := range c.not {
				if slices.ContainsFunc(given, func(kv string) bool { return strings.HasPrefix(kv, name+"=") }) {
					t.Errorf("%s in %q", name, given)
				}
			}
		})
	}
}

// What is set wins, and stands there once.
func TestSetWins(t *testing.T) {
	got := Tool.environment([]string{"HOME=/own", "TZ=UTC", "ODD", "=C:=odd", "SECRET=1"}, []string{"HOME=/set", "NEW=2"})
	if want := []string{"TZ=UTC", "HOME=/set", "NEW=2"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
