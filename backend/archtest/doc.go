// Package archtest checks the shape of the house: who may import whom, what every package and every feature must have, and
// what must not appear anywhere. Its tests run with every other test, so the shape cannot drift unseen.
//
// A rule is a function from a Tree to findings. It sees files only through fs.FS, so that each rule is tested twice: against
// this repository, where it must find nothing, and against a small made-up tree that breaks it, where it must find exactly
// that. A rule that cannot fail would be worse than none.
//
// Imports are parsed in this process. A test that asked the go command instead would be cached by inputs that the go command
// does not see, and miss violations; files read here are inputs of the test.
package archtest
