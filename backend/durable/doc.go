// Package durable changes whole files so that what it reports done is still so after a power cut: a file is replaced by a new
// one beside it, whose bytes are on the disk before it takes the name, and the folder is on the disk before the call returns.
// Only the owner can read what it writes.
//
// After a crash the old or the new file is there, never a part, and at most a half-written one beside it, which Sweep removes.
package durable
