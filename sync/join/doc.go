// Package join is how a device gets into a team: the links that people pass on, and the conversation in which a member lets
// the holder of one in. There are three rights to be let in (SPEC J-rules):
//
//   - an invitation, which makes somebody a new member (Invitation, Newcomer);
//   - a link for a further device of a member, shown by one that they have (DeviceLink, Offer, NewDevice) (R2);
//   - the recovery words of a member who has lost every device (Returning).
//
// Where newcomer and members are never on at the same time, an invitation also works by letters in its mailbox at a relay (Post,
// Application; letter.go).
//
// The conversation, over one authenticated stream, is the same up to the welcome:
//
//	newcomer → Hello      which right, by its public key; for a link a commitment to a random number
//	member   → Challenge  32 random bytes; for a link the person's public keys
//	newcomer → Proof      signature by the right's key over the challenge, both transport keys and the device certificate; for
//	                      a link the random number
//	                      for a link: both screens show a code of everything so far, and the person says whether it is the same
//	member   → Welcome    team secret, how many frames of control ops follow; or Refusal with a code
//	member   → frames     the whole control log, keys sealed to the new device among it
//	newcomer → frame      its own admission or certificate, signed by its new device; for a link there is none: the member
//	                      has written it
//	member   → Done       the admission is stored and counts; for a link the newcomer says Done
//
// Invariants: no secret of a right travels; nothing of the team is sent before the proof, and for a link before the person
// agreed; a member answers only while an invitation or a link is open, and to the root key of a person of the team; every message
// is bounded. The newcomer believes no log but the one that begins with the genesis named in the link. A link for a device is
// good for one try (offer.go); why the code finds somebody in the middle is told in code.go. The time that a conversation may
// take, and how many may run, is bounded by p2p.
package join
