//go:build e2e

package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"beam/beam"
	"beam/upload"
	"beam/upload/uploadtest"
)

// plantedSecrets are what a recording is given and may repeat nowhere, by where it
// stands.
var plantedSecrets = map[string]string{
	"header":       "hdr4Qz8xLm2Vn7RtYw",
	"headerInFile": "hfl9Tk3sWp6Jd1GcXe",
	"headerText":   "htx5Bv0nMq7Zr2LsKa",
	"cookie":       "ckA6Yh1uFj8Pe3OiDw",
	"cookieText":   "ckB2Rf9gNx4Tz7UmSb",
	"fill":         `fl"Jc<7&Wk5 Qd0HyVo`,
	"fillText":     "flx3Gs8lEb6Xa1MtPn",
	"login":        "lgn7Uw2cKr9Yv4ZhTq",
	"token":        "tok0Xd5bQj3Ng8FyLp",
	"path":         "pth1Sa6eHm4Wo9KrZu8Cv3BqTx",
	"fragment":     "frg8Vt3iPc7Dk2EjMg",
	"roomToken":    "rtk4Nb9wAy5Sf0CxJr",
	"proxy":        "prx6Ez1pUl8Ho3QvGk",
	"session":      "ses2Mj7kRd4Bt9XwIf",
	"ci":           "gh_9Fq4oVs1Zc6YnTe",
	"key":          uploadtest.Secret,
}

// leaksPage grows quickly, plays nothing, and repeats all that it was given, to its
// console in several spellings and to its server in addresses that are refused.
const leaksPage = `<!DOCTYPE html><title>leaks</title><body style="margin:0"><input id=password><input id=word>
<canvas id=c width=427 height=240 style="width:100vw;height:100vh"></canvas><p id=shown></p><script>
const given = %s;
function leak(name, value) {
	console.error(name + ' is ' + value);
	console.error(JSON.stringify({name, value}), encodeURIComponent(value), btoa(value), btoa('user:' + value));
	console.error(name + ' cut ' + value.slice(0, 13) + '... ' + 'x'.repeat(985 - name.length * 2 - value.length) + value + value);
	fetch('/denied/' + encodeURIComponent(value) + '?a=' + encodeURIComponent(value) + '&b=' + btoa(value));
	shown.textContent += value + ' ';
}
for (const [name, value] of Object.entries(given)) leak(name, value);
leak('query', location.search);
leak('fragment', location.hash);
leak('path', location.pathname);
for (const field of [password, word]) field.addEventListener('input', () => leak(field.id, field.value));
const g = c.getContext('2d'), image = g.createImageData(427, 240), words = new Uint32Array(image.data.buffer);
let x = 1;
(function paint() {
	for (let i = 0; i < words.length; i++) { x ^= x << 13; x ^= x >>> 17; x ^= x << 5; words[i] = x | 0xff000000; }
	g.putImageData(image, 0, 0);
	requestAnimationFrame(paint);
})();
</script>`

// leaks serves the page, with the headers and cookies of its request in it.
func leaks(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if strings.HasPrefix(req.URL.Path, "/denied/") {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		given := map[string]string{}
		for _, name := range []string{"Authorization", "X-Api-Key", "X-Plain"} {
			given[name] = req.Header.Get(name)
		}
		for _, c := range req.Cookies() {
			given["cookie "+c.Name] = c.Value
		}
		text, _ := json.Marshal(given) // texts can always be encoded
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, leaksPage, text)
	}))
	t.Cleanup(s.Close)
	return s
}

