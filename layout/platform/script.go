package platform

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed common.js demo.js generic.js hms.js jitsi.js livekit.js
var sources embed.FS

// script returns the expression of a platform's script: the files, in whose
// scope kit is common, and a call of the function enter that the last one
// declares.
func script(enter string, files ...string) string {
	var b strings.Builder
	b.WriteString("function (room) {\n'use strict';\n")
	for _, name := range append([]string{"common.js"}, files...) {
		source, err := sources.ReadFile(name)
		if err != nil {
			panic(err) // the files are embedded above
		}
		b.Write(source)
	}
	fmt.Fprintf(&b, "return %s(room);\n}", enter)
	return b.String()
}
