package chrome

import (
	"net/url"
	"slices"
	"strings"
)

// login is a user and a password.
type login struct {
	user     string
	password Secret
}

// proxies are the logins of the proxies, by origin. Chrome takes its proxies
// from the same variables as other programs, but not their logins.
type proxies struct {
	used   bool // there is a proxy: who looks a name up is it, not this machine
	logins map[string]login
}

// proxyVariables are the variables that name a proxy; lower case counts for
// upper case too.
var proxyVariables = []string{"http_proxy", "https_proxy", "all_proxy", "ftp_proxy"}

// splitProxies takes the logins out of the variables of an environment that
// name a proxy.
func splitProxies(env []string) ([]string, proxies) {
	p := proxies{logins: map[string]login{}}
	out := make([]string, 0, len(env))
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		if slices.Contains(proxyVariables, strings.ToLower(name)) && value != "" {
			p.used = true
			kv = name + "=" + p.take(value)
		}
		out = append(out, kv)
	}
	return out, p
}

// take notes the login of a proxy's address and returns the address without it.
// A password may hold what a URL may not, so the address is cut by hand: the
// login ends with the last @ before the path.
func (p *proxies) take(address string) string {
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		scheme, rest = "http", address
	}
	server, _, _ := strings.Cut(rest, "/")
	at := strings.LastIndex(server, "@")
	if at < 0 {
		// A slash in the password.
		if at = strings.LastIndex(rest, "@"); at < 0 {
			return address
		}
	}
	who, where := rest[:at], rest[at+1:]
	user, password, _ := strings.Cut(who, ":")
	server, _, _ = strings.Cut(where, "/")
	p.logins[originOf(scheme+"://"+server)] = login{unescaped(user), Secret(unescaped(password))}
	if !found {
		return where
	}
	return scheme + "://" + where
}

func unescaped(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}
