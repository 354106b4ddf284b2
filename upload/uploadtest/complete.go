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
	"time"
)

// smallestPart is the least size of a part that is not the last (S3 User Guide,
// Amazon S3 multipart upload limits).
const smallestPart = 5 << 20

func (m *Memory) complete(w http.ResponseWriter, r *http.Request, body []byte) {
	u := m.upload(w, r)
	if u == nil {
		return
	}
	if r.Header.Get("If-None-Match") == "*" && !m.habits.IgnoreCondition {
		if m.habits.RefuseCondition {
			refuse(w, r, http.StatusNotImplemented, "NotImplemented")
			return
		}
		if m.objects[u.path] != nil {
			refuse(w, r, http.StatusPreconditionFailed, "PreconditionFailed")
			return
		}
	}
	if m.late > 0 {
		m.late--
		w.Header().Set("Content-Type", "application/xml")
		fmt.Fprint(w, "   \n<Error><Code>InternalError</Code><Message>late</Message></Error>")
		return
	}
	var asked struct {
		Part []struct {
			PartNumber int
			ETag       string
		}
	}
	if err := xml.Unmarshal(body, &asked); err != nil || len(asked.Part) == 0 {
		refuse(w, r, http.StatusBadRequest, "MalformedXML")
		return
	}
	o := &object{metadata: u.metadata, modified: time.Now()}
	var sums, crcs []byte
	last := len(asked.Part) - 1
	for i, want := range asked.Part {
		p := u.parts[want.PartNumber]
		switch {
		case p == nil || p.etag != want.ETag:
			refuse(w, r, http.StatusBadRequest, "InvalidPart")
			return
		case i < last && len(p.data) < smallestPart, i < last && m.habits.EqualParts && len(p.data) != len(u.parts[asked.Part[0].PartNumber].data):
			refuse(w, r, http.StatusBadRequest, "EntityTooSmall")
			return
		}
		o.data = append(o.data, p.data...)
		sum := md5.Sum(p.data)
		sums = append(sums, sum[:]...)
		crcs = binary.BigEndian.AppendUint32(crcs, p.crc)
	}
	of := md5.Sum(sums)
	o.etag = fmt.Sprintf(`"%s-%d"`, hex.EncodeToString(of[:]), len(asked.Part))
	if m.habits.OpaqueETags {
		o.etag = `"` + base64.RawURLEncoding.EncodeToString(of[:]) + `"`
	}
	switch u.checksum {
	case "FULL_OBJECT":
		o.crc = encode(crc32.Checksum(o.data, castagnoli))
	case "COMPOSITE":
		o.crc = fmt.Sprintf("%s-%d", encode(crc32.Checksum(crcs, castagnoli)), len(asked.Part))
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
