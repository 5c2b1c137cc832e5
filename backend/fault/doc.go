// Package fault holds the errors that people see: a machine code, parameters for the text, and a cause.
//
// The texts live in the frontend's message files, keyed by code; no sentence for people is written in Go. A code reads
// "area.reason", for example "chat.too_long". An error without a code is "internal": it is logged with its cause at the
// edge (desktop, web) and people are told only that something went wrong.
//
// Bindings carry an error to the frontend as its text. Error therefore returns JSON, {"code":…,"params":…}, and never the
// cause, which may name files, keys or other people's data. Text gives the same form for every other error, also one
// that wraps a fault with fmt.Errorf. For logs an *Error is a slog.LogValuer that does show the cause.
package fault
