package child

import (
	"os"
	"slices"
	"strings"
)

// Kind is a kind of program, by the variables of this process that it takes
// over. They are named one by one, and what is not named stays here: the
// bucket's keys (AWS_*), a room's tokens (LIVEKIT_*), Beam's own (BEAM_*), and
// all that nobody has thought of. A page that breaks out of its renderer, or a
// file that breaks ffmpeg's decoder, finds none of it.
type Kind []string

var (
	// runtimeVariables are what every program may need: to be found and to find what it
	// starts and its libraries, and to know where it is.
	runtimeVariables = Kind{"PATH", "LD_LIBRARY_PATH", "TZ"}
	// localeVariables are how a program speaks (locale(7)). LC_ alone is no safe prefix:
	// ssh passes it on, and people send other things under it.
	localeVariables = Kind{
		"LANG", "LANGUAGE", "LC_ALL", "LC_ADDRESS", "LC_COLLATE", "LC_CTYPE", "LC_IDENTIFICATION", "LC_MEASUREMENT",
		"LC_MESSAGES", "LC_MONETARY", "LC_NAME", "LC_NUMERIC", "LC_PAPER", "LC_TELEPHONE", "LC_TIME",
	}
	fontVariables = Kind{"FONTCONFIG_FILE", "FONTCONFIG_PATH", "FONTCONFIG_SYSROOT"}
	// homeVariables are the user's own directories.
	homeVariables = Kind{
		"HOME", "USER", "LOGNAME", "TMPDIR",
		"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_DATA_DIRS", "XDG_RUNTIME_DIR",
	}
	networkVariables = Kind{
		"SSL_CERT_FILE", "SSL_CERT_DIR",
		"http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
	}
)

// The kinds of programs that Beam starts.
var (
	// Server is for Xvfb and PulseAudio. They listen and are given private
	// directories and a language of their own by whoever starts them.
	Server = runtimeVariables
	// Tool is for programs that run for a while on files and pipes: ffmpeg,
	// ffprobe, fc-list. They need the user's directories where they come as a
	// wrapper that keeps things there (snap), and for the user's fonts. The
	// network is none of their business.
	Tool = slices.Concat(runtimeVariables, localeVariables, homeVariables, fontVariables)
	// Browser is for Chrome. It speaks to the network, so it gets the proxies
	// and the trusted certificates. Its home, its XDG directories, its display
	// and its sound server are set by whoever starts it, and private.
	Browser = slices.Concat(runtimeVariables, localeVariables, fontVariables, networkVariables)
)

// Environment returns the environment of a program of this kind: what it takes
// over from this process, and what is set for it ("NAME=value"), which wins.
func (k Kind) Environment(set ...string) []string { return k.environment(os.Environ(), set) }

func (k Kind) environment(own, set []string) []string {
	env := []string{}
	for _, kv := range own {
		name, _, _ := strings.Cut(kv, "=")
		isSet := func(kv string) bool { return strings.HasPrefix(kv, name+"=") }
		if slices.Contains(k, name) && !slices.ContainsFunc(set, isSet) {
			env = append(env, kv)
		}
	}
	return append(env, set...)
}
