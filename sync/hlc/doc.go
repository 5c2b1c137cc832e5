// Package hlc is the hybrid logical clock that orders what people did.
//
// Vocabulary: a Time is 48 bits of milliseconds since the Unix epoch followed by a 16-bit counter, so
// comparing two Times as integers compares them in time. The wall clock is what the machine shows.
//
// Invariants:
//   - Clock.Now is strictly increasing and never behind the wall clock.
//   - A remote Time more than MaxAhead in front of the wall clock is never merged: one machine with a
//     wrong clock must not push everyone else's clock into the future. Such an op is stored and held
//     until it is due.
//   - There is no lower bound: people are offline for weeks, and what they wrote then is still valid.
//   - Authorization never reads a Time, except for the expiry of an invitation.
//
// The package keeps no state of its own; the wall clock is injected. It serves every rule that shows or
// sorts by time, first of all chat history that never loses its order (R57) and the recall window (R35).
package hlc
