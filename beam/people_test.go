package beam

import (
	"slices"
	"testing"

	"beam/layout"
)

func TestPeople(t *testing.T) {
	f := layout.Filter{ExcludeParticipants: []string{"Doe, Jane"}}
	f = without(f, []string{"Jos\u00e9"})
	if !slices.Equal(f.ExcludeParticipants, []string{"Doe, Jane", "Jos\u00e9"}) {
		t.Errorf("left out: %q", f.ExcludeParticipants)
	}
	f = without(f, []string{"JOSE\u0301"}) // the same name
	if len(f.ExcludeParticipants) != 2 {
		t.Errorf("left out twice: %q", f.ExcludeParticipants)
	}
	f = with(f, []string{"jos\u00e9"})
	if !slices.Equal(f.ExcludeParticipants, []string{"Doe, Jane"}) || len(f.Participants) != 0 {
		t.Errorf("%+v", f)
	}
	only := with(layout.Filter{Participants: []string{"Ana"}}, []string{"Ben"})
	if !slices.Equal(only.Participants, []string{"Ana", "Ben"}) {
		t.Errorf("%+v", only)
	}
	if only = without(only, []string{"ana"}); !slices.Equal(only.Participants, []string{"Ben"}) || len(only.ExcludeParticipants) != 1 {
		t.Errorf("%+v", only)
	}
	p := newPeople(f)
	if p.set(only); len(p.now().Participants) != 1 {
		t.Errorf("%+v", p.now())
	}
}
