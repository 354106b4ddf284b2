// Package platform knows the rooms that Beam can join: which URLs are theirs,
// what such a URL needs so that the recorder gets in unseen, and the script that
// tells in the page who is there, with which role, name and media.
//
// It owns that knowledge, one Go file and one JavaScript file for each platform,
// and nothing else. It drives no browser, draws nothing, decides nothing about
// the recording, and must not import beam, layout or capture. Selectors and
// calls into a platform's page stay in that platform's file.
//
// # Scripts
//
// The script of a Join is one expression, function (room) {...}. Whoever injects
// it calls it once, in the top frame, before the page's own scripts. It reports
// to room: joined, people, waiting, refused, ended, kicked, reconnecting,
// reconnected and chat. It never changes the page's media, and it must live with
// a page that has not made its objects yet or has other ones than expected.
package platform
