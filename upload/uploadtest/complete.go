package uploadtest

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"net/http"
	"strings"
	"time"
)

// smallestPart is the least size of a part that is not the last (S3 User Guide,
// Amazon S3 multipart upload limits).
const smallestPart = 5 << 20

// completePart is a part as the request for completing names it.
type completePart struct {
	PartNumber int
	ETag       string
}

func (m *Memory) complete(w http.ResponseWriter, r *http.Request, body []byte) {
	u := m.upload(w, r)
	if u == nil {
		return
	}
	if code, status := m.condition(r, u); code != "" {
		refuse(w, r, status, code)
		return
	}
	if m.late > 0 {
		m.late--
		w.Header().Set("Content-Type", "application/xml")
		fmt.Fprint(w, "   \n<Error><Code>InternalError</Code><Message>late</Message></Error>")
		return
	}
	var asked struct{ Part []completePart }
	if err := xml.Unmarshal(body, &asked); err != nil || len(asked.Part) == 0 {
		refuse(w, r, http.StatusBadRequest, "MalformedXML")
		return
	}
	o, code := m.assemble(u, asked.Part)
	if code != "" {
		refuse(w, r, http.StatusBadRequest, code)
		return
	}
	m.objects[u.path] = o
	delete(m.uploads, r.URL.Query().Get("uploadId"))
	w.Header().Set("Content-Type", "application/xml")
	if m.habits.SlowComplete > 0 {
		m.dawdle(w)
	}
	reply(w, struct {
		XMLName        xml.Name `xml:"CompleteMultipartUploadResult"`
		ETag           string
		ChecksumCRC32C string `xml:",omitempty"`
	}{ETag: o.etag, ChecksumCRC32C: o.crc})
}

// condition returns the code and the status of the refusal when the condition of
// the request does not hold, "" when it does.
func (m *Memory) condition(r *http.Request, u *upload) (code string, status int) {
	switch {
	case r.Header.Get("If-None-Match") != "*" || m.habits.IgnoreCondition:
		return "", 0
	case m.habits.RefuseCondition:
		return "NotImplemented", http.StatusNotImplemented
	case m.objects[u.path] != nil:
		return "PreconditionFailed", http.StatusPreconditionFailed
	}
	return "", 0
}

// assemble makes the object of the parts asked for, or returns the code of the
// refusal.
func (m *Memory) assemble(u *upload, asked []completePart) (o *object, code string) {
	o = &object{metadata: u.metadata, modified: time.Now()}
	var sums, crcs []byte
	last := len(asked) - 1
	for i, want := range asked {
		p := u.parts[want.PartNumber]
		switch {
		case p == nil || p.etag != want.ETag:
			return nil, "InvalidPart"
		case i < last && len(p.data) < smallestPart, i < last && m.habits.EqualParts && len(p.data) != len(u.parts[asked[0].PartNumber].data):
			return nil, "EntityTooSmall"
		}
		o.data = append(o.data, p.data...)
		sum := md5.Sum(p.data)
		sums = append(sums, sum[:]...)
		crcs = binary.BigEndian.AppendUint32(crcs, p.crc)
	}
	of := md5.Sum(sums)
	o.etag = fmt.Sprintf(`"%s-%d"`, hex.EncodeToString(of[:]), len(asked))
	if m.habits.BareETags {
		o.etag = strings.Trim(o.etag, `"`)
	}
	if m.habits.OpaqueETags {
		o.etag = `"` + base64.RawURLEncoding.EncodeToString(of[:]) + `"`
	}
	switch u.checksum {
	case "FULL_OBJECT":
		o.crc = encode(crc32.Checksum(o.data, castagnoli))
	case "COMPOSITE":
		o.crc = fmt.Sprintf("%s-%d", encode(crc32.Checksum(crcs, castagnoli)), len(asked))
	}
	return o, ""
}

// dawdle sends white space for as long as the habit says.
func (m *Memory) dawdle(w http.ResponseWriter) {
	const step = 100 * time.Millisecond
	for waited := time.Duration(0); waited < m.habits.SlowComplete; waited += step {
		fmt.Fprint(w, " ")
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		time.Sleep(step)
	}
}
