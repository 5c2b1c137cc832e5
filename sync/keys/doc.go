// Package keys holds every secret of a device and what is derived from them: identities, device
// certificates, scope names, epoch keys and how they reach each member, invitation keys.
//
// Vocabulary:
//   - root: a person's own key pair, from one 32-byte seed. It certifies devices and can open every
//     epoch box, so the seed alone is enough to come back after losing all devices.
//   - device: signing key (ops), box key (receives epoch keys), peer key (the network identity). Three
//     keys, because the peer key lives in the network stack and the others do not have to.
//   - device certificate: the root's statement that a device belongs to its person. The device and the
//     peer key sign it as well, so nobody can claim somebody else's device as their own.
//   - team secret: known to every member; names scopes to relays and on the local network, encrypts what
//     has to be read before the first epoch key is there. It protects from outsiders, not from members.
//   - epoch: the key of one scope for some time. epoch.new announces it, with one box per device
//     (HPKE, ML-KEM-768 + X25519); epoch.add adds boxes; back carries the parents' keys encrypted under
//     the new one, so whoever gets the newest key can read the history.
//
// Invariants:
//   - Every derivation has its own label, every signature its own domain.
//   - An epoch's Ref is a hash over its scope, generation, parents and key commitment; a box that opens
//     to another key than the committed one is an error, so an author cannot hand out unequal keys.
//   - A box opens only for the team, scope, epoch and device it was made for.
//   - Keys never appear in errors or in the String of any type.
//   - Encodings are for good; testdata holds vectors that never change.
//
// A root may be public halves only: on a device that was linked by another one, and on every device once
// the person keeps the seed as 24 words. SealRecovery is for what those words are to open.
//
// Randomness is injected where the format allows it; HPKE draws its own. Who is entitled to a key is
// decided in package authority. It serves R2 (one account on several devices), R14 (acts are bound to
// account and device) and, with rotation, R20.
package keys
