// Package link is how a person passes a relay on: one line of text, also as a QR code, with the relay's key, its addresses and,
// for the first device of a team, a token that lets the team in.
//
// Compatibility: a link holds a version; a newer one is recognised as such. A checksum finds damage before anything is tried.
package link
