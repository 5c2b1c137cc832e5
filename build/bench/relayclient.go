package main

import (
	"fmt"

	"tongzhou/sync/op"
	"tongzhou/sync/wire"
)

// frames packs ops as full as the wire allows.
func frames(ops []op.Sealed) (out []*wire.Frame) {
	for len(ops) > 0 {
		f := &wire.Frame{}
		n := 0
		for n < len(ops) && n < wire.MaxFrameOps && len(f.Raw)+ops[n].Size() <= wire.MaxFrameBytes {
			f.Raw = ops[n].AppendTo(f.Raw)
			n++
		}
		out, ops = append(out, f), ops[n:]
	}
	return out
}

// put sends frames as the window allows, until the last op is acknowledged.
func (c *relayClient) put(frames []*wire.Frame) error {
	total := uint64(0)
	credit, failed, acked := make(chan int, 1024), make(chan error, 1), make(chan uint64, 1024)
	go func() {
		for {
			m, _, err := c.in.Next()
			if err != nil {
				failed <- err
				return
			}
			switch m := m.(type) {
			case *wire.Credit:
				credit <- int(m.Bytes)
			case *wire.Ack:
				acked <- m.Feeds[0].Len
				if m.Feeds[0].Len == relayOps {
					return
				}
			case *wire.RelayFeedsRefused:
				failed <- fmt.Errorf("refused with code %d", m.Feeds[0].Code)
				return
			}
		}
	}()
	for _, f := range frames {
		for c.window <= 0 {
			select {
			case n := <-credit:
				c.window += n
			case total = <-acked:
			case err := <-failed:
				return err
			}
		}
		if err := c.say(f); err != nil {
			return err
		}
		c.window -= len(f.Raw)
	}
	for total < relayOps {
		select {
		case <-credit:
		case total = <-acked:
		case err := <-failed:
			return err
		}
	}
	return nil
}

// fetch asks for all ops until the last is here.
func (c *relayClient) fetch(ops []op.Sealed) error {
	k := wire.KeyOf(&ops[0].Header)
	if err := c.say(&wire.Want{Tag: k.Tag, Device: k.Device, Incarnation: k.Incarnation, From: 1, To: uint64(len(ops))}); err != nil {
		return err
	}
	taken := 0
	defer func() { _ = c.say(&wire.Credit{Bytes: uint32(taken)}) }() // for the next time
	for n := 0; n < len(ops); {
		m, _, err := c.in.Next()
		if err != nil {
			return err
		}
		f, ok := m.(*wire.Frame)
		if !ok {
			continue
		}
		n += len(f.Ops)
		if taken += len(f.Raw); taken >= wire.Window/4 {
			if err := c.say(&wire.Credit{Bytes: uint32(taken)}); err != nil {
				return err
			}
			taken = 0
		}
	}
	return nil
}
