package hls

import (
	"bytes"
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"beam/capture/mp4"
)

// Variant is one of the renditions that a player can choose from.
type Variant struct {
	URI           string // of its media playlist
	Peak, Average int    // bits a second, see Media.Rates
	Format        mp4.Format
	Independent   bool // see Media.Independent
}

// VariantOf returns the variant whose media playlist m lies at uri.
func VariantOf(m Media, uri string, f mp4.Format) Variant {
	v := Variant{URI: uri, Format: f, Independent: m.Independent}
	v.Peak, v.Average = m.Rates()
	return v
}

// Master returns a master playlist: the highest variant first, which is what a
// player takes that does not know its network yet (clause 4.3.4.2).
func Master(variants []Variant) []byte {
	sorted := slices.Clone(variants)
	slices.SortStableFunc(sorted, func(a, b Variant) int {
		return cmp.Or(cmp.Compare(b.Format.Width*b.Format.Height, a.Format.Width*a.Format.Height), cmp.Compare(b.Peak, a.Peak))
	})
	var b bytes.Buffer
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:%d\n", version)
	if !slices.ContainsFunc(sorted, func(v Variant) bool { return !v.Independent }) {
		b.WriteString("#EXT-X-INDEPENDENT-SEGMENTS\n")
	}
	for _, v := range sorted {
		fmt.Fprintf(&b, "#EXT-X-STREAM-INF:BANDWIDTH=%d", max(v.Peak, 1))
		if v.Average > 0 {
			fmt.Fprintf(&b, ",AVERAGE-BANDWIDTH=%d", v.Average)
		}
		if f := v.Format; len(f.Codecs) > 0 {
			fmt.Fprintf(&b, `,CODECS="%s"`, quoted(strings.Join(f.Codecs, ",")))
		}
		if f := v.Format; f.Width > 0 {
			fmt.Fprintf(&b, ",RESOLUTION=%dx%d", f.Width, f.Height)
			if f.FrameRate > 0 {
				fmt.Fprintf(&b, ",FRAME-RATE=%.3f", f.FrameRate)
			}
		}
		fmt.Fprintf(&b, "\n%s\n", v.URI)
	}
	return b.Bytes()
}

// Reference returns the reference to a file that lies beside a playlist, or below
// it: what a URI gives a meaning to is encoded (RFC 3986), so that any name does.
func Reference(name string) string { return quoted((&url.URL{Path: name}).String()) }

// quoted returns text that may stand between quotes: it must hold neither a quote
// nor the end of a line (clause 4.2).
func quoted(text string) string {
	return strings.NewReplacer("\n", "%0A", "\r", "%0D", `"`, "%22").Replace(text)
}
