package stage

import "strings"

// drawings are the layouts in landscape and in portrait.
var drawings = map[string][2]string{
	Native: {`
+-----------------+
|                 |
|   the page's    |
|  own interface  |
|                 |
+-----------------+
`, `
+---------+
|         |
|   the   |
|  page's |
|   own   |
|  inter- |
|   face  |
|         |
+---------+
`},
	Grid: {`
+-----------------+
| +-----+ +-----+ |
| | Ana | | Ben | |
| +-----+ +-----+ |
| | Eva | | Dev | |
+-----------------+
`, `
+---------+
| +-----+ |
| | Ana | |
| +-----+ |
| | Ben | |
| +-----+ |
| | Eva | |
| +-----+ |
+---------+
`},
	Speaker: {`
+-----------------+
| +--------+ +--+ |
| |        | +--+ |
| |  Ana   | +--+ |
| |        | +--+ |
+-----------------+
`, `
+---------+
| +-----+ |
| |     | |
| | Ana | |
| |     | |
| +-----+ |
| +-+ +-+ |
| +-+ +-+ |
+---------+
`},
	Spotlight: {`
+-----------------+
|                 |
|                 |
|       Ana       |
|                 |
+-----------------+
`, `
+---------+
|         |
|         |
|         |
|   Ana   |
|         |
|         |
|         |
+---------+
`},
}

// Drawing returns a small drawing of a layout in ASCII, lines of equal length
// without a newline at the end; of Native too. It is empty for a name that is not
// known.
func Drawing(name string, portrait bool) string {
	pair := drawings[name]
	if portrait {
		return strings.Trim(pair[1], "\n")
	}
	return strings.Trim(pair[0], "\n")
}
