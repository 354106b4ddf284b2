package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"

	"beam/capture/child"
)

// printMachine prints what the figures were taken on; found is nil where no
// report told.
func printMachine(ctx context.Context, found *machine) {
	model := "unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	fmt.Printf("%d cores of %s; ", runtime.NumCPU(), model)
	if found != nil {
		fmt.Printf("Beam may use %.4g, finds them %.2g times as slow as the reference and a page fault to cost %.2g us; ", found.Cores, found.Slowness, found.PageFault)
	}
	for _, program := range [][]string{{"chromium", "--version"}, {"ffmpeg", "-version"}} {
		out := &child.Buffer{Limit: 4096, Forget: true}
		// Where it is missing the line says nothing of it.
		_ = child.Run(ctx, child.Command{Path: program[0], Args: program[1:], Env: child.Tool.Environment(), Stdout: out})
		line, _, _ := strings.Cut(out.String(), "\n")
		line, _, _ = strings.Cut(line, " Copyright")
		fmt.Printf("%s; ", strings.TrimSpace(line))
	}
	fmt.Printf("%s\n\n", runtime.Version())
}

// column is one column of the table.
type column struct {
	head string
	cell func(t table, r row) string
}

func columns() []column {
	plain := func(head string, decimals int, pick func(figures) float64) column {
		return column{head, func(_ table, r row) string { return number(pick(r.median), decimals) }}
	}
	share := func(head string, pick func(figures) float64) column {
		return column{head, func(_ table, r row) string { return percent(pick(r.median)) }}
	}
	return []column{
		{"size", func(_ table, r row) string { return r.kind.size }},
		{"page", func(_ table, r row) string { return r.kind.page }},
		{"how", func(_ table, r row) string { return r.how() }},
		plain("distinct/s", 1, func(f figures) float64 { return f.distinct }),
		share("of painted", func(f figures) float64 { return f.painted }),
		share("of sent", func(f figures) float64 { return f.kept }),
		plain("freeze ms", 0, func(f figures) float64 { return f.freeze }),
		share("sound", func(f figures) float64 { return f.sound }),
		plain("lip sync ms", 0, func(f figures) float64 { return f.lipSync }),
		plain("steady ms", 1, func(f figures) float64 { return f.steadiness }),
		{"drift ms/min", func(_ table, r row) string {
			if !r.kind.lasting() {
				return "" // some seconds do not tell a slope
			}
			return number(r.median.drift, 2)
		}},
		plain("cores", 2, func(f figures) float64 { return f.cores }),
		{"over page", func(t table, r row) string { return number(t.overPage(r), 2) }},
		{"cores of each", func(_ table, r row) string { return programCores(r.median.programs) }},
		plain("memory MB", 0, func(f figures) float64 { return f.memory }),
		plain("first s", 1, func(f figures) float64 { return f.first }),
		plain("finish s", 1, func(f figures) float64 { return f.finish }),
		plain("others' cores", 2, func(f figures) float64 { return f.others + known(f.steal, 0) }),
	}
}

// how names a row with the preset that was used.
func (r row) how() string {
	if r.median.preset == "" {
		return r.kind.how()
	}
	return r.kind.how() + " (" + r.median.preset + ")"
}

// programCores lists what used a hundredth of a core and more, most first.
func programCores(programs map[string]float64) string {
	names := slices.Sorted(maps.Keys(programs))
	slices.SortStableFunc(names, func(a, b string) int {
		if programs[a] > programs[b] {
			return -1
		}
		return 1
	})
	var out []string
	for _, name := range names {
		if programs[name] >= 0.005 {
			out = append(out, fmt.Sprintf("%s %.2f", name, programs[name]))
		}
	}
	return strings.Join(out, ", ")
}

// printTable prints the medians as a Markdown table.
func printTable(rows table) {
	if len(rows) == 0 {
		return
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	defer w.Flush()
	for _, c := range columns() {
		fmt.Fprintf(w, "| %s\t", c.head)
	}
	fmt.Fprintf(w, "|\n%s|\n", strings.Repeat("|---\t", len(columns())))
	for _, r := range rows {
		for _, c := range columns() {
			fmt.Fprintf(w, "| %s\t", c.cell(rows, r))
		}
		fmt.Fprintln(w, "|")
	}
}

// disturbing is from how many cores on that others used is said.
const disturbing = 0.1

// printNotes prints what a figure does not tell: the parts of the start, and
// what happened in single recordings.
func printNotes(rows table) {
	fmt.Println()
	for _, r := range rows {
		if len(r.median.parts) > 0 && r.kind.plain() {
			fmt.Printf("start of %s, s:%s\n", r.kind.name(), listed(r.median.parts))
		}
	}
	for _, r := range rows {
		for i, f := range r.all {
			if f.others > disturbing || f.steal > disturbing {
				fmt.Printf("disturbed: %s, run %d: other programs used %.2f cores, the host took %.2f\n", r.kind.name(), i+1, f.others, known(f.steal, 0))
			}
		}
		for _, n := range r.median.notes {
			fmt.Printf("note: %s, %s\n", r.kind.name(), n)
		}
	}
}

func listed(parts map[string]float64) string {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		fmt.Fprintf(&out, " %s %.2f", name, parts[name])
	}
	return out.String()
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
