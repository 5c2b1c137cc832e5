package backup

import (
	"context"
	"fmt"

	"tongzhou/backend/fault"
	"tongzhou/sync/op"
	"tongzhou/sync/oplog"
)

// Check reads a chain back from the first byte to the last: every seal, every hash, that the ops of each feed follow each other
// up to where the manifests say that it goes, and that each run holds the chunks that its manifest names. Memory does not grow with the ops. Faults: those of Read, backup.altered.
func (s *Set) Check(ctx context.Context, c *Chain, progress func(Progress)) error {
	at := map[oplog.FeedKey]End{}
	done := Progress{Phase: Reading, Total: c.Ops()}
	for _, m := range c.Runs {
		name := dataName(m.No)
		chunks := m.Chunks
		err := s.Read(ctx, m, func(r *Record) error {
			if r.Kind == KindChunk {
				if len(chunks) == 0 || r.Chunk() != chunks[0] {
					return fault.New(codeAltered, "file", name)
				}
				chunks = chunks[1:]
			}
			if r.Kind != KindOps {
				return nil
			}
			end, n, err := follow(at[r.Feed()], r)
			if err != nil {
				return fault.Wrap(codeAltered, err, "file", name)
			}
			at[r.Feed()] = end
			if done.Done += n; progress != nil {
				progress(done)
			}
			return nil
		})
		if err != nil {
			return err
		}
		wrong := len(chunks) > 0
		m.ends(func(k oplog.FeedKey, e End) {
			if at[k].Len < e.Len || at[k].Len == e.Len && at[k].Head != e.Head {
				wrong = true
			}
			at[k] = e // a fork became known, and the feed ends earlier
		})
		if wrong {
			return fault.New(codeAltered, "file", name)
		}
	}
	return nil
}

// follow checks that ops continue a feed, or begin it anew.
func follow(end End, r *Record) (End, uint64, error) {
	if r.From == 1 {
		end = End{}
	}
	n := uint64(0)
	for rest := r.Content; len(rest) > 0; n++ {
		o, next, err := op.Parse(rest)
		if err != nil {
			return end, n, err
		}
		if o.Seq != end.Len+1 || o.Prev != end.Head || o.Scope != r.Tag || o.Device != r.Device || o.Incarnation != r.Incarnation {
			return end, n, fmt.Errorf("op %d does not follow op %d", o.Seq, end.Len)
		}
		if err := o.CheckBody(); err != nil {
			return end, n, err
		}
		end, rest = End{o.Seq, o.ID()}, next
	}
	return end, n, nil
}
