// Command glyphs serves a page with a line of text in each script that the image
// has fonts for. Recorded by Beam, the page fails the recording when a character
// comes out as a box.
//
//	glyphs ADDRESS
package main

import (
	_ "embed"
	"fmt"
	"net/http"
	"os"
)

//go:embed page.html
var page []byte

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "glyphs: one address, such as 127.0.0.1:8080")
		os.Exit(2)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page) // a browser that went away is none of our business
	})
	fmt.Fprintln(os.Stderr, "glyphs:", http.ListenAndServe(os.Args[1], handler))
	os.Exit(1)
}
