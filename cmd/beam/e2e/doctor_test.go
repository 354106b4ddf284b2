//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"beam/cmd/beam/doctor"
)

// examined is what one run of beam doctor told.
type examined struct {
	*recording // its process, folders and output
	findings   map[string]doctor.Finding
}

// examine runs beam doctor --json, with variables in its environment, to its
// end. Nothing of it may be left.
func examine(t *testing.T, code int, env []string, args ...string) examined {
	t.Helper()
	r := &recording{t: t, tmp: privateDir(t), ended: make(chan struct{})}
	r.cmd = command(t, r.tmp, append([]string{"doctor", "--json"}, args...)...)
	r.cmd.Dir = t.TempDir()
	r.cmd.Env = append(r.cmd.Env, env...)
	r.run()
	select {
	case <-r.ended:
	case <-time.After(2 * joinLimit):
		t.Fatal("beam doctor did not end")
	}
	r.ends(code)
	if left, err := os.ReadDir(r.cmd.Dir); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
	var told struct {
		Version  string           `json:"beam"`
		Works    bool             `json:"works"`
		Findings []doctor.Finding `json:"findings"`
	}
	decoder := json.NewDecoder(strings.NewReader(r.stdout.String()))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&told); err != nil {
		t.Fatalf("%v in\n%s", err, r.stdout.String())
	}
	if told.Works != (code == exitComplete) {
		t.Errorf("works is %v, with the code %d", told.Works, code)
	}
	e := examined{recording: r, findings: map[string]doctor.Finding{}}
	for _, f := range told.Findings {
		e.findings[f.ID] = f
	}
	return e
}

// is checks one finding.
func (e examined) is(id string, status doctor.Status, fix string) doctor.Finding {
	e.t.Helper()
	f, found := e.findings[id]
	if !found || f.Status != status || !strings.Contains(f.Fix, fix) {
		e.t.Errorf("%s: got %+v, want %s with the fix %q", id, f, status, fix)
	}
	return f
}

// pathWithout returns a PATH with all that is in this one's folders but the
// named programs.
func pathWithout(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range filepath.SplitList(os.Getenv("PATH")) {
		programs, err := os.ReadDir(folder)
		if err != nil {
			continue // as a shell does
		}
		for _, p := range programs {
			if slices.Contains(names, p.Name()) {
				continue
			}
			// The first folder wins.
			_ = os.Symlink(filepath.Join(folder, p.Name()), filepath.Join(dir, p.Name()))
		}
	}
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			t.Fatalf("%s is still there", name)
		}
	}
	return dir
}

// TestDoctorMissing takes away one thing after the other.
func TestDoctorMissing(t *testing.T) {
	t.Parallel()
	chromes := []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"}
	for _, tt := range []struct {
		name    string
		without []string
		args    []string
		code    int
		id      string
		status  doctor.Status
		fix     string
		says    string // on standard error
	}{
		{"Chrome", chromes, nil, exitEnvironment, doctor.Chrome, doctor.Problem, "apt-get install chromium", "recording can't work here: Chrome\n"},
		{"ffmpeg", []string{"ffmpeg"}, nil, exitEnvironment, doctor.FFmpeg, doctor.Problem, "apt-get install ffmpeg", "recording can't work here: ffmpeg\n"},
		{"ffprobe", []string{"ffprobe"}, nil, exitComplete, doctor.FFmpeg, doctor.Warning, "apt-get install ffmpeg", ""},
		{"PulseAudio", []string{"pulseaudio"}, nil, exitEnvironment, doctor.PulseAudio, doctor.Problem, "apt-get install pulseaudio", "recording can't work here: PulseAudio\n"},
		{"Xvfb", []string{"Xvfb"}, nil, exitComplete, doctor.Xvfb, doctor.Warning, "apt-get install xvfb", ""},
		{"Xvfb, wanted", []string{"Xvfb"}, []string{"--capture", "x11"}, exitEnvironment, doctor.Xvfb, doctor.Problem, "apt-get install xvfb", "recording can't work here: Xvfb\n"},
		{"Xvfb, not needed", []string{"Xvfb"}, []string{"--capture", "screencast"}, exitComplete, doctor.Xvfb, doctor.OK, "", ""},
		{"fc-list", []string{"fc-list"}, nil, exitComplete, doctor.Fonts, doctor.Warning, "apt-get install fontconfig", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := examine(t, tt.code, []string{"PATH=" + pathWithout(t, tt.without...)}, append(tt.args, "--quick")...)
			e.is(tt.id, tt.status, tt.fix)
			if said := e.stderr.String(); !strings.Contains(said, tt.says) || (said == "") != (tt.says == "") {
				t.Errorf("it said %q", said)
			}
			// Nothing else is blamed.
			for id, f := range e.findings {
				if f.Status == doctor.Problem && id != tt.id {
					t.Errorf("%v", f)
				}
			}
		})
	}
}

