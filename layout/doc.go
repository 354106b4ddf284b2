// Package layout turns a room's URL and the wanted layout into a plan: the URL
// to open, the script to run in the page before the page's own, and what the
// page's messages mean; and what a page answers when it is asked what it has
// painted and played (Stats). It drives no browser and imports nothing of capture:
// beam puts the plan into effect and evaluates the expressions.
package layout
