// Package store opens the SQLite database and runs transactions on it. It knows no feature's tables.
//
// One connection writes, a pool reads. A write transaction holds the only writer, with synchronous=FULL: when Write returns
// nil, the rows survive a crash and a power cut. Checkpoints run on their own connection, off the writer's path.
//
// Invariants: a transaction whose function fails changes nothing; what it reported with Changed is published only after
// the commit; the statement cache never holds text made from values.
//
// Errors: ErrFull when the disk is full, ErrDamaged when SQLite finds the file damaged or not a database; both keep the file.
package store
