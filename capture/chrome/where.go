package chrome

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"beam/capture"
)

// where is the address of a page, in the browser's own spelling.
type where struct {
	URL      string   `json:"href"`   // without a login
	Origin   string   `json:"origin"` // "" for one that is neither http nor https
	Host     string   `json:"host"`   // lower case, in Punycode, IP addresses in their shortest form, no port
	User     string   `json:"user"`   // of the URL
	Password string   `json:"password"`
	Hosts    []string `json:"hosts"` // OpenOptions.AllowHosts; "" for one that is no host
}

// locateScript reads an address and some hosts as the URL standard has it
// (https://url.spec.whatwg.org): case, other scripts, dots at the end and the
// many ways to write an IP address.
const locateScript = `(({ raw, hosts }) => {
  const parse = (s) => { try { return new URL(s); } catch { return null; } };
  const plain = (s) => { try { return decodeURIComponent(s); } catch { return s; } };
  const out = { href: raw, origin: '', host: '', user: '', password: '',
    hosts: hosts.map((h) => parse('http://' + h + '/')?.hostname ?? '') };
  const u = parse(raw);
  if (u?.protocol === 'http:' || u?.protocol === 'https:') {
    out.user = plain(u.username);
    out.password = plain(u.password);
    u.username = u.password = '';
    Object.assign(out, { href: u.href, origin: u.origin, host: u.hostname });
  }
  return out;
})`

// locate asks the browser how it spells the page's address, on the empty page
// that was there before. A login in the address becomes that of Access: a page
// whose address holds one can't fetch anything by a relative address (Fetch
// standard, "includes credentials").
func (p *Page) locate(ctx context.Context) error {
	arg, err := json.Marshal(map[string]any{"raw": p.o.URL, "hosts": append([]string{}, p.o.AllowHosts...)})
	if err != nil {
		return err
	}
	raw, err := p.EvaluateApart(ctx, locateScript+"("+string(arg)+")")
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &p.where); err != nil {
		return err
	}
	for i, host := range p.where.Hosts {
		given := p.o.AllowHosts[i]
		if _, ok := asNetwork(given); !ok && (host == "" || strings.ContainsAny(given, "/\\?#@% ")) {
			return &capture.Fault{Class: capture.ClassUsage, Op: "prepare the page",
				Err: fmt.Errorf("%q is no host", given), Hint: "give a name, an IP address, or a network such as 10.1.0.0/16"}
		}
	}
	if p.where.User+p.where.Password != "" && !p.o.Access.HasLogin {
		p.o.Access.User, p.o.Access.Password, p.o.Access.HasLogin = p.where.User, Secret(p.where.Password), true
	}
	return nil
}
