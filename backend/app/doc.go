// Package app composes the program: it opens the database, loads who this device is, runs the replica, the network and the
// features, and offers the interface what belongs to no feature: founding, joining, invitations, connections, settings.
//
// The life of an App: New (nothing is touched, so bindings can be generated) → Start (database, identity; with a team also the
// replica and the network) → Found or Join, when there is no team yet → Close. features.go is the list of features.
//
// The data folder holds: tongzhou.db (ops and projections), identity.key (this device's secrets, owner-only), writes.mark (how
// many ops this device has written, to notice a database that was rolled back), joining.key (an attempt to join that was cut
// off), addresses.json.
//
// Serves R1, R2 (sign-in comes with passphrases), R25, R28; the connection panel states only what is proven.
package app
