package stage

// StatsExpression returns the expression that, evaluated in the page's main frame
// and awaited, has the page's statistics as its value. It changes nothing in the
// page. In one that was loaded without the script of Script, only videos are
// counted.
func StatsExpression() string { return statsExpression }

var statsExpression = "(() => {\nif (typeof window.__beamDo === 'function') return window.__beamDo({ do: 'stats' });\n" +
	source("videos", "plainstats") + "return plainStats();\n})()"
