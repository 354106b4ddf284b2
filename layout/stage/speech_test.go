//go:build e2e

package stage_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

// span is a time in which somebody is as loud as this.
type span struct {
	From, To int // ms
	Level    float64
}

// hears lets people's levels be heard ten times a second for some time, and
// returns who was active from when on: "a@0 b@3600".
func hears(v *view, ms int, people map[string][]span) []string {
	v.t.Helper()
	data, err := json.Marshal(people)
	if err != nil {
		v.t.Fatal(err)
	}
	return eval[[]string](v, fmt.Sprintf(`((people) => {
	const ids = Object.keys(people).sort();
	let voices = new Map(), active = pure.nobody();
	const out = [];
	for (let now = 0; now <= %d; now += 100) {
		const next = [];
		for (const id of ids) {
			const spans = people[id] ?? [];
			if (spans.some(({Level}) => Level < 0) && spans.some(({From, To, Level}) => Level < 0 && now >= From && now < To)) continue; // away
			const level = spans.find(({From, To}) => now >= From && now < To)?.Level ?? 0;
			next.push([id, pure.hear(voices.get(id) ?? pure.newVoice(), level, now)]);
		}
		voices = new Map(next);
		const before = active.id;
		active = pure.chooseSpeaker(active, next, now);
		if (active.id !== before) out.push((active.id ?? 'nobody') + '@' + now);
	}
	return out;
})(%s)`, ms, data))
}

