// Package app composes the program: it opens the database, loads who this device is, runs the replica, the network and the
// features, and offers the interface what belongs to no feature: the account and its lock, founding, the ways into a team,
// invitations, devices, connections, settings.
//
// The life of an App: New (nothing is touched, so bindings can be generated) → Start (vault; once that is open, database and
// identity; with a team also the replica and the network) → Found, Join, LinkDevice or Recover, when there is no team yet →
// Close. Lock and Unlock close and open what the passphrase protects. features.go is the list of features.
//
// There are three ways into a team, each a right that a member's device lets in (package join): an invitation, a link that
// another device of the person shows, the recovery words. They share attempt: a crash or failure at any step leaves either no
// team or a whole one, and whoever was cut off when a member may have let them in comes again as the same device.
//
// The data folder holds: vault (the keys, under the passphrase), identity.sealed (this device's secrets, under the vault),
// tongzhou.db (ops and projections, encrypted), writes.mark (how many ops this device has written, to notice a database that was
// rolled back), joining.sealed (an attempt that was cut off, under its vault), blobs
// (chunks of larger content, encrypted under keys in the database), backup.sealed (where backups go, their key and how the last ones
// went, under the vault), addresses.json, colleagues.json, settings.json.
//
// Backups (R137, R138): a run copies what is new to another disk while the database is in use (backuprun.go); rebuilder makes a new
// database of one, by the path that ops from colleagues take; Restore puts it in the place of an empty folder once it is verified.
// The folders backup-test and restoring lie in the data folder while that goes on.
//
// Who checks permission: the authority, where ops are applied; refusal (gate.go) keeps a device that is locked, frozen, removed
// or signed out from everything.
//
// Serves R1, R2, R9–R12, R15–R18, R25, R28, R137, R138; the connection panel states only what is proven.
package app
