package replica

import (
	"context"
	"fmt"
	"io"

	"tongzhou/sync/evidence"
	"tongzhou/sync/keys"
)

// WriteEvidence writes the team's control log, as far as it is here, into a file that proves itself, and returns the digest
// that its signature covers (R139, R140). names are what this device states.
func (r *Replica) WriteEvidence(ctx context.Context, to io.Writer, names []evidence.Name) (digest [32]byte, err error) {
	scope := keys.ControlScope(r.id.Team)
	in := evidence.Input{
		Team: r.id.Team, Genesis: r.genesis, Tag: r.teamTag.control, User: r.id.Root.ID, Device: r.id.Device.ID, Sign: r.id.Device.Sign,
		At: r.now(), Bootstrap: r.id.TeamSecret.BootstrapSecret(r.teamTag.control), Names: names,
	}
	for _, x := range r.epochs.all(r.teamTag.control) {
		if x.held() {
			in.Epochs = append(in.Epochs, x.private(scope))
		}
	}
	in.Frames = func(frame func(raw []byte) error) error {
		return r.ControlLog(func(raw []byte, _ uint64) error {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("write evidence: %w", err)
			}
			return frame(raw)
		})
	}
	return evidence.Write(to, in)
}