func TestActiveSpeaker(t *testing.T) {
	v := pure(t)
	const loud, soft = 0.2, 0.05
	for _, c := range []struct {
		name   string
		people map[string][]span
		want   []string
	}{
		{"nobody speaks", map[string][]span{"a": nil, "b": nil}, []string{"a@0"}},
		{"the second one speaks", map[string][]span{"a": nil, "b": {{1000, 9000, loud}}}, []string{"a@0", "b@1600"}},
		{"a cough", map[string][]span{"a": {{0, 9000, soft}}, "b": {{3000, 3300, loud}}}, []string{"a@0"}},
		{"one after the other", map[string][]span{"a": {{0, 3000, loud}}, "b": {{3000, 9000, loud}}}, []string{"a@0", "b@3700"}},
		{"held for two seconds", map[string][]span{"a": nil, "b": {{500, 1400, loud}}, "c": {{1400, 9000, loud}}}, []string{"a@0", "b@1100", "c@3100"}},
		{"both speak, one a little louder", map[string][]span{"a": {{0, 9000, 0.10}}, "b": {{0, 9000, 0.11}}}, []string{"a@0"}},
		{"both speak, one much louder", map[string][]span{"a": {{0, 9000, soft}}, "b": {{4000, 9000, loud}}}, []string{"a@0", "b@4600"}},
		{"pauses between words", map[string][]span{
			"a": {{0, 900, loud}, {1200, 2200, loud}, {2500, 9000, loud}}, "b": {{0, 9000, soft}}}, []string{"a@0"}},
		{"who is on the stage leaves", map[string][]span{"a": {{0, 4000, loud}, {4000, 9999, -1}}, "b": nil, "c": {{3700, 9000, loud}}}, []string{"a@0", "c@4000"}},
		{"everybody leaves", map[string][]span{"a": {{3000, 9999, -1}}}, []string{"a@0", "nobody@3000"}},
	} {
		if got := hears(v, 8000, c.people); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// When a voice counts as speech: "on@200 off@1900".
func TestSpeech(t *testing.T) {
	v := pure(t)
	for _, c := range []struct {
		name, level, told string
		want              []string
	}{
		{"silence", "0", "undefined", nil},
		{"noise of a room", "0.003", "undefined", nil},
		{"speech", "now >= 500 && now < 2000 ? 0.2 : 0", "undefined", []string{"on@500", "off@3900"}},
		{"words", "now % 600 < 300 && now < 3000 ? 0.2 : 0", "undefined", []string{"on@100", "off@4600"}},
		{"the platform says so", "0", "now >= 1000 && now < 2000", []string{"on@1000", "off@2000"}},
		{"the platform says no", "0.5", "false", nil},
	} {
		got := eval[[]string](v, fmt.Sprintf(`(() => {
	let voice = pure.newVoice();
	const out = [];
	for (let now = 0; now < 8000; now += 100) {
		const before = voice.on;
		voice = pure.hear(voice, %s, now, %s);
		if (voice.on !== before) out.push((voice.on ? 'on@' : 'off@') + now);
	}
	return out;
})()`, c.level, c.told))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestFilterRules(t *testing.T) {
	v := pure(t)
	const ana, ben, nameless = `{id: 'a1', name: 'Ana Lima', role: 'host'}`, `{id: 'b2', name: 'Ben', role: 'guest'}`, `{id: 'c3', name: '', role: ''}`
	const unknown = `{id: 'd4'}`
	for _, c := range []struct {
		filter string
		person string
		want   bool
	}{
		{`{}`, ana, true}, {`{}`, unknown, true},
		{`{roles: ['host']}`, ana, true}, {`{roles: ['host']}`, ben, false}, {`{roles: ['HO*']}`, ana, true},
		{`{roles: ['host', 'guest']}`, ben, true}, {`{roles: ['host']}`, nameless, false}, {`{roles: ['*']}`, unknown, false},
		{`{excludeRoles: ['guest']}`, ben, false}, {`{excludeRoles: ['guest']}`, ana, true}, {`{excludeRoles: ['guest']}`, nameless, true},
		{`{excludeRoles: ['guest']}`, unknown, false},
		{`{participants: ['ana*']}`, ana, true}, {`{participants: ['ana']}`, ana, false}, {`{participants: ['b?']}`, ben, true},
		{`{participants: ['d4']}`, unknown, true}, {`{participants: ['*']}`, unknown, true}, {`{participants: ['x']}`, unknown, false},
		{`{excludeParticipants: ['ben']}`, ben, false}, {`{excludeParticipants: ['ben']}`, ana, true}, {`{excludeParticipants: ['ben']}`, unknown, false},
		{`{roles: ['host'], participants: ['ben']}`, ana, false}, {`{roles: ['host'], excludeParticipants: ['ana lima']}`, ana, false},
		{`{participants: ['a.']}`, ana, false}, {`{participants: ['(']}`, ana, false},
	} {
		if got := eval[bool](v, fmt.Sprintf("pure.newFilter(%s).passes(%s)", c.filter, c.person)); got != c.want {
			t.Errorf("%s: %s passes: %v", c.filter, c.person, got)
		}
	}
	if eval[bool](v, "pure.newFilter({roles: [], excludeRoles: []}).set") || !eval[bool](v, "pure.newFilter({roles: ['x']}).set") {
		t.Error("a filter is not known by its lists")
	}
}

func TestNames(t *testing.T) {
	v := pure(t)
	for _, c := range [][2]string{
		{"Ana Lima", "AL"}, {"ana", "A"}, {"", ""}, {"  ", ""}, {"Jean-Luc Picard", "JP"}, {"李 小龙", "李小"},
		{"👩‍💻 Dev", "👩‍💻D"}, {"(guest) Ben", "GB"}, {"éa", "É"}, {"***", ""}, {"ßs", "SS"},
	} {
		if got := eval[string](v, fmt.Sprintf("pure.initialsOf(%q)", c[0])); got != c[1] {
			t.Errorf("initials of %q: %q, want %q", c[0], got, c[1])
		}
	}
	if got := eval[string](v, `pure.plainText(' a\u202eb\n\u0000c '+'x'.repeat(900), 5)`); got != "ab c" {
		t.Errorf("plain text %q", got)
	}
	hues := map[int]bool{}
	for _, hue := range eval[[]int](v, "Array.from({length: 60}, (_, i) => pure.hueOf('id' + i))") {
		hues[hue] = true
	}
	if len(hues) < 15 {
		t.Errorf("60 people have %d colours", len(hues))
	}
}

// What makes a page ready, in time: "3600: sound is subscribed".
func TestReadyRules(t *testing.T) {
	v := pure(t)
	none := "moves: false, sounds: 0, pictures: 0, people: 0, withheld: 0, room: false, custom: false, page: {content: true, complete: true, resources: 3, patient: false}"
	page := func(fields string) string {
		return none + ", page: {content: true, complete: true, resources: 3, patient: false, " + fields + "}"
	}
	for _, c := range []struct{ name, facts, want string }{
		{"a plain page", none, "600: the page has loaded"},
		{"a page without a document", page("content: false"), "never"},
		{"a page that never loads", page("complete: false"), "5100: the page has loaded"},
		{"a page that loads on", page("resources: Math.min(15, now / 100)"), "2100: the page has loaded"},
		{"a page that asks again and again", page("resources: now"), "2100: the page has loaded"},
		{"a page with a socket", page("patient: true"), "3100: the page has loaded"},
		{"a page with a socket that never loads", page("patient: true, complete: false"), "5100: the page has loaded"},
		{"a page with a frame that may be the room", page("framed: true"), "20100: the page has loaded"},
		{"a layout page's intro", none + ", custom: true, moves: now < 5000", "5600: the page has loaded"},
		{"a layout page that does not say when it begins", none + ", custom: true, moves: true, sounds: 1", "10100: media plays, and the page did not say when it begins"},
		{"a room that waits for media", none + ", room: true", "never"},
		{"a frame", none + ", page: false", "never"},
		{"a page that is drawn over and connects late", none + ", staged: true, moves: now >= 9000", "9000: video plays"},
		{"a picture", none + ", room: true, moves: now > 1000", "1100: video plays"},
		{"sound", none + ", sounds: 1", "600: sound is subscribed"},
		{"a picture that stands still", none + ", sounds: 1, pictures: 1", "5100: media is subscribed"},
		{"the waiting room", none + ", waiting: true, moves: true, sounds: 1", "never"},
		{"let in after a while", none + ", waiting: now < 2000, moves: true", "2000: video plays"},
		{"an empty room", none + ", joinedAt: 1000", "6100: joined an empty room"},
		{"a room of silent people", none + ", joinedAt: 1000, people: 2", "6100: joined; nobody sends anything yet"},
		{"only others send", none + ", joinedAt: 1000, withheld: 2", "6100: joined; nobody who is to be recorded sends anything yet"},
	} {
		got := eval[string](v, fmt.Sprintf(`(() => {
	const memory = {};
	for (let now = 0; now < 30000; now += 100) {
		const why = pure.decideReady(memory, { now, %s });
		if (why) return now + ': ' + why;
	}
	return 'never';
})()`, c.facts))
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
