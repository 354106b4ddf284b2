package chrome

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/runtime"
)

func TestSender(t *testing.T) {
	w := newWorlds("main")
	created := func(id runtime.ExecutionContextID, origin, aux string) {
		w.onEvent(&runtime.EventExecutionContextCreated{Context: &runtime.ExecutionContextDescription{ID: id, UniqueID: fmt.Sprint("u", id), Origin: origin, AuxData: []byte(aux)}})
	}
	created(1, "https://room.example", `{"isDefault":true,"type":"default","frameId":"main"}`)
	created(2, "https://room.example", `{"isDefault":true,"type":"default","frameId":"child"}`)
	created(3, "https://ads.example", `{"isDefault":true,"type":"default","frameId":"ads"}`)
	created(4, "://", `{"isDefault":true,"type":"default","frameId":"sandboxed"}`)
	created(5, "https://room.example", `{"isDefault":false,"type":"isolated","frameId":"main"}`)
	created(6, "https://room.example", `[]`)
	check := func(want map[runtime.ExecutionContextID]Sender) {
		t.Helper()
		for id, s := range want {
			if got := w.sender(id); got != s {
				t.Errorf("context %d: %v, not %v", id, got, s)
			}
		}
	}
	check(map[runtime.ExecutionContextID]Sender{1: SenderMain, 2: SenderChild, 3: SenderForeign, 4: SenderForeign, 5: SenderMain, 6: SenderForeign, 9: SenderForeign})

	for main, want := range map[bool][]runtime.ExecutionContextID{true: {1, 2, 3, 4}, false: {2, 3, 4}} {
		got := w.pages(main)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("contexts of the pages (the main one too: %v) %v, not %v", main, got, want)
		}
	}

	// The main frame goes to another origin, its child with it.
	w.onEvent(&runtime.EventExecutionContextDestroyed{ExecutionContextUniqueID: "u2"})
	created(11, "https://else.example", `{"isDefault":true,"type":"default","frameId":"main"}`)
	check(map[runtime.ExecutionContextID]Sender{2: SenderForeign, 11: SenderMain})
	created(12, "https://room.example", `{"isDefault":true,"type":"default","frameId":"child"}`)
	check(map[runtime.ExecutionContextID]Sender{12: SenderForeign})

	w.onEvent(&runtime.EventExecutionContextsCleared{})
	check(map[runtime.ExecutionContextID]Sender{1: SenderForeign, 11: SenderForeign})

	// Opaque origins, also when the main frame has one.
	created(21, "://", `{"isDefault":true,"type":"default","frameId":"main"}`)
	created(22, "://", `{"isDefault":true,"type":"default","frameId":"child"}`)
	check(map[runtime.ExecutionContextID]Sender{21: SenderMain, 22: SenderForeign})
}
