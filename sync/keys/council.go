package keys

import "crypto/ed25519"

// CouncilKey is the signing key of one member of the recovery council, from a seed of 24 words.
func CouncilKey(seed [32]byte) ed25519.PrivateKey { return signKey(seed[:], "council/sign") }
