//go:build !linux

package main

func onOwnNetwork(f func(wire func() (float64, error)) error) error { return f(nil) }

// processorSeconds is the processor time that this process has used; 0: not known here.
func processorSeconds() (float64, error) { return 0, nil }
