package replica

import (
	"context"
	"fmt"
	"io"

	"tongzhou/sync/evidence"
	"tongzhou/sync/keys"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
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
	branches, err := r.Branches(r.id.Device.ID)
	if err != nil {
		return digest, err
	}
	for _, raw := range branches {
		if o, _, err := op.Parse(raw); err == nil && o.Scope == r.teamTag.control {
			in.Branches = append(in.Branches, raw)
		}
	}
	in.Frames = func(frame func(raw []byte) error) error {
		for _, f := range r.feeds.Scope(r.teamTag.control) {
			for from := uint64(1); from <= f.Len; from += controlFrameOps {
				if err := ctx.Err(); err != nil {
					return fmt.Errorf("write evidence: %w", err)
				}
				raw, _, err := oplog.ReadFrame(r.db.Read(), f.No, from, min(f.Len, from+controlFrameOps-1), 1<<30, controlFrameOps)
				if err == nil {
					err = frame(raw)
				}
				if err != nil {
					return err
				}
			}
		}
		return nil
	}
	return evidence.Write(to, in)
}
