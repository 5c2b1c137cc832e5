package evidence

import (
	"crypto/ed25519"
	"io"
	"slices"
	"time"

	"tongzhou/sync/keys"
	"tongzhou/sync/op"
)

// Input is what a file is made of.
type Input struct {
	Team      op.TeamID
	Genesis   op.ID
	Tag       op.ScopeTag // of the control log
	User      op.UserID   // the exporter
	Device    op.DeviceID
	Sign      ed25519.PrivateKey // of Device
	At        time.Time
	Bootstrap [32]byte     // keys.TeamSecret.BootstrapSecret(Tag)
	Epochs    []keys.Epoch // of the control log, with their keys
	// Frames calls its argument with consecutive ops of one feed, a feed's frames in order, each of at most MaxChunk bytes.
	Frames func(frame func(raw []byte) error) error
	// Branches are control ops of forked feeds from the fork on, each as signed.
	Branches [][]byte
	Names    []Name
}

// namesPerChunk keeps a chunk of names well under its bound.
const namesPerChunk = 1000

// Write writes the file and returns the digest that its signature covers.
func Write(to io.Writer, in Input) (digest [32]byte, err error) {
	w := newWriter(to)
	w.value(chunkHeader, header{
		Team: in.Team, Genesis: in.Genesis, Tag: in.Tag, User: in.User, Device: in.Device, At: in.At.UnixMilli(), Bootstrap: in.Bootstrap[:],
	})
	for part := range slices.Chunk(in.Epochs, namesPerChunk) {
		list := make([]epochKey, len(part))
		for i := range part {
			list[i] = epochKey{Gen: part[i].Gen, Parents: part[i].Parents, Key: part[i].Key[:]}
		}
		w.value(chunkEpochs, list)
	}
	if err := in.Frames(func(raw []byte) error {
		w.chunk(chunkFrame, raw)
		return w.err
	}); err != nil {
		return digest, err
	}
	for _, raw := range in.Branches {
		w.chunk(chunkBranches, raw)
	}
	for part := range slices.Chunk(in.Names, namesPerChunk) {
		w.value(chunkNames, part)
	}
	digest = w.digest()
	w.chunk(chunkSignature, ed25519.Sign(in.Sign, signedText(digest)))
	return digest, w.err
}
