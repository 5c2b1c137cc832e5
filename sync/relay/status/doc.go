// Package status shows a relay to its owner, on loopback: a page, and the same numbers for Prometheus. It tells of teams by
// their tags, of devices only how many; nothing on it can be changed.
package status
