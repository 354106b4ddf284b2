package mp4

import (
	"time"
)

// userData appends the movie's user data (clause 8.10.1), or the encoder's own
// when there is nothing to say.
func (w *builder) userData(m Metadata, original []byte) {
	if m.Title == "" && m.Comment == "" && m.Encoder == "" && len(m.Chapters) == 0 {
		w.raw(original)
		return
	}
	w.box("udta", func() {
		// The metadata box of clause 8.11.1 with the handler and the item list
		// of the QuickTime File Format, which all players read.
		w.full("meta", 0, 0, func() {
			w.full("hdlr", 0, 0, func() {
				w.u32(0)
				w.str("mdirappl")
				w.zero(9) // reserved, and an empty name
			})
			w.box("ilst", func() {
				w.item("\xa9nam", m.Title)
				w.item("\xa9cmt", m.Comment)
				w.item("\xa9too", m.Encoder)
				if !m.Created.IsZero() {
					w.item("\xa9day", m.Created.UTC().Format(time.RFC3339))
				}
			})
		})
		if len(m.Chapters) > 0 {
			w.chapters(m.Chapters)
		}
	})
}

// item appends a text of the item list; type 1 is UTF-8.
func (w *builder) item(typ, text string) {
	if text == "" {
		return
	}
	w.box(typ, func() {
		w.box("data", func() {
			w.u32(1)
			w.u32(0) // locale
			w.str(text)
		})
	})
}

// chapters appends Nero's chapter list, which ffmpeg and VLC read: times are
// in units of 100 ns, texts at most 255 bytes.
func (w *builder) chapters(chapters []Chapter) {
	chapters = chapters[:min(len(chapters), 255)]
	w.full("chpl", 1, 0, func() {
		w.u32(0)
		w.u8(uint8(len(chapters)))
		for _, c := range chapters {
			title := cut(c.Title, 255)
			w.u64(uint64(max(c.At, 0) / 100))
			w.u8(uint8(len(title)))
			w.str(title)
		}
	})
}

// cut shortens text to n bytes without splitting a character.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && text[n]&0xc0 == 0x80 {
		n--
	}
	return text[:n]
}
