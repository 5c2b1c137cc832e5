// Package backup writes what a device cannot get from anybody else, and everything it holds, into a folder on another disk, and
// reads it back.
//
// Vocabulary: a set is the backups of one device in one folder, tongzhou-backup-<8 hex digits>. It consists of runs: each holds the ops
// that came since the run before, the chunks of larger content (sync/blob) that came since, and the whole of what is small and changes
// (registers since then, the local tables, proofs of forks, the files with the keys). A run that begins anew is a base; a run and those before it down to its base are a chain.
//
// Files of a set:
//
//	backup.key       the set's random key, sealed for the backup passphrase (Argon2id) and for the recovery words
//	000007.data      the records of run 7, each sealed by itself and numbered
//	000007.manifest  what run 7 consists of: the hash of its data, the hash of the manifest before, how far each feed goes
//
// Who can read a set: whoever has the backup passphrase or the 24 recovery words. The passphrase is the set's own, so that a stick
// can be opened after the machine and its keychain are gone; the words always open it, because they are what a person keeps when
// everything else is lost. The device itself keeps the key sealed under its vault and so needs nobody to back up every week.
// Nothing in a set is in clear but the ids of files and how much there is.
//
// Invariants (SPEC.md, U-rules): a run exists once its manifest has its name, which is the last thing that is written, after the
// data is on the disk for good; nothing that was written before is ever opened for writing; every byte read is authenticated, and
// its place in the order with it, before anything is done with it; no reader allocates what a file claims without a bound.
//
// What it cannot tell: that somebody took the newest runs away from the folder. The device notices at its next backup; a new
// machine shows the date of the newest run, and the person judges.
//
// Errors are faults, named in fault.go; their sentences are in the messages of the command line and of the feature.
//
// Serves R137, R138.
package backup
