package chrome

import (
	"encoding/json"
	"strings"

	"github.com/chromedp/cdproto/runtime"
)

// maxText is how many bytes of one console line are kept.
const maxText = 4 << 10

// consoleText writes the arguments of a console call as the console shows them.
func consoleText(args []*runtime.RemoteObject) string {
	parts := make([]string, len(args))
	for i, a := range args {
		parts[i] = objectText(a)
	}
	return clip(strings.Join(parts, " "))
}

func objectText(o *runtime.RemoteObject) string {
	switch {
	case o == nil:
		return ""
	case o.Type == runtime.RemoteObjectTypeString:
		var s string
		if json.Unmarshal(o.Value, &s) == nil {
			return s
		}
	case o.UnserializableValue != "":
		return string(o.UnserializableValue)
	case len(o.Value) > 0:
		return string(o.Value)
	case o.Type == runtime.RemoteObjectTypeUndefined:
		return "undefined"
	}
	return o.Description
}

// exceptionText writes an exception and where it came from.
func exceptionText(d *runtime.ExceptionDetails) string {
	if d == nil {
		return ""
	}
	if d.Exception != nil {
		if text := objectText(d.Exception); text != "" {
			return clip(text)
		}
	}
	return clip(d.Text)
}

func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "..."
}
