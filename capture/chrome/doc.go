// Package chrome drives the Chrome that joins the meeting: it finds and starts
// one, opens one page in its tab, follows it into the tabs and the documents that
// it goes to, hands out the pictures of that page with their capture times, and
// tells when the page or the browser was lost.
//
// It keeps everything but the page out of the picture, lets the page in and its
// main frame not out of where the room is, and says which frame a message comes
// from.
//
// It owns the browser's processes and its private folder: after Close, and
// after the browser died of itself, neither is left. It is the only importer
// of chromedp; no type of the DevTools protocol crosses its border.
//
// It must not decide what a lost page means for the recording, retry anything,
// put pictures in order or on a grid, or know what kind of room it shows.
package chrome
