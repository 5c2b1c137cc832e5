// Package durabletest kills a program while it saves, so that tests see what is left of what it said was saved. The program is
// the test binary itself, started again.
package durabletest
