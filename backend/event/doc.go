// Package event is the in-process bus that tells the interface what to read again.
//
// An event is a hint, not data: a topic and a small payload that names what changed. It says nothing about the new
// value; whoever hears it queries. That makes it safe to merge equal events, which the bus does: while an event waits
// for a subscriber, publishing the same topic and payload again adds nothing. A bulk sync of 10,000 messages in one
// chat thus reaches the interface as a few events.
//
// Topics on the interface: "state", "join", "connections", "org.changed", "chat.changed" {chat},
// "announcement.changed", "settings".
//
// Publish never blocks and may be called while holding locks; every subscriber has its own goroutine and queue, so a
// slow one delays nobody. Equal is decided on the JSON form of the payload, which is also what travels to the interface.
package event
