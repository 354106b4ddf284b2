package mp4

import "testing"

// Finish must not change a byte beyond HeadLimit, wherever the index goes, and
// what a Writer laid out is known again, also when it is finished.
func TestHeadLimit(t *testing.T) {
	data := small(t)
	for _, reserve := range []int64{0, 16 << 10, 1 << 20} {
		options := Options{Reserve: reserve, Timing: TimingAbsolute, Metadata: Metadata{Title: "a title"}}
		w, m := recordMemory(t, data, options)
		result, err := w.Finish(Metadata{})
		if err != nil {
			t.Fatal(err)
		}
		if limit := options.HeadLimit(); result.Head > limit || limit > reserve+(128<<10) {
			t.Errorf("reserve %d: head of %d bytes, limit %d", reserve, result.Head, limit)
		}
		ix, err := Scan(m, int64(len(m.data)))
		if err != nil || !ix.Kept() {
			t.Errorf("reserve %d: kept is false, %v", reserve, err)
		}
	}
	m := &memory{data: data}
	ix, err := Scan(m, int64(len(data)))
	if err != nil || ix.Kept() {
		t.Errorf("a file of another program counts as kept, %v", err)
	}
}