// found returns which secrets a text holds, in any of the page's spellings or in
// pieces.
func found(text string) (names []string) {
	for name, secret := range plantedSecrets {
		inJSON, _ := json.Marshal(secret) // a text can always be encoded
		spellings := []string{
			secret, secret[:13], secret[len(secret)-13:], url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret), string(inJSON[1 : len(inJSON)-1]),
			strings.NewReplacer(`\u003c`, "<", `\u0026`, "&").Replace(string(inJSON[1 : len(inJSON)-1])),
			// Of base64 the part that does not depend on what stands around.
			base64.StdEncoding.EncodeToString([]byte(secret))[:20],
			base64.StdEncoding.EncodeToString([]byte("user:" + secret))[8:24],
		}
		if slices.ContainsFunc(spellings, func(s string) bool { return strings.Contains(text, s) }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// clean fails where a text holds a secret.
func clean(t *testing.T, what, text string) {
	t.Helper()
	if names := found(text); len(names) > 0 {
		t.Errorf("%s holds what was planted as %s", what, strings.Join(names, ", "))
	}
}

// cleanFiles looks into all files below a directory.
func cleanFiles(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		clean(t, path, path+"\n"+string(text))
		names = append(names, filepath.Base(path))
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return names
}

// testSecrets plants secrets in all places where a recording can be given some, on a
// page that repeats them, and looks for them in all that it writes: standard output
// and error, the report here and in the bucket, the live object, the journal, the
// directory about a failure, JUnit, the answer of beam status, and the arguments and
// environments of the programs that it starts. One recording: some 20 s.
func testSecrets(t *testing.T, s *store) {
	p := plantedSecrets
	secretFile := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(secretFile, []byte(p["headerInFile"]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := leaks(t)
	room := strings.Replace(server.URL, "://", "://ana:"+p["login"]+"@", 1) + "/join/" + p["path"] + "?access_token=" + p["token"] + "#jwt=%22" + p["fragment"] + "%22"
	environment := []string{
		"PLANTED_HEADER=" + p["header"], "PLANTED_COOKIE=" + p["cookie"], "PLANTED_FILL=" + p["fill"], "BEAM_TOKEN=" + p["roomToken"],
		"AWS_SESSION_TOKEN=", "BACKUP_SESSION_TOKEN=" + p["session"], "GITHUB_TOKEN=" + p["ci"],
		"http_proxy=http://ana:" + p["proxy"] + "@127.0.0.1:9", "https_proxy=http://ana:" + p["proxy"] + "@127.0.0.1:9", "no_proxy=127.0.0.1,localhost",
	}
	out := filepath.Join(s.dir, "files", "rec.mp4")
	if err := os.Mkdir(filepath.Dir(out), 0o755); err != nil {
		t.Fatal(err)
	}
	r := &recording{t: t, tmp: privateDir(t), out: out, ended: make(chan struct{})}
	args := append(s.flags("--json", "--resolution", "480p"), "--max-duration", nearlyFull, "--log-level", "debug", "--id", "planted", "-o", out,
		"--header", "Authorization: Bearer env:PLANTED_HEADER", "--header", "X-Api-Key: file:"+secretFile, "--header", "X-Plain: "+p["headerText"],
		"--cookie", "sid=env:PLANTED_COOKIE", "--cookie", "other="+p["cookieText"], "--fill", "#password=env:PLANTED_FILL", "--fill", "#word="+p["fillText"],
		"--expect-text", "never there", "--expect-no-console-errors", "--junit", filepath.Join(filepath.Dir(out), "junit.xml"))
	r.cmd = command(t, r.tmp, append([]string{"record", room}, args...)...)
	r.cmd.Env = append(r.cmd.Env, environment...)
	r.run()
	r.begins()
	r.sees("a part in the bucket while recording", partSent)

	cleanPrograms(t, r)
	if names := cleanFiles(t, s.Dir); !slices.ContainsFunc(names, func(n string) bool { return strings.HasSuffix(n, "beam-live.json") }) {
		t.Errorf("no live object in %v", names)
	}
	if names := cleanFiles(t, filepath.Dir(out)); !slices.Contains(names, filepath.Base(upload.JournalPath(out))) {
		t.Errorf("no journal in %v", names)
	}
	for _, flags := range [][]string{{"status"}, {"status", "--json"}} {
		cmd := command(t, r.tmp, flags...)
		text, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(text), "planted") {
			t.Errorf("%v: %v: %s", flags, err, text)
		}
		clean(t, strings.Join(flags, " "), string(text))
	}

	r.signal(syscall.SIGINT)
	r.ends(exitBroken)
	clean(t, "standard output", r.stdout.String())
	clean(t, "standard error", r.stderr.String())
	names := cleanFiles(t, filepath.Dir(out))
	for _, name := range []string{"rec.mp4", "rec.json", "junit.xml", "about.txt", "console.log", "network.log"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is not among %v", name, names)
		}
	}
	if names := cleanFiles(t, s.Dir); len(names) < 2 {
		t.Errorf("in the bucket: %v", names)
	}
	// The page did repeat them: what is left are the places where they stood.
	for _, file := range []string{"console.log", "network.log"} {
		text, err := os.ReadFile(filepath.Join(beam.FailurePath(out), file))
		if err != nil || strings.Count(string(text), "(secret)") < 10 {
			t.Errorf("%s: %v: %.2000s", file, err, text)
		}
	}
	cleanModes(t, filepath.Dir(out))
	cleanJob(t, s, room, environment)
}

// cleanPrograms looks into the arguments and environments of the programs that a
// recording has started.
func cleanPrograms(t *testing.T, r *recording) {
	t.Helper()
	programs := 0
	for _, p := range r.processes() {
		if p.pid == r.cmd.Process.Pid {
			continue // it was given the secrets; who else may read them is the business of TestProcessIsPrivate
		}
		programs++
		clean(t, "the arguments of "+p.command[:min(len(p.command), 60)], p.command)
		clean(t, "the environment of "+p.command[:min(len(p.command), 60)], strings.Join(p.environ, "\n"))
	}
	if programs < 4 {
		t.Errorf("%d programs were looked at", programs)
	}
}

// cleanModes checks that what was written is its owner's alone.
func cleanModes(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// cleanJob looks into what beam job prints, of a room that is a secret's and of
// secrets given as they are.
func cleanJob(t *testing.T, s *store, room string, environment []string) {
	t.Helper()
	base := append([]string{"job", "--image", "beam:1", "--secret", "beam"}, s.flags()...)
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"--header", "Authorization: Bearer env:PLANTED_HEADER", "--cookie", "sid=env:PLANTED_COOKIE", "--secret-key", "BEAM_URL=rooms/url"}, exitComplete},
		{[]string{"--cookie", "sid=" + plantedSecrets["cookieText"]}, exitUsage},
		{[]string{room}, exitUsage},
		{[]string{"--env", "BEAM_COOKIE=sid=" + plantedSecrets["cookie"], "https://room.example/abc"}, exitUsage},
	} {
		cmd := command(t, privateDir(t), append(slices.Clone(base), c.args...)...)
		cmd.Env = append(cmd.Env, environment...)
		text, err := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != c.code {
			t.Errorf("beam job ended with %d, %v: %s", code, err, text)
		}
		clean(t, "beam job", string(text))
	}
}
