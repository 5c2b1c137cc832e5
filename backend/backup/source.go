package backup

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"tongzhou/backend/fault"
	"tongzhou/sync/op"
)

// Source is what a run copies.
type Source struct {
	// DB is read with a connection of its own, in many short queries, so that neither the writer nor the folding of its log waits.
	DB      *sql.DB
	Control op.ScopeTag // the control log, which is to be read first
	Team    op.TeamID
	Device  op.DeviceID
	Program string // version
	Secrets Secrets
	Files   map[string][]byte // small files beside the database
	Tables  []string          // local tables, copied whole
	Chunks  Chunks            // larger content; nil: there is none
	Now     time.Time
	Anew    bool // begin a new chain, because the one that is there was found to be damaged
}

// Progress is how far a run is.
type Progress struct {
	Phase Phase
	Done  uint64 // ops
	Total uint64
}

// Phase is what is being done.
type Phase string

// The phases of a backup, and of its restoring.
const (
	Writing Phase = "writing"
	Reading Phase = "reading" // back what was written
	Testing Phase = "testing" // restoring into a temporary place
	Ops     Phase = "ops"     // restoring
	Proving Phase = "proving" // comparing what was restored with the ops
)

// maxRuns is how long a chain grows: every run costs a file or two to open when restoring, and one that is damaged takes those after
// it with it.
const maxRuns = 52

// Take writes a run: everything that the chain lacks, or everything, where there is no chain or it is long. It returns the chain with
// it; a chain whose manifests are damaged is left where it is and a new one begun. What is copied is one state of the log: feeds only grow, so how long they are is read once, and ops up to there whenever.
// After an error or when ctx ends the set is as before. Faults: backup.full, backup.readonly, backup.unplugged, those of Chain.
func Take(ctx context.Context, s *Set, src *Source, progress func(Progress)) (*Chain, error) {
	c, err := s.Chain(0)
	if err != nil && !Damaged(err) {
		return nil, err
	}
	anew := src.Anew || err != nil
	if err := s.sweep(); err != nil {
		return nil, err
	}
	if anew {
		if c, err = s.empty(); err != nil {
			return nil, err
		}
	}
	m := &Manifest{Version: manifestVersion, No: 1, Base: 1, At: src.Now.UnixMilli(), Team: src.Team, Device: src.Device, Program: src.Program}
	if anew {
		m.No, m.Base = c.next, c.next
	} else if len(c.Runs) > 0 {
		if c.Last().Team != src.Team || c.Last().Device != src.Device {
			return nil, fault.New(codeForeign, "file", manifestName(c.Last().No))
		}
		m.No, m.Base, m.Previous = c.Last().No+1, c.Last().Base, c.last[:]
		if len(c.Runs) >= maxRuns {
			m.Base = m.No
			last := c.last
			c = newChain()
			c.last = last
		}
	}
	w, err := s.begin(m.No)
	if err != nil {
		return nil, folderFault(err, s.Path())
	}
	t := &taker{w: w, src: src, chain: c, m: m, progress: progress}
	if err := t.run(ctx); err != nil {
		return nil, folderFault(w.abandon(err), s.Path())
	}
	if err := w.commit(); err != nil {
		return nil, folderFault(err, s.Path())
	}
	m.DataSize, m.DataHash = w.size, w.hash.Sum(nil)
	b, err := s.sealManifest(m)
	if err == nil && len(b) > maxManifest {
		err = errors.New("too many feeds for a manifest")
	}
	if err == nil {
		err = replace(s.folder, manifestName(m.No), b)
	}
	if err != nil {
		return nil, folderFault(err, s.Path())
	}
	return s.Chain(0)
}
