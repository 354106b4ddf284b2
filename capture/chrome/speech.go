package chrome

import (
	"regexp"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
)

// ConsoleCall is what a page wrote to the console.
type ConsoleCall struct {
	Level string   // as of OnConsole
	Text  string   // the arguments as the console shows them
	Args  []string // each of them; the first 20
	From  Sender
}

const mostArgs = 20

// onSpeech passes on what a view says: messages, the console, exceptions, and
// what the browser writes to the console about it.
func (p *Page) onSpeech(v *view, ev any) {
	switch ev := ev.(type) {
	case *runtime.EventBindingCalled:
		if ev.Name == bindingName {
			p.heard(v, v.worlds.sender(ev.ExecutionContextID), ev.Payload)
		}
	case *runtime.EventConsoleAPICalled:
		c := ConsoleCall{Level: string(ev.Type), Text: consoleText(ev.Args), From: v.worlds.sender(ev.ExecutionContextID)}
		for _, a := range ev.Args[:min(len(ev.Args), mostArgs)] {
			c.Args = append(c.Args, clip(objectText(a)))
		}
		p.wrote(v, c)
	case *runtime.EventExceptionThrown:
		c := ConsoleCall{Level: "exception", Text: exceptionText(ev.ExceptionDetails)}
		if ev.ExceptionDetails != nil {
			c.From = v.worlds.sender(ev.ExceptionDetails.ExecutionContextID)
		}
		p.wrote(v, c)
	case *log.EventEntryAdded:
		p.logged(v, ev.Entry)
	}
}

func (p *Page) heard(v *view, from Sender, payload string) {
	switch {
	case p.o.OnMessageFrom != nil:
		v.deliver(func() { p.o.OnMessageFrom(from, payload) }, p.messages.push)
	case p.o.OnMessage != nil:
		v.deliver(func() { p.o.OnMessage(payload) }, p.messages.push)
	}
}

func (p *Page) wrote(v *view, c ConsoleCall) {
	if speaksOfDevices(c.Text) {
		p.deviceErrors.Store(true)
	}
	switch {
	case p.o.OnConsoleCall != nil:
		v.deliver(func() { p.o.OnConsoleCall(c) }, p.messages.push)
	case p.o.OnConsole != nil:
		v.deliver(func() { p.o.OnConsole(c.Level, c.Text) }, p.messages.push)
	}
}

// addresses are those in a text of the browser, which may hold secrets.
var addresses = regexp.MustCompile(`\b[a-z]+://[^\s'"]+`)

// logged takes what the browser itself writes to the console: requests that
// failed, also long after the page was loaded, and what its policies forbade.
func (p *Page) logged(v *view, e *log.Entry) {
	if e == nil || e.Level != log.EntryLevelError && e.Level != log.EntryLevelWarning || !p.notes.more(noteLog) {
		return
	}
	level, text := "browser", clip(addresses.ReplaceAllStringFunc(e.Text, plainURL))
	if e.URL != "" {
		text += " (" + plainURL(e.URL) + ")"
	}
	if e.Source == log.EntrySourceNetwork {
		level = "network"
		if p.o.OnRequest != nil && v.unheard.Load() {
			v.deliver(func() { p.o.OnRequest("refused: " + text) }, p.messages.push)
		}
	}
	p.wrote(v, ConsoleCall{Level: level, Text: text, Args: []string{text}, From: SenderForeign})
}

// notes counts what a page may make the browser say only so often.
type notes struct {
	mu   sync.Mutex
	said map[note]int
}

type note int

const (
	noteLog note = iota
	noteDialog
	noteTab
	noteRefused
)

// mostNotes is how often each kind is said for one page.
var mostNotes = map[note]int{noteLog: 500, noteDialog: 20, noteTab: 20, noteRefused: 20}

// more counts one and returns whether it may be said.
func (n *notes) more(kind note) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.said == nil {
		n.said = map[note]int{}
	}
	n.said[kind]++
	return n.said[kind] <= mostNotes[kind]
}
