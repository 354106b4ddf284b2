// Package layout turns a room's URL and the wanted layout into a plan: the URL
// to open, the script to run in the page before the page's own, and what the
// page's messages mean. It drives no browser and imports nothing of capture;
// beam puts the plan into effect.
package layout
