//go:build e2e

package chrome

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"beam/capture"
)

// form is a page that writes down what is done to it: only trusted events count.
const form = `<title>form</title><style>body { font: 16px sans-serif }</style>
<input id=name><input id=full value="old text"><textarea id=area></textarea>
<div id=rich contenteditable>old</div>
<select id=pick><option value=a>Apple<option value=b>Big  pear</select>
<input id=day type=date><input id=box type=checkbox><input id=attachment type=file>
<button id=off disabled>Off</button><button id=gone style="display:none">Gone</button>
<div style="position:relative"><button id=under>Under</button><div id=cover style="position:absolute;inset:0"></div></div>
<div id=host></div><iframe id=frame srcdoc="<button id=inner onclick='if (event.isTrusted) parent.say(` + "`frame`" + `)'>In the frame</button>"></iframe>
<button class=late style="display:none">Late</button>
<div style="height:3000px"></div><button id=far><span>Join</span> <b>now</b></button>
<script>

const said = []; window.say = (s) => said.push(s);
for (const e of document.querySelectorAll('button'))
  e.addEventListener('click', (ev) => ev.isTrusted && say('click ' + (e.id || e.className)));
for (const e of document.querySelectorAll('input,textarea'))
  e.addEventListener('input', (ev) => ev.isTrusted && say('input ' + e.id));
host.attachShadow({ mode: 'open' }).innerHTML = '<button id=deep>Deep</button>';
host.shadowRoot.firstChild.onclick = (ev) => ev.isTrusted && say('click deep');
setTimeout(() => document.querySelector('.late').style.display = '', 600);
</script>`

// stranger is a frame of another origin, whose button comes late and in a shadow root.
const stranger = `<p>A frame</p><input id=theirs><div id=host></div><script>
setTimeout(() => {
  host.attachShadow({ mode: 'open' }).innerHTML = '<button id=foreign>Let me in</button>';
  host.shadowRoot.firstChild.onclick = (ev) => ev.isTrusted && parent.postMessage('click foreign ' + theirs.value, '*');
}, 300);
</script>`

// One browser for all steps.
func TestSteps(t *testing.T) {
	t.Parallel()
	b := launch(t, nil)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *Browser)
	}{
		{"done", testStepsDone},
		{"not done", testStepsNotDone},
		{"over pages", testStepsOverPages},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, b) })
	}
}

func testStepsDone(t *testing.T, b *Browser) {
	other := strings.Replace(serve(t, map[string]string{"/": stranger}).URL, "127.0.0.1", "localhost", 1)
	p := open(t, b, OpenOptions{URL: serve(t, map[string]string{"/": form + `<iframe src="` + other + `" style="margin: 90px; border: 7px solid"></iframe>
		<script>onmessage = (ev) => { say(ev.data); document.body.append(Object.assign(document.createElement('p'), { id: 'heard', textContent: 'heard' })); }</script>`}).URL})
	steps := []Step{
		{Kind: StepFill, Selector: "#name", Value: "Ada <b>"},
		{Kind: StepFill, Selector: "#full", Value: "new"},
		{Kind: StepFill, Selector: "textarea", Value: "one\ntwo"},
		{Kind: StepFill, Selector: "#rich", Value: "rich"},
		{Kind: StepFill, Selector: "#pick", Value: "Big pear"},
		{Kind: StepFill, Selector: "#day", Value: "2030-02-03"},
		{Kind: StepClick, Selector: "#box"},
		{Kind: StepClick, Selector: ".late"},
		{Kind: StepClick, Selector: "#deep"},
		{Kind: StepClick, Selector: "#inner"},
		{Kind: StepFill, Selector: "#theirs", Value: "Bo"},
		{Kind: StepClick, Selector: "text=Let me in"},
		{Kind: StepWaitFor, Selector: "#heard"},
		{Kind: StepClick, Selector: "text=Join  now"},
		{Kind: StepWaitFor, Selector: "text=Deep"},
		{Kind: StepWaitFor, Selector: "#gone, #far"},
	}
	if err := p.DoAll(within(t), steps); err != nil {
		t.Fatal(err)
	}
	raw, err := p.Evaluate(t.Context(), `[document.getElementById('name').value, full.value, area.value, rich.innerText, pick.value, day.value, String(box.checked), said.join()]`)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	if err := json.Unmarshal(raw, &values); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(values, "|")
	want := "Ada <b>|new|one\ntwo|rich|b|2030-02-03|true|input name,input full,input area,input area,input area,input box,click late,click deep,frame,click foreign Bo,click far"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	// Emptying a field is a change too.
	if err := p.Do(within(t), Step{Kind: StepFill, Selector: "#full"}); err != nil {
		t.Fatal(err)
	}
	if raw, err := p.Evaluate(t.Context(), `full.value`); err != nil || string(raw) != `""` {
		t.Errorf("field holds %s, %v", raw, err)
	}
}

