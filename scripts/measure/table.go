package main

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"text/tabwriter"
)

// describeMachine prints what the figures were taken on.
func describeMachine() {
	fmt.Printf("%d cores; ", runtime.NumCPU())
	for _, program := range [][]string{{"chromium", "--version"}, {"ffmpeg", "-version"}} {
		out, _ := exec.Command(program[0], program[1:]...).Output()
		line, _, _ := strings.Cut(string(out), "\n")
		line, _, _ = strings.Cut(line, " Copyright")
		fmt.Printf("%s; ", strings.TrimSpace(line))
	}
	fmt.Println(runtime.Version())
}

// printTable prints the medians as a Markdown table.
func printTable(rows []row) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	defer w.Flush()
	fmt.Fprintln(w, "| size | page | how \t| distinct/s \t| kept \t| freeze ms \t| sound \t| lip sync ms \t| steady ms \t| drift ms/min \t| cores \t| over page \t| memory MB \t| first s \t| finish s \t|")
	fmt.Fprintln(w, "|---|---|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|")
	for _, r := range rows {
		m := r.median
		fmt.Fprintf(w, "| %s | %s | %s \t| %s \t| %s \t| %s \t| %s \t| %s \t| %s \t| %s \t| %s \t| %s \t| %s \t| %s \t| %s \t|\n",
			r.kind.size, r.kind.page, r.kind.how(),
			number(m.distinct, 1), percent(m.kept), number(m.freeze, 0), percent(m.sound), number(m.lipSync, 0),
			number(m.steadiness, 1), number(m.drift, 2), number(m.cores, 2), number(m.cores-aloneCores(rows, r.kind), 2),
			number(m.memory, 0), number(m.first, 1), number(m.finish, 1))
	}
}

// aloneCores returns the cores of the page of k without a recording.
func aloneCores(rows []row, k kind) float64 {
	if k.alone() == k {
		return math.NaN()
	}
	for _, r := range rows {
		if r.kind == k.alone() {
			return r.median.cores
		}
	}
	return math.NaN()
}

func number(v float64, decimals int) string {
	if math.IsNaN(v) {
		return ""
	}
	return fmt.Sprintf("%.*f", decimals, v)
}

func percent(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return fmt.Sprintf("%.1f %%", 100*v)
}
