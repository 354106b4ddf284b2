// Package roster knows the people of a meeting: who came, left and spoke, what was
// written, since when the room is empty or without a connection, and which instants
// are worth a chapter. It writes the tracks of speakers and chat.
//
// It has no clock: each method takes the instant that it is about. It must not know
// where the messages of the page come from.
package roster
