// Package pgtest runs a PostgreSQL of a test's own: on a socket in a folder of its own, as somebody who is not root, gone at the
// test's end. Where PostgreSQL is not installed the test is skipped.
package pgtest
