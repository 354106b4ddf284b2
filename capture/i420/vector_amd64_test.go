package i420

import (
	"os"
	"regexp"
	"testing"
)

func TestChooseVector(t *testing.T) {
	if chooseVector(false) != nil {
		t.Error("assembly without AVX2")
	}
}

// TestOnlyAVX2: the generator takes registers 16 to 31 when it runs out of
// others; instructions on them need AVX-512, and nothing else would tell on a
// machine that has it.
func TestOnlyAVX2(t *testing.T) {
	text, err := os.ReadFile("rows_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`[XY](1[6-9]|[23][0-9])\b|\b[ZK][0-9]+\b`).Find(text); found != nil {
		t.Errorf("it uses %s", found)
	}
}
