// Package vault keeps this device's keys on the disk so that only the person opens them: with 工号 and passphrase, with the
// recovery words, with a secret that the person's other devices hold, or with the keychain of the operating system where the
// person asked for that.
//
// The file vault holds one random key, the vault key, sealed once for each way to open it (a slot), and a little content sealed
// under it: the key of the database, when the passphrase was set, what was settled. Everything else that is secret on the disk
// (the identity) is sealed under the vault key by Seal. Changing the passphrase replaces one slot; nothing else is encrypted
// again.
//
// Invariants:
//   - No key and no passphrase lies on the disk in clear, none appears in an error or a log.
//   - The file is replaced as a whole: after a crash the old or the new passphrase opens it, never none.
//   - A wrong passphrase or rescue secret costs time, 1, 2, 4 … 60 seconds, also over restarts. It never destroys anything and never locks for
//     good, so nobody can take the data from a colleague by typing nonsense.
//   - The cost of deriving a key is in the file, and bounded: a hostile file cannot take the machine's memory.
//
// What it does not do: it cannot tell an old copy of the file from the present one, so a passphrase that was changed because
// somebody knows it still opens a copy that somebody made before.
//
// Serves R1, R9–R12, R15, R18.
package vault
