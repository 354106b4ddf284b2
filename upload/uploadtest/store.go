package uploadtest

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Memory is a store in memory that checks no signature, but has Habits. It holds
// any bucket that it is asked for.
type Memory struct {
	URL    string
	habits Habits

	mu       sync.Mutex
	objects  map[string]*object // by bucket and key
	uploads  map[string]*upload // by id
	requests int
	late     int
}

type object struct {
	data     []byte
	etag     string
	crc      string
	metadata http.Header
	modified time.Time
}

type upload struct {
	path     string // bucket and key
	checksum string // type: FULL_OBJECT, COMPOSITE or none
	metadata http.Header
	begun    time.Time
	parts    map[int]*part
}

type part struct {
	data     []byte
	etag     string
	crc      uint32
	modified time.Time
}

// NewMemory runs a store until the test ends. Environment sets the credentials that
// the AWS chain is to find; it takes any.
func NewMemory(t testing.TB, habits Habits) *Memory {
	t.Helper()
	m := &Memory{habits: habits, objects: map[string]*object{}, uploads: map[string]*upload{}, late: habits.LateError}
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	m.URL = server.URL
	return m
}

// Object returns the bytes of an object, nil when there is none.
func (m *Memory) Object(bucket, key string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if o := m.objects[bucket+"/"+key]; o != nil {
		return o.data
	}
	return nil
}

// Objects returns the paths of all objects, with their bucket.
func (m *Memory) Objects() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.objects))
}

// Uploads returns how many uploads are unfinished.
func (m *Memory) Uploads() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.uploads)
}

// Unfinished returns the paths of the unfinished uploads, with their buckets.
func (m *Memory) Unfinished() (paths []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range m.uploads {
		paths = append(paths, u.path)
	}
	return paths
}

// Pending returns how many bytes of unfinished uploads are there.
func (m *Memory) Pending() (n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range m.uploads {
		for _, p := range u.parts {
			n += int64(len(p.data))
		}
	}
	return n
}

// ServeHTTP answers one request.
func (m *Memory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client went away
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
	m.requests++
	op := OpOf(r)
	switch {
	case m.habits.Busy > 0 && m.requests%m.habits.Busy == 0:
		refuse(w, r, http.StatusServiceUnavailable, "SlowDown")
		return
	case m.habits.Token != nil && r.Header.Get("X-Amz-Security-Token") != m.habits.Token():
		refuse(w, r, http.StatusBadRequest, "ExpiredToken")
		return
	case m.habits.RefuseChecksum[op] && carriesChecksum(r, body):
		m.refuseChecksum(w, r)
		return
	}
	switch op {
	case OpBucket:
	case OpCreate:
		m.create(w, r)
	case OpPart:
		m.part(w, r, body)
	case OpParts:
		if m.habits.NoLists {
			refuse(w, r, http.StatusMethodNotAllowed, "MethodNotAllowed")
			return
		}
		m.list(w, r)
	case OpComplete:
		m.complete(w, r, body)
	case OpAbort:
		delete(m.uploads, r.URL.Query().Get("uploadId"))
		w.WriteHeader(http.StatusNoContent)
	case OpUploads:
		if m.habits.NoLists {
			refuse(w, r, http.StatusNotImplemented, "NotImplemented")
			return
		}
		m.listUploads(w, r)
	case OpHead:
		m.head(w, r)
	case OpPut:
		m.objects[r.URL.Path[1:]] = &object{data: body, etag: m.etag(body), metadata: metadata(r), modified: time.Now()}
		w.Header().Set("ETag", m.etag(body))
	case OpDelete:
		if m.habits.NoDelete && !strings.HasSuffix(r.URL.Path, ".beam-live.json") {
			refuse(w, r, http.StatusForbidden, "AccessDenied")
			return
		}
		delete(m.objects, r.URL.Path[1:])
		w.WriteHeader(http.StatusNoContent)
	default:
		refuse(w, r, http.StatusNotImplemented, "NotImplemented")
	}
}

func (m *Memory) refuseChecksum(w http.ResponseWriter, r *http.Request) {
	if m.habits.RefuseStatus == http.StatusBadRequest {
		refuse(w, r, http.StatusBadRequest, "InvalidArgument")
		return
	}
	refuse(w, r, http.StatusNotImplemented, "NotImplemented")
}