func TestDoctorWithoutFonts(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "fonts.conf")
	text := `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig></fontconfig>`
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	examine(t, exitEnvironment, []string{"FONTCONFIG_FILE=" + config}, "--quick").
		is(doctor.Fonts, doctor.Problem, "fonts-dejavu-core")
}

// TestDoctorFontsOfOneScript has Latin letters and nothing else.
func TestDoctorFontsOfOneScript(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Symlink("/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf", filepath.Join(dir, "latin.ttf")); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "fonts.conf")
	text := `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig><dir>` + dir + `</dir></fontconfig>`
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	f := examine(t, exitComplete, []string{"FONTCONFIG_FILE=" + config}, "--quick").
		is(doctor.Fonts, doctor.Warning, "apt-get install fonts-noto-cjk fonts-noto-core fonts-noto-color-emoji")
	if !strings.Contains(f.Found, "Chinese, Japanese, Korean") || strings.Contains(f.Found, "Latin") {
		t.Errorf("found %q", f.Found)
	}
}

// TestDoctorNamed looks at the programs that the environment names.
func TestDoctorNamed(t *testing.T) {
	t.Parallel()
	e := examine(t, exitEnvironment, []string{
		"BEAM_CHROME=/bin/false", "BEAM_FFMPEG=/bin/false", "BEAM_PULSEAUDIO=/bin/false", "BEAM_XVFB=/bin/false",
	})
	e.is(doctor.Chrome, doctor.Problem, "")
	e.is(doctor.FFmpeg, doctor.Problem, "BEAM_FFMPEG")
	e.is(doctor.PulseAudio, doctor.Problem, "")
	e.is(doctor.Xvfb, doctor.Warning, "")
	for _, f := range e.findings {
		if f.Status != doctor.OK && f.Fix == "" {
			t.Errorf("no fix: %v", f)
		}
		if strings.Contains(f.Fix, "beam doctor`") {
			t.Errorf("doctor sends to itself: %v", f)
		}
	}
	// What is in the way of a recording keeps it from being tried.
	e.is(doctor.Recording, doctor.Warning, "put that right first")
}

// TestDoctorTrial makes the recordings. The figures are the machine's; that
// there are any is Beam's.
func TestDoctorTrial(t *testing.T) {
	t.Parallel()
	e := examine(t, exitComplete, nil, "--duration", "4s", "--sync")
	for _, id := range []string{doctor.Screencast, doctor.X11} {
		f, found := e.findings[id]
		if !found {
			t.Fatalf("no %s among %v", id, e.findings)
		}
		figure := func(name string) float64 { n, _ := f.Data[name].(float64); return n }
		if fps := figure("distinct_fps"); fps < 0.5 || fps > 31 {
			t.Errorf("%s: %v distinct pictures a second", id, fps)
		}
		if figure("beeps") < 1 || figure("cores") <= 0 || figure("memory_mb") < 50 {
			t.Errorf("%s: %v", id, f.Data)
		}
	}
	if f := e.findings[doctor.LipSync]; f.Data["engine"] == nil {
		t.Errorf("lip sync: %+v", f)
	}
}

func TestDoctorStopped(t *testing.T) {
	t.Parallel()
	r := &recording{t: t, tmp: privateDir(t), ended: make(chan struct{})}
	r.cmd = command(t, r.tmp, "doctor", "--duration", "60s", "--capture", "screencast")
	r.cmd.Dir = t.TempDir()
	r.run()
	r.until(joinLimit, "examine the clock", func() bool { return strings.Contains(r.stdout.String(), "clock") })
	// The trial follows: it may or may not have begun to record.
	r.until(joinLimit, "begin the trial", func() bool { return slices.ContainsFunc(r.processes(), process.isChrome) })
	r.signal(syscall.SIGTERM)
	r.ends(exitInternal)
	r.said("interrupted")
}

// TestDoctorUnprivileged examines as a user who has nothing.
func TestDoctorUnprivileged(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		examine(t, exitComplete, []string{"BEAM_CHROME_NO_SANDBOX=1"}, "--quick")
		return
	}
	const nobody = 65534
	dir := privateDir(t)
	path := filepath.Join(dir, "beam")
	if err := copyProgram(programPath(t), path); err != nil {
		t.Fatal(err)
	}
	temp := filepath.Join(dir, "t")
	if err := os.Mkdir(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{dir, temp} {
		if err := os.Chown(p, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(path, "doctor", "--quick")
	cmd.Dir = temp
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + temp, "BEAM_CHROME_NO_SANDBOX=1"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		t.Errorf("%v: %s%s", err, out.String(), complaints.String())
	}
	for _, line := range []string{"ok    Chrome ", "warn  Chrome's sandbox", "fix: unset it", "ok    PulseAudio", "ok    Xvfb"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("no %q in\n%s", line, out.String())
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func copyProgram(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
