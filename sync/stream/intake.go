package stream

import "tongzhou/sync/wire"

// Intake counts the bytes of frames against the window that the other side may fill (S8).
type Intake struct {
	received int // and not given back
	credit   int // given back here, not told yet
}

// Take counts what came in. False: it is more than the window.
func (in *Intake) Take(n int) bool {
	in.received += n
	return in.received+in.credit <= wire.Window+wire.MaxFrameBytes
}

// Give returns room, in portions unless nothing is under way. Nil: there is nothing to tell yet.
func (in *Intake) Give(n int) *wire.Credit {
	in.received -= n
	in.credit += n
	if in.credit < wire.Window/8 && in.received > 0 {
		return nil
	}
	m := &wire.Credit{Bytes: uint32(in.credit)}
	in.credit = 0
	return m
}

// Idle tells whether everything that came in was given back.
func (in *Intake) Idle() bool { return in.received == 0 }