func testStepsNotDone(t *testing.T, b *Browser) {
	p := open(t, b, OpenOptions{URL: serve(t, map[string]string{"/": form}).URL})
	tests := []struct {
		kind     StepKind
		selector string
		want     string
		waits    bool
	}{
		{StepClick, "#nothing", "found 0 elements", true},
		{StepClick, "text=Nothing like it", "found 0 elements", true},
		{StepClick, "#gone", "found 1 element, none visible", true},
		{StepClick, "#off", "found 1 element, but it is disabled", true},
		{StepClick, "#under", `found 1 element, but <div id="cover"> covers it`, true},
		{StepWaitFor, "#gone", "found 1 element, none visible", true},
		{StepClick, "[[", "it is no CSS selector", false},
		{StepFill, "#box", `<input id="box"> can't be filled; click it`, false},
		{StepFill, "#attachment", "it takes a file", false},
		{StepFill, "#far", "can't be filled", false},
		{StepFill, "#day", "does not take such a value", false},
		{StepFill, "#pick", "but it has no such option", true},
	}
	// All at once, as most of them have to wait until their time is over: long enough
	// for an answer of the page on any machine.
	errs := make([]error, len(tests))
	var doing sync.WaitGroup
	for i, test := range tests {
		ctx := within(t)
		if test.waits {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, 4*time.Second)
			defer cancel()
		}
		doing.Go(func() {
			errs[i] = p.DoAll(ctx, []Step{{Kind: StepWaitFor, Selector: "body"}, {Kind: test.kind, Selector: test.selector, Value: "hunter2"}})
		})
	}
	doing.Wait()
	for i, test := range tests {
		t.Run(string(test.kind)+" "+test.selector, func(t *testing.T) {
			err := errs[i]
			var f *capture.Fault
			if !errors.As(err, &f) || f.Class != capture.ClassRoom || f.Hint == "" {
				t.Fatalf("error %v", err)
			}
			if want := fmt.Sprintf("step 2 of 2: %s %q: ", test.kind, test.selector); !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q", err)
			}
			if errors.Is(err, context.DeadlineExceeded) != test.waits {
				t.Errorf("error %q, but waiting is %v", err, test.waits)
			}
			if strings.Contains(err.Error()+f.Hint, "hunter2") {
				t.Errorf("the value is in %q", err)
			}
		})
	}
}

// A link to another site changes the renderer in the middle of a click.
func testStepsOverPages(t *testing.T, b *Browser) {
	second := serve(t, map[string]string{"/": `<button id=b onclick="document.title = event.isTrusted">go</button>`})
	other := strings.Replace(second.URL, "127.0.0.1", "localhost", 1)
	first := serve(t, map[string]string{"/": `<a href="` + other + `">over there</a>`})
	p := open(t, b, OpenOptions{URL: first.URL})
	if err := p.DoAll(within(t), []Step{
		{Kind: StepClick, Selector: "text=over there"},
		{Kind: StepClick, Selector: "#b"},
	}); err != nil {
		t.Fatal(err)
	}
	if raw, err := p.Evaluate(t.Context(), `document.title + location.hostname`); err != nil || string(raw) != `"truelocalhost"` {
		t.Errorf("page is %s, %v", raw, err)
	}
}
