package source

import (
	"fmt"
	"testing"
)

func TestPacer(t *testing.T) {
	p := NewPacer(30)
	var got []float64
	p.follow(func(rate float64) { got = append(got, rate) })
	p.Set(12)
	p.follow(func(rate float64) { got = append(got, 100+rate) })
	p.Set(15)
	if fmt.Sprint(got) != "[30 12 112 115]" {
		t.Errorf("rates %v", got)
	}
}