// carriesChecksum tells whether a request has anything of a checksum.
func carriesChecksum(r *http.Request, body []byte) bool {
	for name := range r.Header {
		if n := strings.ToLower(name); strings.HasPrefix(n, "x-amz-checksum-") && n != "x-amz-checksum-mode" || n == "x-amz-sdk-checksum-algorithm" {
			return true
		}
	}
	return r.Method == http.MethodPost && bytes.Contains(body, []byte("<Checksum"))
}

func refuse(w http.ResponseWriter, r *http.Request, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>of a store with habits</Message></Error>", code)
	}
}

func metadata(r *http.Request) http.Header {
	h := http.Header{}
	for name, values := range r.Header {
		if strings.HasPrefix(strings.ToLower(name), "x-amz-meta-") {
			h[name] = values
		}
	}
	return h
}

func (m *Memory) etag(data []byte) string {
	sum := md5.Sum(data)
	if m.habits.BareETags {
		return hex.EncodeToString(sum[:])
	}
	if m.habits.OpaqueETags {
		return `"` + base64.RawURLEncoding.EncodeToString(sum[:]) + `"`
	}
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func encode(crc uint32) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc))
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(v) // the client sees when it is cut short
}

func (m *Memory) create(w http.ResponseWriter, r *http.Request) {
	kind := ""
	if r.Header.Get("X-Amz-Checksum-Algorithm") != "" && !m.habits.ForgetChecksum {
		if kind = r.Header.Get("X-Amz-Checksum-Type"); kind == "" {
			kind = "COMPOSITE"
		}
		if m.habits.CompositeOnly && kind == "FULL_OBJECT" {
			refuse(w, r, http.StatusNotImplemented, "NotImplemented")
			return
		}
		w.Header().Set("X-Amz-Checksum-Algorithm", "CRC32C")
		w.Header().Set("X-Amz-Checksum-Type", kind)
	}
	id := fmt.Sprintf("upload-%d", m.requests)
	m.uploads[id] = &upload{path: r.URL.Path[1:], checksum: kind, metadata: metadata(r), begun: time.Now(), parts: map[int]*part{}}
	reply(w, struct {
		XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
		UploadID string   `xml:"UploadId"`
	}{UploadID: id})
}

func (m *Memory) upload(w http.ResponseWriter, r *http.Request) *upload {
	u := m.uploads[r.URL.Query().Get("uploadId")]
	if u == nil {
		refuse(w, r, http.StatusNotFound, "NoSuchUpload")
	}
	return u
}

func (m *Memory) part(w http.ResponseWriter, r *http.Request, body []byte) {
	u := m.upload(w, r)
	if u == nil {
		return
	}
	p := &part{data: body, etag: m.etag(body), crc: crc32.Checksum(body, castagnoli), modified: time.Now()}
	if sent := r.Header.Get("X-Amz-Checksum-Crc32c"); sent != "" && !m.habits.ForgetChecksum {
		if sent != encode(p.crc) {
			refuse(w, r, http.StatusBadRequest, "BadDigest")
			return
		}
		w.Header().Set("X-Amz-Checksum-Crc32c", sent)
	}
	n, _ := strconv.Atoi(r.URL.Query().Get("partNumber"))
	u.parts[n] = p
	w.Header().Set("ETag", p.etag)
}

func (m *Memory) head(w http.ResponseWriter, r *http.Request) {
	if m.habits.NoRead {
		refuse(w, r, http.StatusForbidden, "AccessDenied")
		return
	}
	o := m.objects[r.URL.Path[1:]]
	if o == nil {
		refuse(w, r, http.StatusNotFound, "NoSuchKey")
		return
	}
	maps.Copy(w.Header(), o.metadata)
	w.Header().Set("ETag", o.etag)
	w.Header().Set("Content-Length", strconv.Itoa(len(o.data)))
	w.Header().Set("Last-Modified", o.modified.UTC().Format(http.TimeFormat))
	if o.crc != "" {
		w.Header().Set("X-Amz-Checksum-Crc32c", o.crc)
	}
}
