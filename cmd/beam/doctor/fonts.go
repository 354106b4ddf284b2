package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// script is a way of writing that a room's people may use.
type script struct {
	Name    string
	Langs   []string // fontconfig's languages that are written so; all of them have to be covered
	Package string   // Debian's
}

var scripts = []script{
	{"Latin", []string{"en"}, "fonts-dejavu-core"},
	{"Chinese", []string{"zh-cn", "zh-tw"}, "fonts-noto-cjk"},
	{"Japanese", []string{"ja"}, "fonts-noto-cjk"},
	{"Korean", []string{"ko"}, "fonts-noto-cjk"},
	{"Arabic", []string{"ar"}, "fonts-noto-core"},
	{"Hebrew", []string{"he"}, "fonts-noto-core"},
	{"Devanagari", []string{"hi"}, "fonts-noto-core"},
	{"emoji", []string{"und-zsye"}, "fonts-noto-color-emoji"},
}

// fontList is what fontconfig, by which Chrome finds its fonts, knows.
type fontList struct {
	Err   error // of fc-list
	Fonts int
	Langs map[string]bool
}

func lookAtFonts(ctx context.Context) fontList {
	text, err := ask(ctx, "fc-list", "--format", `%{lang}\n`)
	if err != nil {
		return fontList{Err: err}
	}
	return parseFonts(text)
}

// parseFonts reads a line for each font: its languages, with bars between.
func parseFonts(text string) fontList {
	l := fontList{Langs: map[string]bool{}}
	for line := range strings.Lines(text) {
		l.Fonts++
		for _, lang := range strings.Split(strings.TrimSpace(line), "|") {
			if lang != "" {
				l.Langs[lang] = true
			}
		}
	}
	return l
}

func judgeFonts(l fontList) Finding {
	f := Finding{ID: Fonts, Title: "fonts", Status: OK}
	switch {
	case missing(l.Err):
		f.Status, f.Found, f.Fix = Warning, "can't tell: there is no fc-list", "install it (Debian: apt-get install fontconfig), and run beam doctor again"
		return f
	case l.Err != nil:
		f.Status, f.Found, f.Fix = Warning, "can't tell: "+oneLine(l.Err), "see what fc-list says"
		return f
	case l.Fonts == 0:
		f.Status, f.Found = Problem, "none at all: pages show no letters"
		f.Fix = "install some (Debian: apt-get install fonts-dejavu-core fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji)"
		return f
	}
	have, lacking, packages := []string{}, []string{}, []string{}
	for _, s := range scripts {
		if !slices.ContainsFunc(s.Langs, func(lang string) bool { return !l.Langs[lang] }) {
			have = append(have, s.Name)
			continue
		}
		lacking = append(lacking, s.Name)
		if !slices.Contains(packages, s.Package) {
			packages = append(packages, s.Package)
		}
	}
	f.Data = map[string]any{"fonts": l.Fonts, "covered": have, "lacking": lacking}
	if len(lacking) == 0 {
		f.Found = fmt.Sprintf("%d, for %s", l.Fonts, strings.Join(have, ", "))
		return f
	}
	f.Status, f.Found = Warning, fmt.Sprintf("none for %s: boxes in place of letters", strings.Join(lacking, ", "))
	f.Fix = "install some (Debian: apt-get install " + strings.Join(packages, " ") + ")"
	return f
}
