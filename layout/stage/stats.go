package stage

import (
	"fmt"
	"sync"
)

// StatsExpression returns the expression that, evaluated in the page's main frame
// and awaited, has the page's statistics as its value. It changes nothing in the
// page. In one that was loaded without the script of Script, only videos are
// counted.
func StatsExpression() string { return statsExpression() }

var statsExpression = sync.OnceValue(func() string {
	return fmt.Sprintf("(() => {\nif (typeof %s === 'function') return %[1]s({ do: 'stats' });\n%sreturn plainStats();\n})()",
		key(), source("videos", "plainstats"))
})
