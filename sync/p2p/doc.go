// Package p2p connects this device to its team mates' devices.
package p2p
