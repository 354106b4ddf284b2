package mp4

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run returns what a program prints, and fails the test when it fails or when
// it complains.
func run(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	out, complaint, err := try(t, name, args...)
	if err != nil || complaint != "" {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, complaint)
	}
	return out
}

func try(t testing.TB, name string, args ...string) (out []byte, complaint string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err = cmd.Output()
	return out, strings.TrimSpace(stderr.String()), err
}

// Sources of test pictures and sound.
var (
	picture = []string{"-f", "lavfi", "-i", "testsrc2=s=160x120:r=30:d=4"}
	tone    = []string{"-f", "lavfi", "-i", "sine=f=440:r=48000:d=4"}
)

// at delays an input, as -itsoffset does.
func at(seconds string, input []string) []string {
	return append([]string{"-itsoffset", seconds}, input...)
}

// encodings keeps what encode made, by its arguments.
var encodings sync.Map // of []byte, by string

// encode returns the fragmented MP4 that ffmpeg writes to a pipe; it must not be
// changed. flags are added to the movflags; args are inputs and then output
// options.
func encode(t testing.TB, flags string, args ...string) []byte {
	t.Helper()
	all := append([]string{"-v", "fatal"}, args...)
	all = append(all,
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "30", "-threads", "1", "-c:a", "aac", "-ac", "2", "-bitexact",
		"-movflags", "frag_keyframe+empty_moov"+flags, "-f", "mp4", "pipe:1")
	key := strings.Join(all, "\x00")
	if data, ok := encodings.Load(key); ok {
		return data.([]byte)
	}
	data := slices.Clip(run(t, "ffmpeg", all...)) // clipped: an append copies it
	encodings.Store(key, data)
	return data
}

func join(parts ...[]string) (all []string) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// record feeds an encoder's output to a Writer in pieces of random size.
func record(t testing.TB, data []byte, opt Options) (*Writer, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "recording.mp4")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	w, err := NewWriter(f, opt)
	if err != nil {
		t.Fatal(err)
	}
	feed(t, w, data)
	return w, path
}

func feed(t testing.TB, w *Writer, data []byte) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, uint64(len(data))))
	for len(data) > 0 {
		n := min(1+random.IntN(1+random.IntN(5000)), len(data))
		if got, err := w.Write(data[:n]); err != nil || got != n {
			t.Fatalf("Write: %d, %v", got, err)
		}
		data = data[n:]
	}
}

// finished records and finishes.
func finished(t testing.TB, data []byte, opt Options) (path string, r Result) {
	t.Helper()
	w, path := record(t, data, opt)
	r, err := w.Finish(Metadata{})
	if err != nil {
		t.Fatal(err)
	}
	return path, r
}

// write puts data into a file of its own.
func write(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data.mp4")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// packet is a sample as ffprobe demuxes it.
type packet struct {
	PTS  float64
	Size string
	Hash string
	Key  bool
}

// seen keeps what ffprobe and ffmpeg found in a file, by its content: most of
// the time of these tests is the start of programs, and the same recording is
// looked at again and again.
var seen sync.Map // of *view, by what identifies the content

// view is what is in a file; each part is found when it is asked for.
type view struct {
	mu       sync.Mutex
	packets  map[string][]packet // by kind of stream: "v", "a"
	pictures []string            // a hash of each
	sound    []byte              // one channel, 16 bits a sample
	decoded  bool
}

// look returns the view of the file at path, locked.
func look(t testing.TB, path string) *view {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	var key any = fmt.Sprint(path, st.Size(), st.ModTime())
	if st.Size() < 64<<20 {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		key = sha256.Sum256(data)
	}
	v, _ := seen.LoadOrStore(key, &view{})
	v.(*view).mu.Lock()
	return v.(*view)
}

func probe(t testing.TB, path string) map[string][]packet {
	t.Helper()
	var out struct {
		Packets []struct {
			Kind  string `json:"codec_type"`
			PTS   string `json:"pts_time"`
			Size  string `json:"size"`
			Flags string `json:"flags"`
			Hash  string `json:"data_hash"`
		} `json:"packets"`
	}
	if err := json.Unmarshal(run(t, "ffprobe", "-v", "error", "-show_packets",
		"-show_entries", "packet=codec_type,pts_time,size,flags,data_hash",
		"-show_data_hash", "md5", "-of", "json", path), &out); err != nil {
		t.Fatal(err)
	}
	all := map[string][]packet{}
	for i, p := range out.Packets {
		pts, err := strconv.ParseFloat(p.PTS, 64)
		if err != nil || p.Kind == "" || p.Hash == "" {
			t.Fatalf("packet %d of %s: %+v, %v", i, path, p, err)
		}
		kind := p.Kind[:1]
		all[kind] = append(all[kind], packet{pts, p.Size, p.Hash, strings.HasPrefix(p.Flags, "K")})
	}
	return all
}

// decode decodes all that is in a file; ffmpeg must not complain.
func (v *view) decode(t testing.TB, path string) {
	t.Helper()
	if v.decoded {
		return
	}
	args := []string{"-v", "error", "-xerror", "-i", path}
	pcm := filepath.Join(t.TempDir(), "pcm")
	kinds := streams(t, path)
	if strings.Contains(kinds, "v") {
		args = append(args, "-map", "0:v", "-fps_mode", "passthrough", "-f", "framemd5", "-")
	}
	if strings.Contains(kinds, "a") {
		args = append(args, "-map", "0:a", "-ac", "1", "-f", "s16le", pcm)
	}
	for line := range strings.Lines(string(run(t, "ffmpeg", args...))) {
		if !strings.HasPrefix(line, "#") {
			v.pictures = append(v.pictures, strings.TrimSpace(line[strings.LastIndex(line, ",")+1:]))
		}
	}
	if strings.Contains(kinds, "a") {
		var err error
		if v.sound, err = os.ReadFile(pcm); err != nil {
			t.Fatal(err)
		}
	}
	v.decoded = true
}

// streams tells which kinds of tracks a file has, by its handler boxes.
func streams(t testing.TB, path string) (kinds string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	ix, err := scan(f, st.Size())
	if err != nil {
		t.Fatal(err)
	}
	for _, track := range ix.used() {
		kinds += kind(track.box.handler)[:1]
	}
	return kinds
}

// packets returns the packets of a kind of stream, "v" or "a".
func packets(t testing.TB, path, kind string) []packet {
	t.Helper()
	v := look(t, path)
	defer v.mu.Unlock()
	if v.packets == nil {
		v.packets = probe(t, path)
	}
	return v.packets[kind]
}

// pictures returns a hash of every decoded picture.
func pictures(t testing.TB, path string) []string {
	t.Helper()
	v := look(t, path)
	defer v.mu.Unlock()
	v.decode(t, path)
	return v.pictures
}

// sound returns the decoded sound: one channel, 16 bits a sample.
func sound(t testing.TB, path string) []byte {
	t.Helper()
	v := look(t, path)
	defer v.mu.Unlock()
	v.decode(t, path)
	return v.sound
}

// layout returns the types of the top-level boxes.
func layout(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for at := int64(0); at < int64(len(data)); {
		h, more, err := parseHeader(data[at:])
		if err != nil || more > 0 || h.size == 0 || at+h.size > int64(len(data)) {
			t.Fatalf("%s: box at byte %d: %+v, %v", path, at, h, err)
		}
		types = append(types, h.typ)
		at += h.size
	}
	return strings.Join(types, " ")
}
