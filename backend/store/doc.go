// Package store opens the SQLite database and runs transactions on it. It knows no feature's tables.
//
// One connection writes, a pool reads. A write transaction holds the only writer, with synchronous=FULL: when Write returns
// nil, the rows survive a crash and a power cut. Checkpoints run on their own connection, off the writer's path.
//
// Invariants: a transaction whose function fails changes nothing; what it reported with Changed is published only after
// the commit; the statement cache never holds text made from values.
//
// At rest: with a key, the file, its log and temporary data are encrypted page by page (SQLite3MultipleCiphers, AEGIS-256), where
// the program was linked with it; elsewhere a key is an error. The key goes into the name under which SQLite opens the file, and
// into nothing else: no error, no log.
//
// Errors: ErrFull when the disk is full, ErrDamaged when SQLite finds the file damaged or not a database; both keep the file.
package store
