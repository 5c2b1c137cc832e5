// Package qrcode reads the text of a QR code out of a picture: a screenshot, a photograph, a saved file.
//
// A picture comes from anywhere, so its size is looked at before memory is taken for its pixels, and a decoder that gives up in
// an unforeseen way on a damaged code is the same as one that finds none. The text is handed on as it is: whoever takes a link
// checks it, no matter how it came.
//
// Serves R1, R2: the ways into a team and to a relay.
package qrcode
