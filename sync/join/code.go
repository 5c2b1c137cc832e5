package join

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"

	"tongzhou/sync/op"
)

// The code that a person compares on two screens. The new device commits to a random number before it sees the other
// device's, and reveals its own only then: nobody between them, who has to hold a conversation of his own with each, can
// choose his numbers so that both codes come out the same, but with a chance of one in a million, and he has one try because
// a link is good for one. Everything that he would have to exchange goes into both the commitment and the code.

// CodeDigits is the length of the code.
const CodeDigits = 6

const (
	transcriptDomain = "teamlink1/transcript"
	commitDomain     = "teamlink1/commit"
	codeDomain       = "teamlink1/code"
)

// transcript is what both ends of an honest conversation agree on before the numbers.
type transcript struct {
	team           op.TeamID
	user           op.UserID
	link           []byte   // public key made from the link's secret
	device, member []byte   // transport keys
	cert           [32]byte // hash of the new device's certificate
}

func (t transcript) hash() [32]byte {
	b := append([]byte(transcriptDomain), t.team[:]...)
	b = append(b, t.user[:]...)
	for _, part := range [][]byte{t.link, t.device, t.member} {
		b = binary.BigEndian.AppendUint16(b, uint16(len(part)))
		b = append(b, part...)
	}
	return sha256.Sum256(append(b, t.cert[:]...))
}

// commit hides the new device's number and binds it to the transcript.
func (t transcript) commit(number []byte) []byte {
	h := t.hash()
	sum := sha256.Sum256(append(append([]byte(commitDomain), h[:]...), number...))
	return sum[:]
}

func (t transcript) opens(commit, number []byte) bool {
	return len(number) == nonceSize && subtle.ConstantTimeCompare(t.commit(number), commit) == 1
}

// code is the number that both screens show, of both devices' random numbers.
func (t transcript) code(device, member []byte) string {
	h := t.hash()
	b := append(append([]byte(codeDomain), h[:]...), device...)
	sum := sha256.Sum256(append(b, member...))
	return fmt.Sprintf("%0*d", CodeDigits, binary.BigEndian.Uint64(sum[:8])%1_000_000)
}
