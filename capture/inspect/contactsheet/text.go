package contactsheet

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strings"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// faces are the type faces of a sheet. A face must not be used by two goroutines
// at once, so each sheet has its own.
type faces struct{ title, text, small font.Face }

// parsed are the Go project's fonts, which can be shared.
var parsed = sync.OnceValues(func() ([2]*opentype.Font, error) {
	var out [2]*opentype.Font
	for i, ttf := range [][]byte{gomedium.TTF, goregular.TTF} {
		f, err := opentype.Parse(ttf)
		if err != nil {
			return out, fmt.Errorf("parse font: %w", err)
		}
		out[i] = f
	}
	return out, nil
})

func newFaces() (faces, error) {
	var f faces
	fonts, err := parsed()
	if err != nil {
		return f, err
	}
	for _, want := range []struct {
		face *font.Face
		font *opentype.Font
		size float64 // pixels
	}{{&f.title, fonts[0], 26}, {&f.text, fonts[1], 19}, {&f.small, fonts[0], 15}} {
		face, err := opentype.NewFace(want.font, &opentype.FaceOptions{Size: want.size, DPI: 72, Hinting: font.HintingFull})
		if err != nil {
			return f, fmt.Errorf("make font: %w", err)
		}
		*want.face = face
	}
	return f, nil
}

func (f faces) close() {
	for _, face := range []font.Face{f.title, f.text, f.small} {
		if face != nil {
			_ = face.Close() // it holds nothing but memory
		}
	}
}

// write draws a text with its base line at y.
func write(dst draw.Image, face font.Face, c color.Color, x, y int, text string) {
	d := font.Drawer{Dst: dst, Src: image.NewUniform(c), Face: face, Dot: fixed.P(x, y)}
	d.DrawString(text)
}

func width(face font.Face, text string) int { return font.MeasureString(face, text).Ceil() }

// fit shortens a text in its middle, where a file's name tells least, until it
// has room. Letters that the font does not have become question marks.
func fit(face font.Face, text string, room int) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if _, ok := face.GlyphAdvance(r); !ok {
			return '?'
		}
		return r
	}, text))
	if width(face, string(runes)) <= room {
		return string(runes)
	}
	for keep := len(runes) - 1; keep > 0; keep-- {
		head := keep / 2
		short := string(runes[:head]) + "…" + string(runes[len(runes)-(keep-head):])
		if width(face, short) <= room {
			return short
		}
	}
	return "…"
}
