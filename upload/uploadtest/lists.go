package uploadtest

import (
	"encoding/xml"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

func (m *Memory) list(w http.ResponseWriter, r *http.Request) {
	if m.habits.NoListParts {
		refuse(w, r, http.StatusForbidden, "AccessDenied")
		return
	}
	u := m.upload(w, r)
	if u == nil {
		return
	}
	type row struct {
		PartNumber     int
		ETag           string
		Size           int
		LastModified   string
		ChecksumCRC32C string `xml:",omitempty"`
	}
	out := struct {
		XMLName           xml.Name `xml:"ListPartsResult"`
		ChecksumAlgorithm string   `xml:",omitempty"`
		ChecksumType      string   `xml:",omitempty"`
		IsTruncated       bool
		Part              []row
	}{}
	if u.checksum != "" {
		out.ChecksumAlgorithm, out.ChecksumType = "CRC32C", u.checksum
	}
	for _, n := range slices.Sorted(maps.Keys(u.parts)) {
		p := u.parts[n]
		rw := row{PartNumber: n, ETag: p.etag, Size: len(p.data), LastModified: p.modified.UTC().Format(time.RFC3339)}
		if u.checksum != "" {
			rw.ChecksumCRC32C = encode(p.crc)
		}
		out.Part = append(out.Part, rw)
	}
	reply(w, out)
}

func (m *Memory) listUploads(w http.ResponseWriter, r *http.Request) {
	type row struct {
		Key       string
		UploadId  string
		Initiated string
	}
	bucket, _, _ := strings.Cut(r.URL.Path[1:], "/")
	out := struct {
		XMLName     xml.Name `xml:"ListMultipartUploadsResult"`
		IsTruncated bool
		Upload      []row
	}{}
	for _, id := range slices.Sorted(maps.Keys(m.uploads)) {
		u := m.uploads[id]
		if key, ok := strings.CutPrefix(u.path, bucket+"/"); ok && strings.HasPrefix(key, r.URL.Query().Get("prefix")) {
			out.Upload = append(out.Upload, row{key, id, u.begun.UTC().Format(time.RFC3339)})
		}
	}
	reply(w, out)
}
