package main

import (
	"fmt"
	"time"

	"tongzhou/sync/op"
	"tongzhou/sync/wire"
)

// put sends the ops in full frames, as the window allows, and returns the seconds until the last is acknowledged.
func (c *relayClient) put(ops []op.Sealed) (float64, error) {
	var frames []*wire.Frame
	for len(ops) > 0 {
		f := &wire.Frame{}
		n := 0
		for n < len(ops) && n < wire.MaxFrameOps && len(f.Raw)+ops[n].Size() <= wire.MaxFrameBytes {
			f.Raw = ops[n].AppendTo(f.Raw)
			n++
		}
		frames, ops = append(frames, f), ops[n:]
	}
	total := uint64(0)
	begin := time.Now()
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
				return 0, err
			}
		}
		if err := c.say(f); err != nil {
			return 0, err
		}
		c.window -= len(f.Raw)
	}
	for total < relayOps {
		select {
		case <-credit:
		case total = <-acked:
		case err := <-failed:
			return 0, err
		}
	}
	return time.Since(begin).Seconds(), nil
}

// fetch asks for all ops and returns the seconds until the last is here.
func (c *relayClient) fetch(ops []op.Sealed) (float64, error) {
	k := wire.KeyOf(&ops[0].Header)
	begin := time.Now()
	if err := c.say(&wire.Want{Tag: k.Tag, Device: k.Device, Incarnation: k.Incarnation, From: 1, To: uint64(len(ops))}); err != nil {
		return 0, err
	}
	taken := 0
	defer func() { _ = c.say(&wire.Credit{Bytes: uint32(taken)}) }() // for the next time
	for n := 0; n < len(ops); {
		m, _, err := c.in.Next()
		if err != nil {
			return 0, err
		}
		f, ok := m.(*wire.Frame)
		if !ok {
			continue
		}
		n += len(f.Ops)
		if taken += len(f.Raw); taken >= wire.Window/4 {
			if err := c.say(&wire.Credit{Bytes: uint32(taken)}); err != nil {
				return 0, err
			}
			taken = 0
		}
	}
	return time.Since(begin).Seconds(), nil
}
