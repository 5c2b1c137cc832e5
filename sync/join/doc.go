// Package join is how a newcomer becomes a member: the invitation link, and the conversation in which a member lets the holder
// of an invitation in.
//
// The conversation, over one authenticated stream to a member named in the invitation (SPEC J-rules):
//
//	newcomer → Hello      which invitation
//	member   → Challenge  32 random bytes
//	newcomer → Proof      signature by the invitation's key over the challenge, both transport keys and the device certificate
//	member   → Welcome    team, team secret, how many control ops follow; or Refusal with a code
//	member   → frames     the whole control log, keys sealed to the new device among it
//	newcomer → frame      its own admission, signed by its new device
//	member   → Done       the admission is stored and counts
//
// Invariants: the invitation's secret never travels; nothing of the team is sent before the proof; a member answers only
// while an invitation is open; every message is bounded. The newcomer believes no log but the one that begins with the genesis
// named in the link.
package join
