//go:build !linux

package main

func onOwnNetwork(f func(wire func() (float64, error)) error) error { return f(nil) }
